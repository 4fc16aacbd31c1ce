// verify and check on the running kernel: good demos pass, bad programs and a broken demo do not.
import { cpSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { testWith } from '../support/needs.ts'
import { eventsOf, type Ran, repository, Tree } from '../support/tree.ts'
import { type BpfHandle, isThere } from '../support/watchedprocess.ts'

const BAD = ['unbounded_loop', 'unchecked_pointer', 'large_stack'] as const

/** A tree with copies of the projects, the demos' own tasks, and the bad programs. */
function demoTree(): Tree {
  const tree = new Tree()
  cpSync(`${repository}/projects`, tree.at('projects'), { recursive: true })
  cpSync(`${repository}/test/fixtures`, tree.at('fixtures'), { recursive: true })
  // The demos as this repository declares them.
  const own = readFileSync(`${repository}/tasks.ts`, 'utf8')
  const declared = own.slice(own.indexOf('const bpf ='), own.indexOf('const lint'))
  assert.match(declared, 'const demos =')
  tree.write(
    'tasks.ts',
    `import { bpfRules, kernels, treeTasks } from '${repository}/tasks/bpf/index.ts'
import { execveCheck, helloworldCheck } from '${repository}/tasks/demos/index.ts'
import { main, task } from '${repository}/tasks/engine/index.ts'
${declared}
const bad = ${JSON.stringify(BAD)}.map((name) => bpf.object(\`fixtures/\${name}.bpf.c\`))
await main({ ...treeTasks(bpf, demos, { checks }), bad: task('Build what must be rejected', bad) })
`,
  )
  return tree
}

let shared: Tree | undefined

/** One tree for all tests that change none of its sources; building it takes the longest. */
function sharedTree(): Tree {
  if (shared === undefined) {
    const tree = demoTree()
    process.once('exit', () => tree[Symbol.dispose]())
    shared = tree
  }
  return shared
}

/** A test in a tree of demos, whose tasks mount tracefs where it is not. */
function proof(name: string, act: (tree: Tree) => void): void {
  testWith(test, ['root', 'bpf', 'btf', 'clang', 'tracefs'], name, () => act(sharedTree()))
}

type Rows = Extract<Event, { type: 'table' }>['rows']

function rowsOf({ stdout }: Ran, name: string): Rows {
  return eventsOf(stdout).flatMap((event) =>
    event.type === 'table' && event.name === name ? event.rows : [],
  )
}

function failuresOf({ stdout }: Ran): string[] {
  return eventsOf(stdout).flatMap((event) =>
    event.type === 'failure'
      ? [[event.what, ...(event.facts ?? []).flat(), event.hint].join('\n')]
      : [],
  )
}

/** What the loaders of a check held, and the kernel still has. */
function leftBehind(ran: Ran): string[] {
  const held = rowsOf(ran, 'check')
    .flatMap((row) => row['held'] as { kind: BpfHandle['kind']; id: number }[])
    .map(({ kind, id }) => ({ kind, id: `${id}` }))
  assert.ok(held.length > 0, 'no loader held anything')
  return held.filter(isThere).map(({ kind, id }) => `${kind} ${id}`)
}

proof('every demo is verified, with figures, and a budget is kept', (tree) => {
  const ran = tree.run(['verify', '--json', '--', '--save', 'budget.json'])
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  const rows = rowsOf(ran, 'programs')
  assert.equal(
    rows.map((row) => [row['program'], row['verdict']]),
    [
      ['bpf_prog', 'OK'],
      ['trace_execve', 'OK'],
      ['probe_execve', 'OK'],
    ],
  )
  for (const row of rows) {
    for (const key of ['instructions', 'verified', 'verifierMs', 'loadMs']) {
      assert.ok(Number(row[key]) > 0, `${row['program']} has no ${key}`)
    }
  }
  const maps = rowsOf(ran, 'maps')
  assert.ok(maps.length >= 8 && maps.every((row) => Number(row['memory']) > 0))

  const same = tree.run(['verify', '--', '--against', 'budget.json'])
  assert.is(same.status, 0, same.stdout + same.stderr)
  assert.match(same.stdout, 'nothing grew')
  tree.write(
    'budget.json',
    tree
      .read('budget.json')
      .replace(/("tool":"trace_execve","program":"trace_execve".*?"verified":)\d+/, '$1100'),
  )
  const grown = tree.run(['verify', '--', '--against', 'budget.json'])
  assert.is(grown.status, 1)
  assert.match(grown.stdout, /trace_execve +verified +100 +\d+ +grew \(\+\d.*: too much/)
  assert.is(tree.run(['verify', '--', '--against', 'budget.json', '--allow', '900']).status, 0)
})

proof('bad programs are rejected with the source line and a hint', (tree) => {
  const objects = BAD.map((name) => `build/${name}.bpf.o`)
  const ran = tree.run(['bad', 'verify', '--json', '--', ...objects])
  assert.is(ran.status, 1)
  const failures = failuresOf(ran)
  const hints = [/bound the loop/, /check the pointer/, /512 bytes/]
  for (const [at, name] of BAD.entries()) {
    const lines = readFileSync(`${repository}/test/fixtures/${name}.bpf.c`, 'utf8').split('\n')
    const line = lines.findIndex((text) => text.includes('the verifier stops at this line')) + 1
    const failure = failures[at] ?? ''
    assert.match(failure, `${name} is rejected`)
    assert.match(failure, `fixtures/${name}.bpf.c:${line}  `, failure)
    assert.not.match(failure, '/proc/self/cwd')
    assert.match(failure, hints[at] ?? /^$/)
  }
  assert.is(failures.length, BAD.length)
})

proof('the demos see what they should, lose nothing unsaid, and leave nothing', (tree) => {
  for (const [name, cases] of [['helloworld', 1] as const, ['trace_execve', 4] as const]) {
    const ran = tree.run([`check:${name}`, '--json'])
    assert.is(ran.status, 0, ran.stdout + ran.stderr)
    const verdicts = rowsOf(ran, 'check').map((row) => row['verdict'])
    assert.equal(verdicts, Array(cases).fill('OK'))
    assert.equal(leftBehind(ran), [])
  }
})

proof('probe_execve passes, or says which feature is missing here', (tree) => {
  const ran = tree.run(['check:probe_execve'])
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  if (ran.stdout.includes('not supported here'))
    assert.match(ran.stderr, /kprobes \(CONFIG_KPROBES/)
  else assert.match(ran.stdout, /in bursts +OK/)
})

proof('a demo that sends a wrong field fails its check, by name', () => {
  using tree = demoTree()
  const header = 'projects/trace_execve/include/send_event.bpf.h'
  const [right, wrong] = ['BPF_CORE_READ(task, real_parent, tgid)', 'BPF_CORE_READ(task, tgid)']
  assert.ok(tree.read(header).includes(right))
  tree.write(header, tree.read(header).replace(right, wrong))
  const ran = tree.run(['check:trace_execve', '--json'])
  assert.is(ran.status, 1)
  const failures = failuresOf(ran)
  assert.match(failures[0] ?? '', /trace_execve fails its check: every field, as JSON/)
  assert.match(failures[0] ?? '', /plain: ppid is \d+ instead of \d+/)
  assert.match(failures[1] ?? '', /plain: PPID is/)
  assert.is(failures.length, 2, 'bursts ask for no field')
  assert.equal(leftBehind(ran), [])
})

proof('a dry run of verify and check loads nothing', (tree) => {
  const ran = tree.run(['-n', 'verify', 'check:trace_execve'])
  assert.is(ran.status, 0, ran.stderr)
  assert.not.match(ran.stdout, /OK/)
})

test.run()
