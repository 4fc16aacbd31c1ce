// Each reason for which an edge is stale, and what is no reason.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import type { Node } from '../../../tasks/engine/decide/graph.ts'
import { type Edge, edge, glob } from '../../../tasks/engine/declare/edge.ts'
import type { FileStat } from '../../../tasks/engine/files/disk.ts'
import { idsOf } from '../../../tasks/engine/log/edgerecord.ts'
import { built, cc, Scene } from '../../support/stalescene.ts'

test('nothing changed: no reason', () => {
  using scene = built(['h', '/usr/include/x.h'])
  assert.equal(scene.reasons(cc()), [])
})

test('never built; where the output is there, the log is at fault', () => {
  using scene = new Scene()
  scene.disk.put('c', 'source')
  assert.equal(scene.reasons(cc()), [{ kind: 'never-built' }])
  scene.disk.put('o', 'object')
  assert.equal(scene.reasons(cc()), [{ kind: 'not-in-log', log: 'missing' }])
})

test('another file of the same time and size is another version: its content decides', () => {
  for (const path of ['c', 'h', 'o']) {
    using scene = built(['h'])
    const file = scene.disk.files.get(path)
    const other = `${file?.content.slice(1)}!`
    const kinds = (content: string, more: Partial<FileStat>) => {
      scene.disk.put(path, content, more)
      return scene.kinds(cc())
    }
    assert.is(kinds(other, { ino: 2 }).length, 1, `${path}: replaced`)
    assert.is(kinds(other, { changed: 2000 }).length, 1, `${path}: edited, its time set back`)
    assert.equal(kinds(file?.content ?? '', { ino: 2, changed: 2000 }), [], `${path}: restored`)
  }
})

test('a name that goes from the middle of a long list costs one look at the list, not one for each name', () => {
  using scene = new Scene()
  const inputs = Array.from({ length: 1000 }, (_, at) => `in/${at}`)
  for (const path of [...inputs, 'o']) scene.disk.put(path, path)
  scene.ran(cc({ inputs }))
  let looks = 0
  const pathOf = scene.log.stampPath.bind(scene.log)
  scene.log.stampPath = (stamp) => {
    looks++
    return pathOf(stamp)
  }
  const fewer = inputs.filter((_, at) => at !== 100)
  assert.equal(scene.kinds(cc({ inputs: fewer })), ['input-removed'])
  assert.ok(looks < 10 * inputs.length, `${looks} looks`)
})

test('what was found to be the same is kept, and not read again', () => {
  using scene = built(['h'])
  scene.disk.put('h', 'content of h', { ino: 2 })
  assert.equal(scene.reasons(cc()), [])
  const read = scene.disk.digested.length
  assert.equal(scene.reasons(cc()), [])
  assert.is(scene.disk.digested.length, read)
})

test('forced, and nothing else is asked', () => {
  using scene = built()
  assert.equal(scene.reasons(cc(), { force: true }), [{ kind: 'forced' }])
})

test('an output is missing, is not as it was left, or is new', () => {
  using scene = built()
  scene.disk.put('o', 'object', { mtime: 999 })
  assert.equal(scene.reasons(cc()), [
    {
      kind: 'output-changed',
      path: 'o',
      before: { mtime: 1000, size: 6 },
      after: { mtime: 999, size: 6 },
    },
  ])
  scene.disk.put('o', 'other object')
  assert.equal(scene.kinds(cc()), ['output-changed'])
  scene.disk.files.delete('o')
  assert.equal(scene.reasons(cc()), [{ kind: 'output-missing', path: 'o' }])
  scene.disk.put('o', 'object')
  scene.disk.put('p', '')
  assert.equal(scene.reasons(cc({ outputs: ['o', 'p'] })), [{ kind: 'output-added', path: 'p' }])
})

test('the command, the directory and the environment', () => {
  using scene = built()
  assert.equal(scene.kinds(cc({ command: ['cc', '-O2', 'c'] })), ['command-changed'])
  assert.equal(scene.kinds(cc({ directory: 'sub' })), ['directory-changed'])
  assert.equal(scene.kinds(cc({ environment: { A: '1' } })), ['environment-changed'])
})

test('a source of another time, older or newer, or of another size', () => {
  using scene = built()
  const before = { mtime: 1000, size: 6 }
  for (const [content, mtime] of [
    ['source', 999.5],
    ['source', 1001],
    ['source', 0],
    ['source', 4102444800000],
    ['sources', 1000],
  ] as const) {
    scene.disk.put('c', content, { mtime })
    const after = { mtime, size: content.length }
    const reason = { kind: 'input-changed', path: 'c', discovered: false, before, after }
    assert.equal(scene.reasons(cc()), [reason])
  }
})

test('another change time alone is no change', () => {
  using scene = built(['h'])
  for (const path of ['c', 'o', 'h']) {
    const file = scene.disk.files.get(path)
    scene.disk.put(path, file?.content ?? '', { changed: 9999 })
  }
  assert.equal(scene.reasons(cc()), [])
})

test('with --digest a source of the same bytes has not changed', () => {
  using scene = built(['h'])
  scene.disk.put('c', 'source', { mtime: 5 })
  scene.disk.put('h', 'content of h', { mtime: 5 })
  assert.equal(scene.reasons(cc(), { digest: true }), [])
  assert.equal(scene.kinds(cc()), ['input-changed', 'input-changed'])
  scene.disk.put('c', 'SOURCE', { mtime: 5 })
  assert.equal(scene.kinds(cc(), { digest: true }), ['input-changed'])
})

test('a discovered header that changed or is gone', () => {
  using scene = built(['h', 'i'])
  scene.disk.put('h', 'x')
  scene.disk.files.delete('i')
  const [changed, missing] = scene.reasons(cc())
  assert.equal(changed, {
    kind: 'input-changed',
    path: 'h',
    discovered: true,
    before: { mtime: 1000, size: 12 },
    after: { mtime: 1000, size: 1 },
  })
  assert.equal(missing, { kind: 'input-missing', path: 'i', discovered: true })
})

test('a declared source that is missing, a folder or a pipe is an error, not a reason', () => {
  using scene = built()
  for (const type of ['folder', 'pipe', undefined] as const) {
    if (type === undefined) scene.disk.files.delete('c')
    else scene.disk.put('c', '', { type })
    const refused = (error: unknown) =>
      error instanceof UserError && error.block.facts?.[0]?.[1] === 'CC o'
    assert.throws(() => scene.reasons(cc()), refused, type)
    assert.throws(() => scene.reasons(cc(), { force: true }), refused, type)
  }
})

test('where a build goes on after failures, a missing source is a reason', () => {
  using scene = built()
  scene.disk.files.delete('c')
  const missing = { kind: 'input-missing', path: 'c', discovered: false } as const
  assert.equal(scene.reasons(cc(), { keepGoing: true }), [missing])
  assert.equal(scene.reasons(cc(), { keepGoing: true, force: true }), [missing])
})

test('an order-only source that is missing is an error too', () => {
  using scene = built()
  assert.throws(
    () => scene.reasons(cc({ orderOnly: ['nothing'] })),
    (error: unknown) => error instanceof UserError && error.message.includes('nothing'),
  )
})

test('an input that is new or no longer there', () => {
  using scene = built()
  scene.disk.put('d', 'x')
  assert.equal(scene.reasons(cc({ inputs: ['c', 'd'] })), [{ kind: 'input-added', path: 'd' }])
  assert.equal(scene.reasons(cc({ inputs: ['d', 'c'] })), [{ kind: 'input-added', path: 'd' }])
  assert.equal(scene.reasons(cc({ inputs: [] })), [{ kind: 'input-removed', path: 'c' }])
  assert.equal(scene.reasons(cc({ inputs: ['d'] })), [
    { kind: 'input-added', path: 'd' },
    { kind: 'input-removed', path: 'c' },
  ])
})

test('a file that a pattern now matches, or no longer', () => {
  using scene = new Scene()
  const target = cc({ inputs: [glob('*')] })
  for (const path of ['a', 'b', 'o']) scene.disk.put(path, path)
  scene.globbed = ['a']
  scene.ran(target)
  assert.equal(scene.reasons(target), [])
  scene.globbed = ['a', 'b']
  assert.equal(scene.reasons(target), [{ kind: 'input-added', path: 'b' }])
  scene.globbed = ['b']
  assert.equal(scene.kinds(target), ['input-added', 'input-removed'])
})

test('an input that changed while the command ran', () => {
  using scene = built()
  const unsettled = { inputs: [scene.stamp('c', { settled: false })] }
  scene.ran(cc(), [], unsettled)
  assert.equal(scene.reasons(cc()), [{ kind: 'changed-during-run', path: 'c' }])
  scene.disk.put('h', 'h')
  scene.ran(cc(), [], { discovered: [scene.stamp('h', { settled: false })] })
  assert.equal(scene.reasons(cc()), [{ kind: 'changed-during-run', path: 'h' }])
})

/** `o` is made from `gen`, which is made from `c`; both ran. */
function chain(): { scene: Scene; gen: Edge; user: Edge } {
  const scene = new Scene()
  const gen = edge({ rule: 'GEN', outputs: ['gen', 'gen2'], inputs: ['c'], command: ['gen'] })
  const user = edge({ rule: 'CC', outputs: ['o'], inputs: ['s', gen.output], command: ['cc'] })
  for (const path of ['c', 's', 'gen', 'gen2', 'o']) scene.disk.put(path, path)
  scene.ran(gen)
  scene.ran(user)
  return { scene, gen, user }
}

test('a generated input counts by its content: the same bytes made anew are no change', () => {
  const { scene, gen, user } = chain()
  using _ = scene
  scene.disk.put('gen', 'gen', { mtime: 2000 })
  scene.ran(gen)
  assert.equal(scene.reasons(user), [])
  scene.disk.put('gen', 'GEN', { mtime: 1000 })
  scene.ran(gen)
  assert.equal(scene.reasons(user), [{ kind: 'content-changed', path: 'gen', discovered: false }])
})

test('another output of the same edge makes no difference', () => {
  const { scene, gen, user } = chain()
  using _ = scene
  scene.disk.put('gen2', 'other')
  scene.ran(gen)
  assert.equal(scene.reasons(user), [])
})

test('a generated input whose producer is still to run is stale itself', () => {
  const { scene, gen, user } = chain()
  using _ = scene
  const open = (producer: Node) => producer.edge === gen
  assert.equal(scene.reasons(user, { open }), [{ kind: 'input-stale', path: 'gen' }])
})

test('a producer of which there is no record has left no known content', () => {
  const { scene, user } = chain()
  using _ = scene
  scene.log.forget('gen')
  assert.equal(scene.kinds(user), ['content-changed'])
})

test('an order-only input makes nothing stale', () => {
  using scene = new Scene()
  const gen = edge({ rule: 'GEN', outputs: ['gen'], command: ['gen'] })
  const user = cc({ orderOnly: [gen] })
  for (const path of ['c', 'gen', 'o']) scene.disk.put(path, path)
  scene.ran(gen)
  scene.ran(user)
  scene.disk.put('gen', 'other')
  scene.ran(gen)
  assert.equal(scene.reasons(user), [])
  assert.equal(scene.reasons(user, { open: () => true }), [])
  scene.ran(user, ['gen'])
  assert.equal(scene.reasons(user), [])
  scene.disk.put('gen', 'again')
  scene.ran(gen)
  assert.equal(scene.reasons(user), [{ kind: 'content-changed', path: 'gen', discovered: true }])
})

test('a discovered file that an edge makes for which this one does not wait', () => {
  using scene = built(['gen'])
  const gen = edge({ rule: 'GEN', outputs: ['gen'], command: ['gen'] })
  scene.ran(gen)
  assert.equal(scene.reasons(cc(), {}, [gen]), [{ kind: 'unordered', path: 'gen' }])
  assert.equal(scene.reasons(cc({ orderOnly: [gen] }), {}, [gen]), [])
})

test('a pseudo file counts by its content', () => {
  const path = '/sys/kernel/btf/vmlinux'
  using scene = new Scene()
  scene.disk.put(path, 'btf')
  scene.disk.put('o', 'o')
  const target = cc({ inputs: [path] })
  scene.ran(target)
  scene.disk.put(path, 'btf', { mtime: 5 })
  assert.equal(scene.reasons(target), [])
  scene.disk.put(path, 'BTF')
  assert.equal(scene.kinds(target), ['input-changed'])
})

test('a file that now stands before one that was read', () => {
  using scene = built()
  const folder = () => scene.disk.put('inc', '', { type: 'folder', size: 4096 })
  folder()
  scene.ran(cc(), [], { absent: ['inc/a.h', 'inc/b.h'], folders: [scene.stamp('inc')] })
  assert.equal(scene.reasons(cc()), [])
  scene.disk.put('inc/b.h', '')
  scene.disk.put('inc', '', { type: 'folder', size: 4096, mtime: 2000 })
  assert.equal(scene.reasons(cc()), [{ kind: 'input-appeared', path: 'inc/b.h' }])
  scene.disk.files.delete('inc/b.h')
  assert.equal(scene.reasons(cc()), [])
})

test('several changes give several reasons, outputs first', () => {
  using scene = built(['h'])
  scene.disk.files.delete('o')
  scene.disk.put('c', 'x')
  scene.disk.put('h', 'y')
  const kinds = ['output-missing', 'command-changed', 'input-changed', 'input-changed']
  assert.equal(scene.kinds(cc({ command: ['other'] })), kinds)
})

test('each source is compared once a build', () => {
  using scene = built(['h'])
  scene.disk.put('h', 'content of h', { mtime: 5 })
  scene.disk.put('p', 'p')
  const other = cc({ outputs: ['p'] })
  scene.ran(other, [], { discovered: [scene.stamp('h', { mtime: 1000 })] })
  const [one, two] = ['o', 'p'].map((path) => {
    const record = scene.log.edge(path)
    return record === undefined ? [] : [...idsOf(record, 'discovered')]
  })
  assert.equal(one, two)
  scene.disk.digested.length = 0
  assert.equal(scene.together([cc(), other], { digest: true }), [[], []])
  assert.equal(scene.disk.digested, ['h'])
})

test.run()
