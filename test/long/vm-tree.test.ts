// A tree as `init` begins it, on an old and a new kernel: templates, bad programs, and what a kernel lacks.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finding, KernelFindings } from '../../tasks/bpf/proof/verdict/index.ts'
import { guestLack } from '../support/guests.ts'
import { skip } from '../support/needs.ts'
import { NewTree } from '../support/newtree.ts'
import type { Ran } from '../support/tree.ts'

const OLD = '5.10-x86'
const NEW = '7.2-x86'

/** The verifier refuses line 9 on every kernel. */
const BAD = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_execve")
int bad(void *ctx)
{
	__u64 *nowhere = (void *)bpf_ktime_get_ns();

	return *nowhere;
}

char LICENSE[] SEC("license") = "GPL";
`

/** A map of Linux 6.1. */
const RECENT = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, 31); /* BPF_MAP_TYPE_USER_RINGBUF */
	__uint(max_entries, 4096);
} commands SEC(".maps");

static long on_command(struct bpf_dynptr *dynptr, void *context)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_execve")
int recent(void *ctx)
{
	bpf_user_ringbuf_drain(&commands, on_command, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
`

const why = guestLack()
const tree = new NewTree()
test.after(() => tree[Symbol.dispose]())

const begun = tree.read('tasks.ts')

/** The tree with these options besides what `init` wrote. */
function options(text: string, before = ''): void {
  tree.write(
    'tasks.ts',
    begun
      .replace(/import \{ bpfRules.*\} from/, 'import { bpfRules, check, kernels, treeTasks } from')
      .replace(
        /await main\(.*\)\n?$/,
        `void [check, kernels]\n${before}\nawait main(treeTasks(bpf, tools, { ${text} }), bpf.mainOptions)\n`,
      ),
  )
}

function findings(kernel: string): readonly Finding[] {
  return (JSON.parse(tree.read(`build/proof/${kernel}/verdict.json`)) as KernelFindings).findings
}

function outcomes(kernel: string): Record<string, string> {
  return Object.fromEntries(
    findings(kernel).map(({ kind, tool, name, outcome, expected }) => [
      `${kind} ${tool} ${name}`,
      `${outcome}${expected ? '' : ' !'}`,
    ]),
  )
}

function vm(...kernels: readonly string[]): Ran {
  return tree.run(['vm', '--', ...kernels.flatMap((kernel) => ['--kernel', kernel])])
}

let unreachable: string | undefined

function guestTest(name: string, act: () => void): void {
  if (why !== undefined) skip(test, name, `vm: ${why}`)
  else
    test(name, () => {
      if (unreachable === undefined) act()
      else process.stdout.write(`skipped: ${name}: ${unreachable}\n`)
    })
}

guestTest(
  'three templates pass on both kernels: checked in a line, or attached and detached',
  () => {
    for (const [name, template] of [
      ['opens', 'tracepoint'],
      ['forks', 'kprobe'],
      ['drops', 'xdp'],
    ] as const)
      assert.is(tree.add(name, template).status, 0)
    options(`checks: [
    check('opens', { trigger: ['cat', '/init'], expect: /./ }),
    check('drops', { arguments: ['lo'] }),
  ]`)
    const ran = vm(OLD, NEW)
    unreachable = /deb\.debian\.org reachable|keys of Debian's archive are not here/.exec(
      ran.stdout + ran.stderr,
    )?.[0]
    if (unreachable !== undefined) return
    assert.is(ran.status, 0, ran.stdout + ran.stderr)
    for (const kernel of [OLD, NEW]) {
      const found = outcomes(kernel)
      assert.is(found['check opens sees what it should'], 'ok')
      assert.is(found['check forks attaches and detaches'], 'ok')
      assert.is(found['check drops attaches and detaches'], 'ok')
      assert.equal([...new Set(Object.values(found))], ['ok'])
    }
  },
)

guestTest(
  'a bad program is rejected at its line on both kernels; a tool that sees nothing fails',
  () => {
    tree.write('bad.bpf.c', BAD)
    tree.write('recent.bpf.c', RECENT)
    options(`checks: [
    check('opens', { trigger: ['true'], expect: /never printed/ }),
    check('drops', { arguments: ['lo'] }),
  ]`)
    const { status, stdout, stderr } = vm(OLD, NEW)
    const said = stdout + stderr
    assert.is(status, 1, said)
    for (const kernel of [OLD, NEW]) {
      const bad = findings(kernel).find(({ tool }) => tool === 'bad')
      assert.is(bad?.outcome, 'rejected')
      assert.equal(bad?.at, { file: 'bad.bpf.c', line: 9 })
      assert.match(bad?.why ?? '', /invalid mem access/)
      assert.is(outcomes(kernel)['check opens sees what it should'], 'failed !')
      assert.match(said, new RegExp(`error: ${kernel} \\(.*\\): \\S+ things are not as expected`))
    }
    assert.match(said, /rejected +bad is rejected/)
    assert.match(said, /at +bad\.bpf\.c:9 +return \*nowhere;/)
    // A program is not to blame for what a kernel lacks.
    assert.is(outcomes(OLD)['verify recent recent'], 'unsupported')
    assert.is(outcomes(NEW)['verify recent recent'], 'ok')
    assert.match(said, /not supported on 5\.10-x86: .*user ring buffer.*, by recent/)
  },
)

guestTest('what is expected to be rejected is well, and fails where it is not', () => {
  options(`checks: [check('drops', { arguments: ['lo'] })],
    verify: { bad: { expect: { '*': 'rejected' } }, recent: { expect: { '<6.1': 'unsupported' } } }`)
  const ran = vm(OLD, NEW)
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  options(`checks: [check('drops', { arguments: ['lo'] })],
    verify: { bad: { expect: { '*': 'rejected' } }, opens: { expect: { '5.10': 'rejected' } } }`)
  const other = vm(OLD)
  assert.is(other.status, 1)
  assert.match(other.stdout + other.stderr, /opens.*\n.*it is expected to be rejected on '5\.10'/)
})

guestTest('without BTF of the kernel CO-RE is not supported; a part of it is enough', () => {
  for (const name of ['bad.bpf.c', 'recent.bpf.c']) tree.remove(name)
  const begin = `const objects = bpf.objects('{forks,opens}.bpf.c', { place: (path) => 'own/' + path + '.o' })
    const part = (own) => bpf.minCoreBtf(own, [objects])`
  options(
    `checks: [check('drops', { arguments: ['lo'] })],
    kernels: [...kernels({ debian: ['6.1'], btf: false }), ...kernels({ debian: ['6.1'], btf: part })]`,
    begin,
  )
  const ran = tree.run(['vm'])
  // What is in it is enough for the two that it was made of, and not for the third.
  assert.is(ran.status, 1)
  const without = outcomes('6.1-x86-nobtf')
  for (const name of ['forks', 'opens', 'drops']) {
    assert.is(without[`verify ${name} ${name}`], 'unsupported')
    assert.is(without[`check ${name} attaches and detaches`], 'unsupported')
  }
  assert.match(ran.stdout + ran.stderr, /not supported on 6\.1-x86-nobtf: BTF .*, by .*forks/)
  const given = outcomes('6.1-x86-minbtf')
  for (const name of ['forks', 'opens']) {
    assert.is(given[`verify ${name} ${name}`], 'ok')
    assert.is(given[`check ${name} attaches and detaches`], 'ok')
  }
  assert.is(given['verify drops drops'], 'rejected !')
})

test.run()
