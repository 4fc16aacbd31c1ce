// What a tree declares of its programs, compared with what a kernel made of them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finding, Outcome } from '../../../../tasks/bpf/proof/verdict/index.ts'
import { kernelFits, withExpectation } from '../../../../tasks/bpf/proof/verify/expectation.ts'
import {
  checkVerifyOptions,
  leftOutBy,
  type VerifyOptions,
} from '../../../../tasks/bpf/tree/index.ts'
import { UserError } from '../../../../tasks/engine/index.ts'

const finding = (name: string, outcome: Outcome): Finding => {
  const expected = outcome !== 'rejected'
  return { kind: 'verify', tool: 't', name, outcome, expected, ms: 1 }
}

/** Names of what fails the run. */
function failing(
  findings: Finding[],
  options: VerifyOptions,
  release = '5.10.0-45',
  strict = false,
) {
  return withExpectation('t', findings, options, release, strict)
    .filter(({ expected }) => !expected)
    .map(({ name, outcome }) => `${name} ${outcome}`)
}

test('kernels are named by version and sign', () => {
  for (const fits of ['5.10', '<5.11', '<=5.10', '>5.4', '>=5.10', '*'])
    assert.ok(kernelFits(fits, '5.10.223-1-amd64'), fits)
  for (const other of ['5.1', '<5.10', '>5.10', '>=6.1', '5.100'])
    assert.not(kernelFits(other, '5.10.223'), other)
})

test('without a declaration a rejection fails, and what is unsupported only if that is strict', () => {
  const all = [finding('a', 'ok'), finding('b', 'rejected'), finding('c', 'unsupported')]
  assert.equal(failing(all, {}), ['b rejected'])
  assert.equal(failing(all, {}, '5.10', true), ['b rejected', 'c unsupported'])
})

test('what is declared of the tool is expected on that kernel, and has to come', () => {
  const options: VerifyOptions = { expect: { '5.10': 'rejected', '*': 'ok' } }
  assert.equal(failing([finding('a', 'ok'), finding('b', 'rejected')], options), [])
  assert.equal(failing([finding('a', 'ok')], options), ['all programs failed'])
  assert.equal(failing([finding('a', 'unsupported')], options, '6.1.0'), ['a unsupported'])
  assert.equal(failing([finding('a', 'rejected')], options, '6.1.0'), ['a rejected'])
})

test('what is declared of one program says nothing of the others', () => {
  const options: VerifyOptions = { expect: { '<5.11': { b: 'unsupported' } } }
  assert.equal(
    failing([finding('a', 'ok'), finding('b', 'unsupported')], options, '5.10', true),
    [],
  )
  assert.equal(failing([finding('a', 'rejected'), finding('b', 'unsupported')], options), [
    'a rejected',
  ])
  assert.equal(failing([finding('a', 'ok'), finding('b', 'ok')], options), ['b failed'])
})

test('a program that is declared and not there is named, with its neighbour', () => {
  const refused = (options: VerifyOptions): void =>
    assert.throws(
      () => failing([finding('handle_open', 'ok')], options),
      (error: unknown) => error instanceof UserError && /handle_open/.test(error.block.hint ?? ''),
    )
  refused({ autoload: { handle_opne: false } })
  refused({ expect: { '*': { handle_opne: 'ok' } } })
})

test('only what is not loaded is left out', () => {
  assert.equal(leftOutBy({ autoload: { a: false, b: true } }), ['a'])
  assert.equal(leftOutBy({}), [])
})

test('what the types would refuse is refused when it is declared', () => {
  for (const options of [
    { autolaod: {} },
    { autoload: { a: 'no' } },
    { expect: { '5': 'ok' } },
    { expect: { '5.10': 'bad' } },
    { expect: { '5.10': { a: 'bad' } } },
  ]) {
    assert.throws(
      () => checkVerifyOptions('t', options as unknown as VerifyOptions),
      (error: unknown) => error instanceof UserError,
      JSON.stringify(options),
    )
  }
})

test.run()
