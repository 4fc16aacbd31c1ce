// The demos run on this kernel: what they print is what happened, and nothing stays behind.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtDemos, type Demos } from '../support/demos.ts'
import { inOwnMounts } from '../support/mounts.ts'
import { testWith } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { withoutTracefs, withTracefs } from '../support/tracefs.ts'
import { bpfOf, isThere, leftOf, Running } from '../support/watchedprocess.ts'

const here = ['root', 'bpf', 'btf', 'clang'] as const

/** A user that nobody is, so that only what these tests start has it. */
const uid = 54_321

const trace = 'build/trace_execve/trace_execve'
const probe = 'build/trace_execve/probe_execve'

testWith(test, here, 'trace_execve shows a program with every field right', async () => {
  using tree = builtDemos()
  await using running = startLoader(tree, [trace, '--uid', `${uid}`])
  await showsEveryField(tree, running, 'trace_execve')
  running.kill('SIGINT')
  assert.is(await running.end(), 0)
  assert.match(running.stderr.at(-1) ?? '', /^trace_execve: \d+ events, 0 lost$/)
})

testWith(test, here, 'as JSON, any file name comes back exactly', async () => {
  using tree = builtDemos()
  await using running = startLoader(tree, [trace, '--uid', `${uid}`, '--json'])
  await running.line(/attached/)
  const strange = marked(tree, 'a "b" \\ c\n\tü')
  const { pid } = execute(strange)
  const event = jsonOf(await running.line(/marked-/))
  assert.equal(Object.keys(event), [
    ...['program', 'event', 'ktime_ns', 'pid', 'comm'],
    ...['ppid', 'parent_comm', 'uid', 'filename'],
  ])
  assert.is(event['filename'], strange)
  assert.is(event['program'], 'trace_execve')
  assert.is(event['event'], 'execve')
  assert.equal([event['pid'], event['ppid'], event['uid']], [pid, process.pid, uid])
  assert.equal([event['comm'], event['parent_comm']], ['sh', ownComm()])
  // A name that is not UTF-8 comes in hexadecimal digits too.
  spawnSync('/bin/sh', ['-c', `exec "$(printf '/nope/\\377')"`], { uid, gid: uid })
  const bytes = jsonOf(await running.line(/_hex/))
  assert.is(bytes['filename'], '/nope/\ufffd')
  assert.is(bytes['filename_hex'], Buffer.from('/nope/\xff', 'latin1').toString('hex'))
  running.kill('SIGTERM')
  assert.is(await running.end(), 0)
})

testWith(
  test,
  here,
  'a loader finds its object from anywhere and stops after --count',
  async () => {
    using tree = builtDemos()
    fs.mkdirSync(tree.at('elsewhere'))
    fs.symlinkSync(tree.at(trace), tree.at('elsewhere/link'))
    const options = ['--uid', `${uid}`, '--count', '2']
    await using running = startLoader(tree, ['elsewhere/link', ...options], '/')
    await running.line(/attached/)
    for (let times = 0; times < 2; times++) execute(marked(tree, 'counted'))
    assert.is(await running.end(), 0)
    assert.is(running.stdout.length, 2)
    assert.is(running.stderr.at(-1), 'trace_execve: 2 events, 0 lost')
  },
)

testWith(test, here, '--object names another object, or says what is wrong with it', async () => {
  using tree = builtDemos()
  const other = tree.at('other.o')
  fs.renameSync(tree.at(`${trace}.bpf.o`), other)
  const alone = spawnSync(tree.at(trace), { encoding: 'utf8' })
  assert.is(alone.status, 1)
  assert.ok(alone.stderr.includes(tree.at(`${trace}.bpf.o`)), alone.stderr)
  assert.match(alone.stderr, /hint: .*--object PATH/)
  const wrong = spawnSync(tree.at(trace), ['--object', tree.at(`${probe}.bpf.o`)])
  assert.is(wrong.status, 1)
  assert.match(wrong.stderr.toString(), 'it has no trace_execve')
  await using running = startLoader(tree, [trace, '--object', other, '--duration', '0.1'])
  assert.is(await running.end(), 0)
})

testWith(test, here, 'events that found no room are counted to the last one', async () => {
  using tree = builtDemos()
  await using running = startLoader(tree, [trace, '--uid', `${uid}`, '--json'])
  await running.line(/attached/)
  // While it stands still, more than its buffers hold: names of nearly 4096 bytes.
  running.kill('SIGSTOP')
  const rounds = 1000
  const long = `/nope${'/.'.repeat(2000)}`
  const loop = `i=0; while [ $i -lt ${rounds} ]; do ("$0"); i=$((i+1)); done 2>/dev/null`
  spawnSync('/bin/sh', ['-c', loop, long], { uid, gid: uid })
  running.kill('SIGCONT')
  running.kill('SIGINT')
  assert.is(await running.end(), 0)
  const sum = /^trace_execve: (\d+) events, (\d+) lost$/.exec(running.stderr.at(-1) ?? '')
  const [shown, lost] = [Number(sum?.[1]), Number(sum?.[2])]
  // The shell itself is one more.
  assert.is(shown + lost, rounds + 1)
  assert.ok(lost > 0, 'nothing was lost')
  const events = running.stdout.map(jsonOf)
  assert.is(events.filter(({ event }) => event === 'execve').length, shown)
  const told = events.filter(({ event }) => event === 'lost')
  assert.is(
    told.reduce((total, event) => total + Number(event['lost']), 0),
    lost,
  )
})

testWith(
  test,
  here,
  'a signal ends a loader well, and the kernel keeps nothing of it',
  async () => {
    using tree = builtDemos()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      for (const loader of [trace, 'build/helloworld/helloworld']) {
        await using running = startLoader(tree, [loader])
        await running.line(/attached|started/)
        const held = bpfOf(running.pid)
        const kinds = new Set(held.map(({ kind }) => kind))
        assert.ok(kinds.has('prog') && kinds.has('link'), JSON.stringify(held))
        assert.ok(held.every(isThere), JSON.stringify(held))
        running.kill(signal)
        assert.is(await running.end(), 0)
        assert.equal(await leftOf(held), [])
      }
    }
  },
)

testWith(test, here, 'a user who may not load BPF is told to be root', () => {
  using tree = builtDemos()
  fs.chmodSync(tree.root, 0o755)
  for (const loader of [trace, 'build/helloworld/helloworld']) {
    const { status, stderr } = spawnSync(tree.at(loader), { uid, gid: uid, encoding: 'utf8' })
    assert.is(status, 1)
    assert.match(stderr, /permitted/)
    assert.match(stderr, /hint: run it as root \(sudo\)/)
  }
})

testWith(test, here, 'run:helloworld shows loader and trace as one stream, then ends', async () => {
  using tree = builtDemos()
  await using running = startTask(tree, 'run:helloworld', '--', '--duration', '2')
  await running.line(/^helloworld: started, .*\/trace_pipe$/)
  await seesGreeting(running)
  assert.is(await running.end(), 0)
  assert.equal(running.stderr, [])
  assert.is(running.stdout.filter((line) => line === 'helloworld: stopped').length, 1)
})

testWith(test, here, 'Ctrl-C ends run:helloworld and its loader together', async () => {
  using tree = builtDemos()
  for (const press of ['killGroup', 'kill'] as const) {
    await using running = startTask(tree, 'run:helloworld')
    await running.line(/^helloworld: started/)
    const loader = childrenOf(running.pid).find((pid) => commOf(pid) === 'helloworld')
    assert.ok(loader, 'no loader')
    const held = bpfOf(Number(loader))
    assert.ok(held.length > 0 && held.every(isThere))
    await seesGreeting(running)
    running[press]('SIGINT')
    // As a shell counts it: 128 and the number of SIGINT.
    assert.is(await running.end(), 130)
    assert.ok(running.stdout.includes('helloworld: stopped'), running.stdout.join('\n'))
    assert.not.ok(fs.existsSync(`/proc/${loader}`))
    assert.equal(await leftOf(held), [])
  }
})

testWith(
  test,
  here,
  'run:trace_execve hands its arguments on, and its lines are events',
  async () => {
    using tree = builtDemos()
    const options = ['--uid', `${uid}`, '--count', '1', '--json']
    await using running = startTask(tree, 'run:trace_execve', '--json', '--', ...options)
    await running.line(/attached/)
    spawnSync(marked(tree, 'handed'), { uid, gid: uid })
    assert.is(await running.end(), 0)
    const said = running.stdout
      .map(jsonOf)
      .flatMap(({ type, text }) => (type === 'output' && typeof text === 'string' ? [text] : []))
    const line = said.find((text) => text.includes('marked-')) ?? ''
    assert.match(String(jsonOf(line)['filename']), /marked-.* handed$/)
  },
)

testWith(test, here, 'tracefs that is not mounted is mounted, said aloud', async () => {
  using tree = builtDemos()
  const task = tsxCommand('run:helloworld', '--', '--duration', '0.1')
  const before = fs.readFileSync('/proc/self/mounts', 'utf8')
  await using running = new Running(inOwnMounts(withoutTracefs, task), { cwd: tree.root })
  const said = 'tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing'
  assert.is(await running.end(), 0, running.stderr.join('\n'))
  assert.ok(running.stdout.includes(said), running.stdout.join('\n'))
  assert.is(fs.readFileSync('/proc/self/mounts', 'utf8'), before)
})

const kprobes = ['/sys/bus/event_source/devices/kprobe', '/sys/kernel/tracing/kprobe_events']

if (kprobes.some((path) => fs.existsSync(path))) {
  testWith(test, here, 'probe_execve shows a program with every field right', async () => {
    using tree = builtDemos()
    await using running = startLoader(tree, [probe, '--uid', `${uid}`])
    await showsEveryField(tree, running, 'probe_execve')
    running.kill('SIGINT')
    assert.is(await running.end(), 0)
  })
} else {
  testWith(test, here, 'probe_execve says that this kernel has no kprobes', async () => {
    using tree = builtDemos()
    await using running = startTask(tree, 'run:probe_execve')
    assert.is(await running.end(), 1)
    const said = [...running.stdout, ...running.stderr].join('\n')
    assert.match(said, /^probe_execve: this kernel (has|gives out) no kprobes/m)
    assert.match(said, /^ {2}hint: use trace_execve/m)
    assert.not.match(said, /^\s+at /m)
  })
}

async function showsEveryField(tree: Demos, running: Running, program: string): Promise<void> {
  await running.line(/attached/)
  const file = marked(tree, 'with spaces')
  const before = process.hrtime.bigint()
  const { pid } = execute(file)
  const after = process.hrtime.bigint()
  const line = await running.line(new RegExp(`${file}$`))
  const [name, time, ...fields] = line.split(' ')
  assert.is(name, program)
  assert.ok(before < BigInt(time ?? 0) && BigInt(time ?? 0) < after, line)
  assert.is(fields.join(' '), `${pid} sh ${process.pid} ${ownComm()} ${uid} ${file}`)
}

/** Starts programs until one greets in the trace: another reader may take lines away. */
async function seesGreeting(running: Running): Promise<void> {
  for (let times = 0; times < 20; times++) {
    const { pid } = spawnSync('/bin/true')
    const greeting = new RegExp(`-${pid} +\\[.*invoke bpf_prog: Hello, World!$`)
    const seen = running.line(greeting, 500).then(
      () => true,
      () => false,
    )
    if (await seen) return
  }
  throw new Error(`no greeting\n${running.stdout.join('\n')}`)
}

function startLoader(tree: Demos, [loader = '', ...args]: string[], cwd = tree.root): Running {
  return new Running(inOwnMounts(withTracefs, [tree.at(loader), ...args]), { cwd })
}

function startTask(tree: Demos, ...args: string[]): Running {
  return new Running(inOwnMounts(withTracefs, tsxCommand(...args)), { cwd: tree.root })
}

/** A real program with a name that nothing else has. */
function marked(tree: Demos, name: string): string {
  fs.chmodSync(tree.root, 0o755)
  const file = tree.at(`marked-${process.pid} ${name}`)
  fs.copyFileSync('/bin/true', file)
  return file
}

/** Has a shell become the program. */
function execute(file: string): { readonly pid: number } {
  const { pid, status } = spawnSync('/bin/sh', ['-c', 'exec "$0"', file], { uid, gid: uid })
  assert.is(status, 0)
  return { pid }
}

function ownComm(): string {
  return commOf(process.pid)
}

function commOf(pid: number): string {
  return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

function childrenOf(pid: number): number[] {
  const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

function jsonOf(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${line}`)
  return { ...value }
}

test.run()
