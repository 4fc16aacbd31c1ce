// A result that is stored comes back as it was; anything else that a store may give is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeResult, encodeResult, StoreFault } from '../../../tasks/engine/cache/actionresult.ts'
import { sha256 } from '../../../tasks/engine/cache/contents.ts'

const digest = (text: string) => ({ hash: sha256(text), size: text.length })
const result = {
  files: [
    { path: 'build/a.o', ...digest('object'), isExecutable: false },
    { path: 'build/a', ...digest('program'), isExecutable: true },
  ],
  said: digest('warning: x'),
  ms: 1234,
}

test('a result comes back as it was', () => {
  assert.equal(decodeResult(encodeResult(result)), result)
  const silent = { ...result, said: undefined, ms: 0 }
  assert.equal(decodeResult(encodeResult(silent)), silent)
})

test('its form is that of the Remote Execution API in JSON', () => {
  const { outputFiles, stdoutDigest, exitCode } = JSON.parse(encodeResult(result).toString())
  assert.equal(outputFiles[0], {
    path: 'build/a.o',
    digest: { hash: sha256('object'), sizeBytes: '6' },
    isExecutable: false,
  })
  assert.equal(stdoutDigest, { hash: sha256('warning: x'), sizeBytes: '10' })
  assert.is(exitCode, 0)
})

for (const [what, text] of [
  ['no JSON', '<html>'],
  ['cut off', encodeResult(result).toString().slice(0, -5)],
  ['a list', '[]'],
  ['null', 'null'],
  ['files that are no list', '{"outputFiles":{}}'],
  ['a file that is a text', '{"outputFiles":["x"]}'],
  ['a file without a path', '{"outputFiles":[{"digest":{}}]}'],
  ['no digest', '{"outputFiles":[{"path":"x"}]}'],
  [
    'a digest that is a path',
    '{"outputFiles":[{"path":"x","digest":{"hash":"../../etc/passwd"}}]}',
  ],
  [
    'a huge size',
    `{"outputFiles":[{"path":"x","digest":{"hash":"${sha256('')}","sizeBytes":"99999999999"}}]}`,
  ],
  [
    'a negative size',
    `{"outputFiles":[{"path":"x","digest":{"hash":"${sha256('')}","sizeBytes":"-1"}}]}`,
  ],
  ['a failure', '{"outputFiles":[],"exitCode":1}'],
  ['a million files', `{"outputFiles":[${'{},'.repeat(1e5)}{}]}`],
] as const) {
  test(`it is refused: ${what}`, () => {
    assert.throws(
      () => decodeResult(Buffer.from(text)),
      (error: unknown) => error instanceof StoreFault,
    )
  })
}

test.run()
