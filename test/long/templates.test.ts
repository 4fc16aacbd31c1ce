// Each template of `new` gives a tool that builds, that reads as our own C, and that does its job.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newTool, templates } from '../../tasks/bpf/live/newtool.ts'
import { build, settled } from '../support/buildverdicts.ts'
import { inOwnMounts, runInOwnMounts } from '../support/mounts.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { NewTree } from '../support/newtree.ts'
import { until } from '../support/startedrun.ts'
import { mountTracefs, tracefsLack, withoutTracefs, withTracefs } from '../support/tracefs.ts'
import { repository } from '../support/tree.ts'
import { bpfOf, isThere, leftOf, Running } from '../support/watchedprocess.ts'

const building = ['clang', 'btf'] as const
const loading = ['root', 'bpf', 'btf', 'clang', 'tracefs'] as const
const bash = ['/bin/bash', '/usr/bin/bash'].find((path) => fs.existsSync(path))
const headerless = noSdt() ? 'no <sys/sdt.h> here (Debian: systemtap-sdt-dev)' : undefined

const kinds = Object.keys(templates).filter((kind) => kind !== 'usdt' || headerless === undefined)
if (headerless !== undefined) skip(test, 'usdt builds and is loaded', headerless)

/** Nothing else on this machine is called so. */
const nameOf = (kind: string): string => `${kind.slice(0, 6)}_${process.pid}`

let built: NewTree | undefined

/** A tree with a tool of each template, built once. */
function all(): NewTree {
  if (built !== undefined) return built
  const tree = new NewTree()
  process.once('exit', () => tree[Symbol.dispose]())
  for (const kind of kinds) {
    const { status, stdout, stderr } = tree.add(nameOf(kind), kind)
    assert.is(status, 0, stderr)
    for (const file of fs.readdirSync(tree.root).filter((path) => path.startsWith(nameOf(kind)))) {
      assert.ok(stdout.includes(`wrote ${file}\n`), stdout)
    }
    assert.ok(tree.exists(`${nameOf(kind)}.bpf.c`) && tree.exists(`${nameOf(kind)}.test.mjs`))
    assert.match(stdout, /\nnext: npx tsx tasks\.ts build\n$/)
  }
  const { status, stderr } = tree.run(['build'])
  if (status !== 0) throw new Error(`the templates cannot be built:\n${stderr}`)
  built = tree
  return tree
}

const compilers = ['clang', 'clang-14', 'clang-16', 'clang-19'].filter(inPath)
for (const clang of compilers) {
  testWith(test, building, `every template builds with ${clang}, without a warning`, () => {
    const tree = all()
    const { status, events, stderr } = build(tree, ['build', `CLANG=${clang}`, '-B'])
    assert.is(status, 0, stderr)
    const finished = events.flatMap((event) => (event.type === 'finish' ? [event] : []))
    for (const { outputs, output } of finished) assert.is(output, '', outputs.join(' '))
    for (const kind of kinds) {
      const path = `build/${nameOf(kind)}`
      assert.ok(
        finished.some(({ outputs }) => outputs.includes(path)),
        path,
      )
    }
    settled(tree, ['build', `CLANG=${clang}`])
  })
}

const formats = ['clang-format', 'clang-format-14', 'clang-format-19'].filter(inPath)
if (formats.length === 0) skip(test, 'every template is in our C style', 'no clang-format here')
else {
  test('every template is in our C style, whatever the tool is called', () => {
    using tree = new NewTree()
    for (const name of ['x', 'hello', 'packets_by_protocol']) {
      for (const kind of Object.keys(templates)) {
        const args = [`${name}_${kind.slice(0, 2)}`, '--template', kind]
        newTool({ args, root: tree.root, dryRun: false, say: () => {} })
      }
    }
    const files = fs.readdirSync(tree.root).filter((path) => /\.[ch]$/.test(path))
    assert.ok(files.length > 70, `${files.length} files`)
    const style = ['--dry-run', '-Werror', `--style=file:${repository}/.clang-format`]
    for (const format of formats) {
      const { status, stderr } = tree.exec(format, ...style, ...files)
      assert.is(status, 0, `${format}: ${stderr}`)
    }
  })
}

/** Why the kernel takes no program of this kind, by what its loader says; undefined where it does. */
function refusal(kind: string): string | undefined {
  if (!['kprobe', 'fentry', 'lsm'].includes(kind) || process.getuid?.() !== 0) return undefined
  if (tracefsLack() === undefined) mountTracefs()
  const { status, stderr } = all().exec(`build/${nameOf(kind)}`, '--test')
  const said = /: (cannot (?:load|attach) the program: .+)$/m.exec(stderr)?.[1]
  return status === 0 ? undefined : `this kernel: ${said ?? stderr}`
}

const refusals = inPath('clang') ? new Map(kinds.map((kind) => [kind, refusal(kind)])) : new Map()

for (const kind of kinds) {
  const title = `the kernel takes ${kind}, by the test that was written with it`
  if (refusals.get(kind) !== undefined) {
    testWith(test, loading, `where the kernel takes no ${kind}, its test is skipped, aloud`, () => {
      const { status, stdout } = all().exec('node', '--test', `${nameOf(kind)}.test.mjs`)
      assert.is(status, 0, stdout)
      assert.match(stdout, /# SKIP this kernel (has no kprobes|loads no programs of type)/)
      assert.match(stdout, /^# skipped 1$/m)
    })
    continue
  }
  testWith(test, loading, title, async () => {
    const tree = all()
    await using net = await ownNetwork(tree)
    const file = `${nameOf(kind)}.test.mjs`
    const inside = tree.exec('nsenter', `--net=/proc/${net.pid}/ns/net`, 'node', '--test', file)
    assert.is(inside.status, 0, inside.stdout)
    assert.match(inside.stdout, /^# pass 1$/m)
    const left = ['prog', 'show', 'name', nameOf(kind)]
    // The kernel frees it a little after its end.
    assert.ok(await until(() => tree.exec('bpftool', ...left).stdout === '', 10_000))
    nothingAttached(tree, net)
  })
}

/** Runs the tool, makes happen what it watches until a line tells of it, and ends it by Ctrl-C. */
async function sees(
  kind: string,
  args: readonly string[],
  ready: RegExp,
  happen: (net: Running) => void,
  line: (tool: Running) => RegExp,
): Promise<void> {
  const tree = all()
  await using net = await ownNetwork(tree)
  const path = tree.at(`build/${nameOf(kind)}`)
  const inside = ['nsenter', `--net=/proc/${net.pid}/ns/net`, path, ...args]
  await using tool = new Running(inside, { cwd: tree.root })
  await tool.line(ready)
  happen(net)
  await tool.line(line(tool))
  const held = bpfOf(tool.pid)
  assert.ok(held.length > 0 && held.every(isThere), JSON.stringify(held))
  tool.kill('SIGINT')
  assert.is(await tool.end(), 0, tool.stderr.join('\n'))
  assert.equal(tool.stderr, [])
  assert.equal(await leftOf(held), [])
  nothingAttached(tree, net)
}

const header = /^PID +COMM/

/** A program that nothing else of this machine executes. */
function marked(tree: NewTree): string {
  const path = tree.at(`mark_${process.pid}`)
  if (!fs.existsSync(path)) fs.copyFileSync('/bin/true', path)
  return path
}

seen('tracepoint sees a program that is executed', 'tracepoint', () => {
  const path = marked(all())
  return sees(
    'tracepoint',
    [],
    header,
    () => all().exec(path),
    () => new RegExp(`^\\d+ +${path.split('/').at(-1)} +${path}$`),
  )
})

seen(
  'tracepoint shows the programs of one user, by a constant that is set before loading',
  'tracepoint',
  async () => {
    const tree = all()
    const path = tree.at(`build/${nameOf('tracepoint')}`)
    const uid = 54_322
    await using tool = new Running([path, '--uid', `${uid}`, '--count', '1'], { cwd: tree.root })
    await tool.line(header)
    tree.exec('/bin/true')
    spawnSync('/bin/sh', ['-c', 'exec /bin/echo'], { uid, gid: uid })
    assert.is(await tool.end(), 0, tool.stderr.join('\n'))
    assert.match(tool.stdout[1] ?? '', / (?:sh|echo) +\/bin\/(?:sh|echo)$/)
    assert.is(tree.exec(path, '--uid', '-1').status, 64)
  },
)

seen('what finds no room is counted, and told at the end', 'tracepoint', async () => {
  const tree = all()
  const path = tree.at(`build/${nameOf('tracepoint')}`)
  await using tool = new Running([path], { cwd: tree.root })
  await tool.line(header)
  tool.kill('SIGSTOP')
  // The buffer has room for less than two thousand.
  tree.exec('sh', '-c', 'i=0; while [ $i -lt 2200 ]; do /bin/true; i=$((i+1)); done')
  tool.kill('SIGINT')
  tool.kill('SIGCONT')
  assert.is(await tool.end(), 0)
  const [, count = '0'] =
    /ring buffer was full: (\d+) events were dropped/.exec(tool.stderr.join('\n')) ?? []
  assert.ok(Number(count) > 100, tool.stderr.join('\n'))
})

for (const kind of kinds) {
  seen(`${kind} shows with --verbose what libbpf does`, kind, async () => {
    const tree = all()
    await using net = await ownNetwork(tree)
    const inside = [`--net=/proc/${net.pid}/ns/net`, `build/${nameOf(kind)}`]
    const more = kind === 'xdp' || kind === 'tc' ? ['lo'] : []
    const quiet = tree.exec('nsenter', ...inside, '--test', ...more)
    assert.equal([quiet.status, quiet.stderr], [0, ''])
    const { status, stderr } = tree.exec('nsenter', ...inside, '-vt', ...more)
    assert.is(status, 0)
    assert.match(stderr, /^libbpf: .*loading/m)
  })
}

seen('--count ends it after so many lines, however many events wait', 'tracepoint', async () => {
  const tree = all()
  const path = tree.at(`build/${nameOf('tracepoint')}`)
  await using tool = new Running([path, '--count', '2'], { cwd: tree.root })
  await tool.line(header)
  tool.kill('SIGSTOP')
  tree.exec('sh', '-c', 'for i in 1 2 3 4 5; do /bin/true; done')
  tool.kill('SIGCONT')
  assert.is(await tool.end(), 0)
  assert.is(tool.stdout.length, 3, tool.stdout.join('\n'))
})

seen('kprobe sees a file that is written through', 'kprobe', () => {
  const name = `marked-${process.pid}`
  return sees(
    'kprobe',
    [],
    header,
    () => {
      const file = fs.openSync(all().at(name), 'w')
      fs.fsyncSync(file)
      fs.closeSync(file)
    },
    () => new RegExp(`^${process.pid} .* ${name}$`),
  )
})

seen('fentry sees a file that is opened', 'fentry', () => {
  const path = all().at('tasks.ts')
  return sees(
    'fentry',
    [],
    header,
    () => fs.readFileSync(path),
    () => new RegExp(`^${process.pid} .* ${path}$`),
  )
})

seen('lsm sees a program before it is executed', 'lsm', () =>
  sees(
    'lsm',
    [],
    header,
    () => all().exec('/bin/true'),
    () => /^\d+ .* \/bin\/true$/,
  ),
)

seen('uprobe sees a host name that is looked up', 'uprobe', () => {
  const host = `marked-${process.pid}.invalid`
  return sees(
    'uprobe',
    [],
    header,
    () => all().exec('getent', 'ahosts', host),
    () => new RegExp(`^\\d+ +getent +${host}$`),
  )
})

if (kinds.includes('usdt')) {
  seen('usdt sees each step that it announces itself', 'usdt', async () => {
    const tree = all()
    const { status, stdout, stderr } = tree.exec(`build/${nameOf('usdt')}`, '--count', '3')
    assert.is(status, 0, stderr)
    const steps = stdout.split('\n').flatMap((line) => /step \d+$/.exec(line)?.[0] ?? [])
    assert.equal(steps, ['step 1', 'step 2', 'step 3'])
  })
}

seen('iter has a line for each thread, this one included', 'iter', () => {
  const { status, stdout, stderr } = all().exec(`build/${nameOf('iter')}`)
  assert.is(status, 0, stderr)
  const [header, ...lines] = stdout.trimEnd().split('\n')
  assert.match(header ?? '', /^ +PID +TID COMM$/)
  const comm = fs.readFileSync('/proc/self/comm', 'utf8').trim()
  const own = lines.filter((line) => line.trim().startsWith(`${process.pid} `))
  assert.equal(
    own.map((line) => Number(line.trim().split(/ +/)[1])).sort(),
    fs.readdirSync('/proc/self/task').map(Number).sort(),
  )
  assert.ok(
    own.some((line) => line.endsWith(` ${comm}`)),
    own.join('\n'),
  )
})

for (const kind of ['xdp', 'tc']) {
  const title = `${kind} counts the packets of an interface`
  if (bash === undefined) {
    skip(test, title, 'no bash here, which sends them')
    continue
  }
  seen(title, kind, () =>
    sees(
      kind,
      ['lo'],
      /^PROTOCOL/,
      (net) => {
        const send = 'for i in 1 2 3; do echo marked > /dev/udp/127.0.0.1/9; done 2>/dev/null; true'
        all().exec('nsenter', `--net=/proc/${net.pid}/ns/net`, bash, '-c', send)
      },
      () => /^udp +3 +/,
    ),
  )
}

/** Skipped, aloud, where the kernel refuses the program. */
function seen(title: string, kind: string, body: () => Promise<void> | void): void {
  const reason = refusals.get(kind)
  if (reason === undefined) testWith(test, loading, title, body)
  else skip(test, title, reason)
}

testWith(test, loading, 'without tracefs a loader says how to mount it, and test does so', () => {
  using tree = new NewTree()
  assert.is(tree.add('seen', 'tracepoint').status, 0)
  assert.is(tree.run(['build']).status, 0)
  const [program = '', ...args] = inOwnMounts(withoutTracefs, ['build/seen', '--test'])
  const loader = tree.exec(program, ...args)
  assert.is(loader.status, 1)
  assert.match(loader.stderr, /cannot attach the program: No such file/)
  const mount = 'mount -t tracefs tracefs /sys/kernel/tracing'
  assert.ok(loader.stderr.endsWith(`  hint: ${mount}\n`), loader.stderr)
  const tested = runInOwnMounts(tree, withoutTracefs, ['test'])
  assert.is(tested.status, 0, tested.stdout + tested.stderr)
  assert.match(tested.stdout, `tracefs is not mounted: ${mount}\n`)
  assert.match(tested.stdout, /^# pass 1$/m)
  const again = runInOwnMounts(tree, withTracefs, ['test', '--', '--test-name-pattern=none'])
  assert.is(again.status, 0, again.stderr)
  assert.not.match(again.stdout, /tracefs|^# pass 1$/m)
  const planned = tree.run(['-n', 'test', '--', 'a b'])
  assert.ok(planned.stdout.endsWith("node --test 'a b'\n"), planned.stdout)
})

/** A network with nothing but a loopback interface, as long as the process lives. */
async function ownNetwork(tree: NewTree): Promise<Running> {
  const script = 'ip link set lo up && echo ready && exec tail -f /dev/null'
  const net = new Running(['unshare', '--net', 'sh', '-c', script], { cwd: tree.root })
  await net.line(/^ready$/)
  return net
}

/** Fails where a qdisc or a program is left on the interface. */
function nothingAttached(tree: NewTree, net: Running): void {
  const show = ['sh', '-c', 'tc qdisc show dev lo; ip link show dev lo']
  const { status, stdout } = tree.exec('nsenter', `--net=/proc/${net.pid}/ns/net`, ...show)
  assert.is(status, 0)
  assert.match(stdout, /qdisc noqueue/)
  assert.not.match(stdout, /clsact|xdp|prog/)
}

function noSdt(): boolean {
  return ![
    '/usr/include/sys/sdt.h',
    `/usr/include/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/sys/sdt.h`,
  ].some((path) => fs.existsSync(path))
}

test.run()
