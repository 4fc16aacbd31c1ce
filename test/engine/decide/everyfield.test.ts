// Every field of an edge counts: another value makes it stale, or it is said here why it cannot matter.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type EdgeSpec, edge, pool } from '../../../tasks/engine/declare/index.ts'
import { Scene } from '../../support/stalescene.ts'

const spec = { rule: 'CC', outputs: ['o'], inputs: ['c'], command: ['cc', 'c'] } as const

/** Another value of each field; or the reason for which the result stays the same. A new field needs one. */
const others: Readonly<Record<keyof EdgeSpec, Partial<EdgeSpec> | string>> = {
  rule: 'it is only shown',
  outputs: { outputs: ['o', 'o2'] },
  inputs: { inputs: ['c', 'h'] },
  orderOnly: 'what it names is there first, and what is read of it is discovered',
  command: { command: ['cc', '-O2', 'c'] },
  directory: { directory: 'sub' },
  environment: { environment: { LANG: 'C' } },
  depfile: { depfile: 'o.d' },
  depfileIf: 'it matters with a depfile alone: see below',
  searchPath: { searchPath: ['include'] },
  captureStdout: { captureStdout: true },
  pool: 'it is only when the command runs',
  fresh: { fresh: true },
  cache: 'what is kept is what the command makes',
  note: 'it is only shown',
  remedy: 'it is only shown',
  judge: 'what is wrong is not kept: it is asked when the command has run',
}

function builtScene(): Scene {
  const scene = new Scene()
  for (const path of ['c', 'h', 'o', 'o2']) scene.disk.put(path, `content of ${path}`)
  return scene
}

for (const [field, other] of Object.entries(others)) {
  if (typeof other === 'string') continue
  test(`${field} added makes an edge stale, and so does its absence`, () => {
    const changed = edge({ ...spec, ...other })
    using scene = builtScene()
    scene.ran(edge(spec))
    assert.equal(scene.reasons(edge(spec)), [])
    assert.ok(scene.reasons(changed).length > 0)
    scene.ran(changed)
    assert.equal(scene.reasons(changed), [])
    assert.ok(scene.reasons(edge(spec)).length > 0)
  })
}

test('a depfile that is written now, or not any more, makes an edge stale', () => {
  const written = edge({ ...spec, depfile: 'o.d', depfileIf: ['yes'] })
  const unwritten = edge({ ...spec, depfile: 'o.d', depfileIf: [] })
  using scene = builtScene()
  scene.ran(unwritten)
  assert.equal(scene.reasons(unwritten), [])
  assert.equal(scene.reasons(edge(spec)), [])
  assert.ok(scene.reasons(written).length > 0)
})

test('fields that cannot change a result make nothing stale', () => {
  using scene = builtScene()
  scene.ran(edge(spec))
  const same = {
    rule: 'COMPILE',
    pool: pool('link', 1),
    note: 'slow',
    remedy: () => 'x',
    judge: async () => undefined,
    orderOnly: ['h'],
  }
  assert.equal(scene.reasons(edge({ ...spec, ...same })), [])
})

test.run()
