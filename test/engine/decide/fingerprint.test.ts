// Every difference between two runs of an edge has a reason, and what is the same has none.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { World } from '../../../tasks/engine/answer/answers.ts'
import { differences, fingerprint } from '../../../tasks/engine/decide/fingerprint.ts'
import {
  cosmetic,
  derive,
  type EdgeSpec,
  edge,
  setting,
  source,
  tool,
} from '../../../tasks/engine/declare/index.ts'
import { probe } from '../../../tasks/engine/declare/probe.ts'
import { everyTool, FakeDisk, fakeAnswers, randomNumbers } from '../../support/fakeworld.ts'

class ToolDisk extends FakeDisk {
  override isExecutable(path: string): boolean {
    return this.files.has(path)
  }
  override realPath(path: string): string {
    return path
  }
}

const version = { args: ['--version'], pattern: /([\d.]+)/ }
const cc = tool({ name: 'cc', names: ['cc'], version, hint: '' })
const ld = tool({ name: 'ld', names: ['ld'], version, hint: '' })

interface Machine {
  readonly world?: Partial<World>
  readonly number?: string
  readonly change?: (disk: FakeDisk) => void
}

function facts(spec: Partial<EdgeSpec>, machine: Machine = {}): string[] {
  const disk = new ToolDisk()
  disk.put('/bin/cc', 'cc')
  disk.put('/bin/ld', 'ld')
  machine.change?.(disk)
  const { number = '1.0', world = {} } = machine
  const remembered = everyTool(number)
  const answers = fakeAnswers({ disk, path: ['/bin', '/opt'], remembered, ...world })
  const made = edge({ rule: 'CC', outputs: ['o'], command: ['cc', '-c', 'a.c'], ...spec })
  return fingerprint(made, answers)
}

/** Why the second is not the first. */
function reasons(before: string[], after: string[]) {
  assert.is.not(before.join('\n'), after.join('\n'))
  return differences(before, after)
}

test('two fingerprints of one edge are the same', () => {
  const spec = { command: [cc, '-c', source('a.c')], environment: { A: '1', B: '2' } }
  assert.equal(facts(spec), facts(spec))
})

test('words that came, went, or came once more', () => {
  const command = ['cc', '-O2', '-g', '-g', 'a.c']
  const before = facts({ command })
  const change = (...words: string[]) => reasons(before, facts({ command: words }))
  assert.equal(change('cc', '-O3', '-g', '-g', 'a.c'), [
    { kind: 'command-changed', removed: ['-O2'], added: ['-O3'] },
  ])
  assert.equal(change('cc', '-O2', '-g', 'a.c'), [
    { kind: 'command-changed', removed: ['-g'], added: [] },
  ])
  assert.equal(change(...command, '-g'), [{ kind: 'command-changed', removed: [], added: ['-g'] }])
})

test('words that only moved are a difference', () => {
  const [one, other] = [
    ['cc', '-la', '-lb'],
    ['cc', '-lb', '-la'],
  ]
  assert.equal(reasons(facts({ command: one ?? [] }), facts({ command: other ?? [] })), [
    { kind: 'command-changed', removed: one, added: other },
  ])
})

test('words that moved are told beside another reason', () => {
  const other = facts({ command: ['cc', 'a.c', '-c'], directory: 'sub' })
  const kinds = reasons(facts({}), other).map(({ kind }) => kind)
  assert.equal(kinds, ['command-changed', 'directory-changed'])
})

test('words are not joined: a b is not "a b", and an empty word counts', () => {
  const kinds = (one: string[], other: string[]) =>
    reasons(facts({ command: one }), facts({ command: other })).map(({ kind }) => kind)
  assert.equal(kinds(['cc', 'a b'], ['cc', 'a', 'b']), ['command-changed'])
  assert.equal(kinds(['cc', ''], ['cc']), ['command-changed'])
})

test('a directory', () => {
  assert.equal(reasons(facts({}), facts({ directory: 'sub' })), [
    { kind: 'directory-changed', before: '.', after: 'sub' },
  ])
  assert.equal(facts({ directory: './' + 'sub' }), facts({ directory: 'sub' }))
})

test('standard output that is captured', () => {
  assert.equal(reasons(facts({}), facts({ captureStdout: true })), [
    { kind: 'command-changed', removed: [], added: ['>', 'o'] },
  ])
})

test('folders that are searched: which, and in which order', () => {
  const before = facts({ searchPath: ['a', 'b'] })
  assert.equal(reasons(before, facts({ searchPath: ['a', 'c'] })), [
    { kind: 'command-changed', removed: ['b'], added: ['c'] },
  ])
  assert.equal(reasons(before, facts({ searchPath: ['b', 'a'] })), [
    { kind: 'command-changed', removed: ['a', 'b'], added: ['b', 'a'] },
  ])
  // What a command says of them is not asked of an edge that is only compared.
  const said = probe({ name: 'folders', command: ['cc', '-v'], read: () => ['c'] })
  assert.equal(facts({ searchPath: ['a', said, 'b'] }), before)
})

test('the environment: by name, whatever the order, and set to nothing is not unset', () => {
  const before = facts({ environment: { A: '1', B: '2' } })
  assert.equal(before, facts({ environment: { B: '2', A: '1' } }))
  assert.equal(reasons(before, facts({ environment: { A: '1', B: '3' } })), [
    { kind: 'environment-changed', name: 'B', before: '2', after: '3' },
  ])
  assert.equal(reasons(before, facts({ environment: { A: '1' } })), [
    { kind: 'environment-changed', name: 'B', before: '2', after: undefined },
  ])
  const unset = facts({ environment: { A: setting('NONE', '') } })
  assert.equal(unset, facts({}))
  assert.equal(reasons(unset, facts({ environment: { A: '' } })), [
    { kind: 'environment-changed', name: 'A', before: undefined, after: '' },
  ])
})

test('a value of the environment is never taken for a word of the command', () => {
  const before = facts({ command: ['cc', 'x'], environment: { A: '1' } })
  assert.equal(reasons(before, facts({ command: ['cc', 'x', 'A', '1'] })), [
    { kind: 'command-changed', removed: [], added: ['A', '1'] },
    { kind: 'environment-changed', name: 'A', before: '1', after: undefined },
  ])
})

test('a tool: another version, place or binary, and its name alone is in the command', () => {
  const spec = { command: [cc, '-c'] }
  const before = facts(spec)
  assert.equal(before.slice(0, 2), ['{cc}', '-c'])
  const old = { path: '/bin/cc', version: '1.0' }
  assert.equal(reasons(before, facts(spec, { number: '2.0' })), [
    { kind: 'tool-changed', name: 'cc', before: old, after: { path: '/bin/cc', version: '2.0' } },
  ])
  const moved = (disk: FakeDisk) => {
    disk.files.delete('/bin/cc')
    disk.put('/opt/cc', 'cc')
  }
  assert.equal(reasons(before, facts(spec, { change: moved })), [
    { kind: 'tool-changed', name: 'cc', before: old, after: { path: '/opt/cc', version: '1.0' } },
  ])
  for (const change of [
    (disk: FakeDisk) => disk.put('/bin/cc', 'cc', { mtime: 2000 }),
    (disk: FakeDisk) => disk.put('/bin/cc', 'other'),
  ]) {
    assert.equal(reasons(before, facts(spec, { change })), [
      { kind: 'tool-changed', name: 'cc', before: old, after: old },
    ])
  }
})

test('a tool that came or went', () => {
  const [none, one, two] = [
    facts({ command: ['x'] }),
    facts({ command: ['x', cc] }),
    facts({ command: ['x', cc, ld] }),
  ]
  const found = { path: '/bin/ld', version: '1.0' }
  assert.equal(reasons(one, two), [
    { kind: 'tool-changed', name: 'ld', before: undefined, after: found },
    { kind: 'command-changed', removed: [], added: ['{ld}'] },
  ])
  assert.equal(
    reasons(two, none).map(({ kind }) => kind),
    ['tool-changed', 'tool-changed', 'command-changed'],
  )
})

test('a tool within a derived value is a tool', () => {
  const spec = { command: [derive([], () => ['x', cc])] }
  const changed = reasons(facts(spec), facts(spec, { number: '2.0' }))
  assert.equal(
    changed.map(({ kind }) => kind),
    ['tool-changed'],
  )
})

test('another binary behind a tool that the environment names is a difference', () => {
  const spec = { environment: { CC: cc } }
  const change = (disk: FakeDisk) => disk.put('/bin/cc', 'other')
  assert.is.not(facts(spec).join('\n'), facts(spec, { change }).join('\n'))
})

test('colour makes no difference', () => {
  const command = { command: ['cc', cosmetic('-fdiagnostics-color')] }
  assert.equal(facts(command), facts(command, { world: { colour: true } }))
  const environment = { environment: { A: ['x', cosmetic('-c')] } }
  assert.equal(facts(environment), facts(environment, { world: { colour: true } }))
})

test('no two different lists are without a reason, and every reason has a difference', () => {
  const random = randomNumbers(3)
  const word = (): string => ['a', 'b', '{cc}', '', '.', 'A', '>', 'o'][random(8)] ?? ''
  const list = (): string[] => Array.from({ length: random(4) }, word)
  const spec = (): Partial<EdgeSpec> => ({
    command: [...list(), ...(random(3) === 0 ? [cc] : [])],
    directory: random(3) === 0 ? 'sub' : '.',
    captureStdout: random(3) === 0,
    searchPath: random(3) === 0 ? list() : [],
    environment: random(2) === 0 ? {} : { A: list(), [`B${random(2)}`]: word() },
  })
  for (let round = 0; round < 3000; round++) {
    const [before, after] = [facts(spec()), facts(spec())]
    if (before.join('\n') === after.join('\n')) continue
    const found = differences(before, after)
    assert.ok(found.length > 0)
    for (const reason of found) {
      if (reason.kind === 'command-changed') assert.ok(reason.removed.length + reason.added.length)
      else if (reason.kind !== 'tool-changed') {
        const { before: was, after: is } = reason as { before?: unknown; after?: unknown }
        assert.is.not(was, is)
      }
    }
  }
})

test.run()
