// What verify says for people, programs and CI, and what a tree declares of its programs, on the running kernel.
import { cpSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { eventsOf, repository, Tree } from '../support/tree.ts'

const GOOD = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } counts SEC(".maps");
SEC("raw_tp/sched_switch")
int on_switch(void *ctx)
{
	u32 key = 1;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}
SEC("raw_tp/sys_enter")
int bad_when_loaded(void *ctx)
{
	u32 key = 1;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	*count += 1;
	return 0;
}
SEC("fentry/there_is_no_such_function_here")
int BPF_PROG(by_fentry)
{
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
`

/** A tool with a program that its loader does not load, and one that the verifier rejects. */
function toolsTree(verify: string): Tree {
  const tree = new Tree()
  cpSync(`${repository}/test/fixtures/unchecked_pointer.bpf.c`, tree.at('src/pointer.bpf.c'))
  tree.write('src/good.bpf.c', GOOD)
  tree.write(
    'tasks.ts',
    `import { bpfRules, treeTasks } from '${repository}/tasks/bpf/index.ts'
import { main } from '${repository}/tasks/engine/index.ts'
const bpf = bpfRules({ out: 'build' })
await main(treeTasks(bpf, bpf.tools('src/*.bpf.c', { loaders: false }), { verify: ${verify} }), bpf.mainOptions)
`,
  )
  return tree
}

function reports(name: string, act: () => void): void {
  testWith(test, ['root', 'bpf', 'btf', 'clang'], name, act)
}

const AS_IT_IS = `{ good: { autoload: { bad_when_loaded: false } }, pointer: { expect: { '*': 'rejected' } } }`

reports(
  'what a tree declares is left out or expected, and counted; the summary comes first',
  () => {
    using tree = toolsTree(AS_IT_IS)
    tree.run(['build'])
    const ran = tree.run(['verify', '-q'])
    assert.is(ran.status, 0, ran.stdout + ran.stderr)
    const [first = '', head = ''] = ran.stdout.split('\n')
    assert.match(
      first,
      /^Linux \S+: 1 OK, 1 rejected \(1 as expected\), 1 not supported here, 1 left out$/,
    )
    assert.match(head, /^tool +program +verified/)
    assert.match(ran.stdout, /^good +on_switch +\d+ .* OK$/m)
    assert.match(ran.stdout, /^good +bad_when_loaded .* left out$/m)
    assert.match(ran.stdout, /^pointer +unchecked_pointer .* as expected: rejected$/m)
    assert.is(
      ran.stderr,
      'note: not supported here: a function there_is_no_such_function_here to attach to, by good by_fentry\n',
    )
    assert.equal(
      ran.stdout
        .split('\n')
        .slice(1)
        .filter((line) => line.length > 80),
      [],
    )
    const strict = tree.run(['verify', '--', '--strict'])
    assert.is(strict.status, 1, 'by_fentry is not declared')
    assert.is(tree.run(['verify:pointer', '--', '--strict']).status, 0)
  },
)

reports('an expectation that is out of date fails, and so does a program that is not there', () => {
  using tree = toolsTree(`{ good: { expect: { '*': { on_switch: 'rejected' } } } }`)
  const ran = tree.run(['verify:good'])
  assert.is(ran.status, 1)
  assert.match(ran.stderr, /good on_switch: it is expected to be rejected on '\*'/)
  assert.match(ran.stderr, 'bad_when_loaded is rejected')
  using wrong = toolsTree(`{ good: { autoload: { bad_when_load: false } } }`)
  const refused = wrong.run(['verify'])
  assert.is(refused.status, 2)
  assert.match(refused.stderr, /good has no program bad_when_load[\s\S]*bad_when_loaded/)
  using stranger = toolsTree('{ god: {} }')
  assert.match(stranger.run(['verify']).stderr, /god/)
})

reports(
  'every event of verify fits the schema, tables by their rows, failures with their line',
  () => {
    using tree = toolsTree('{}')
    const schema = JSON.parse(readFileSync(`${repository}/doc/events.schema.json`, 'utf8'))
    const fits = new Ajv({ allowUnionTypes: true }).compile(schema)
    const { stdout, status } = tree.run(['verify', '--json', '--', '--save', 'b.json'])
    assert.is(status, 1)
    const events = eventsOf(stdout)
    for (const event of events)
      assert.ok(fits(event), `${JSON.stringify(event)}: ${JSON.stringify(fits.errors)}`)
    const tables = events.flatMap((event) => (event.type === 'table' ? [event] : []))
    assert.equal(
      tables.map(({ name }) => name),
      ['tools', 'programs', 'maps'],
    )
    for (const table of tables) {
      const [row] = table.rows
      assert.not(fits({ ...table, rows: [{ ...row, tool: 1 }] }), `${table.name} is not looked at`)
    }
    const line = GOOD.split('\n').indexOf('\t*count += 1;') + 1
    const failures = events.flatMap((event) => (event.type === 'failure' ? [event] : []))
    assert.equal(failures[0]?.at, { file: 'src/good.bpf.c', line })
    tree.write('b.json', tree.read('b.json').replace(/"verified":\d+/, '"verified":1'))
    const { stdout: grown } = tree.run(['verify', '--json', '--', '--against', 'b.json'])
    for (const event of eventsOf(grown)) assert.ok(fits(event), JSON.stringify(event))
    const over = eventsOf(grown).find(
      (event) => event.type === 'failure' && event.what.includes('verified grew from 1 to'),
    )
    assert.ok(over?.type === 'failure' && over.at?.file === 'src/good.bpf.c')
    assert.ok(GOOD.split('\n')[(over.at?.line ?? 0) - 1]?.startsWith('int on_switch'))
  },
)

reports('on GitHub a rejection is annotated at its line, and the step gets a summary', () => {
  using tree = toolsTree('{}')
  tree.write('summary.md', 'before\n')
  const { stdout, status } = tree.run(['verify', '--', '--junit', 'out/junit.xml'], {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: tree.root,
    GITHUB_STEP_SUMMARY: tree.at('summary.md'),
  })
  assert.is(status, 1)
  const line = GOOD.split('\n').indexOf('\t*count += 1;') + 1
  assert.match(
    stdout,
    new RegExp(
      `^::error file=src/good.bpf.c,line=${line},title=bad_when_loaded is rejected::R0 inv`,
      'm',
    ),
  )
  const summary = tree.read('summary.md')
  assert.match(summary, /^before\n### ❌ verify\n/)
  assert.match(summary, '| good | ❌ 1 OK, 1 rejected, 1 not supported, ≤ ')
  assert.match(
    tree.read('out/junit.xml'),
    /<testsuite name="\S+" hostname="localhost" tests="4" failures="2"/,
  )
  const unwritable = tree.run(['verify', '--', '--junit', '/dev/null/x'])
  assert.match(unwritable.stderr, 'error: the results cannot be written to /dev/null/x')
})

test.run()
