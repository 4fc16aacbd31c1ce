// The demos of this repository are built once, and after a change exactly what it touches.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../tasks/engine/index.ts'
import { builtDemos, Demos, outputOf } from '../support/demos.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { eventsOf } from '../support/tree.ts'

const here = ['clang', 'btf'] as const

const vmlinux = 'build/vmlinux/vmlinux.h'
/** Made by default where this clang gives the same objects with it. */
const skeleton = 'build/helloworld/helloworld.skel.h'
const hello = [
  'build/helloworld/helloworld',
  'build/helloworld/helloworld.bpf.o',
  'build/helloworld/helloworld.o',
  skeleton,
]
const bpf = [
  'build/helloworld/helloworld.bpf.o',
  'build/trace_execve/probe_execve.bpf.o',
  'build/trace_execve/trace_execve.bpf.o',
]
const loaders = [
  'build/helloworld/helloworld',
  'build/trace_execve/probe_execve',
  'build/trace_execve/trace_execve',
]

testWith(test, here, 'a clean tree is built whole, and a second build runs nothing', () => {
  using tree = new Demos()
  const compiles = tree.sources().map(outputOf)
  const first = tree.run(['build', '--json'])
  assert.is(first.status, 0, first.stderr)
  assert.is(first.stderr, '')
  const started = outputsOf(eventsOf(first.stdout))
  assert.equal(started, [...compiles, ...loaders, skeleton, vmlinux].sort())
  assert.is(summaryOf(first.stdout).ran, started.length)
  for (const path of started) assert.ok(tree.exists(path), path)
  for (const path of loaders) {
    const { status, stdout } = spawnSync(tree.at(path), ['--version'], { encoding: 'utf8' })
    assert.is(status, 0)
    assert.match(stdout, path.split('/').at(-1) ?? '')
  }
  assert.not.ok(tree.files('build').some((path) => path.endsWith('.d') || path.includes('tmp')))
  const before = tree.snapshot()
  const second = summaryOf(tree.run(['build', '--json']).stdout)
  assert.is(second.ran, 0)
  assert.is(second.upToDate, started.length)
  assert.equal(
    before.filter((line) => !line.startsWith('build/.tasks/')),
    tree.snapshot().filter((line) => !line.startsWith('build/.tasks/')),
  )
})

testWith(test, here, 'a touched program is compiled again, and the same bytes end it there', () => {
  using tree = builtDemos()
  tree.touch('projects/helloworld/helloworld.bpf.c')
  assert.equal(tree.ran(['build']), ['build/helloworld/helloworld.bpf.o'])
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'a changed program goes through to its loader, and to nothing else', () => {
  using tree = builtDemos()
  const source = 'projects/helloworld/helloworld.bpf.c'
  const other = tree.read(source).replace('Hello, World!', 'Hello, Mars!!')
  tree.write(source, other)
  assert.equal(tree.ran(['build']), hello)
  assert.ok(fs.readFileSync(tree.at(hello[0] ?? '')).includes('Hello, Mars!!'))
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'an edited header compiles exactly what includes it, on both sides', () => {
  using tree = builtDemos()
  const folder = 'projects/trace_execve'
  const headers = [...tree.headers(`${folder}/include`), ...tree.headers(`${folder}/helpers`)]
  assert.ok(headers.length > 8)
  for (const header of headers) {
    const expected = tree.readers(header.split('/').at(-1) ?? '')
    assert.ok(expected.length > 0, `${header} is read by nothing`)
    tree.append(header, '/* edited */\n')
    assert.equal(tree.ran(['build']), expected, header)
  }
  const both = tree.readers('execve_event.h')
  assert.ok(both.includes('build/trace_execve/trace_execve.bpf.o'))
  assert.ok(both.includes('build/trace_execve/stream.o'))
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'a new header that comes before another one is noticed', () => {
  using tree = builtDemos()
  // The loaders look into include/ before helpers/, where stop.h is.
  const header = tree.read('projects/trace_execve/helpers/stop.h')
  tree.write('projects/trace_execve/include/stop.h', header)
  const ran = tree.ran(['build'])
  // Its path is in the debug information, so the loaders are linked again.
  const own = loaders.slice(1).flatMap((path) => [path, `${path}.o`])
  assert.equal(without(own, ran), [])
  assert.equal(without(ran, [...tree.readers('stop.h'), ...loaders]), [])
  tree.remove('projects/trace_execve/include/stop.h')
  assert.equal(tree.ran(['build']), own)
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'a header that changes what is made goes through to the loaders', () => {
  using tree = builtDemos()
  const header = 'projects/trace_execve/helpers/tracefs.h'
  tree.write(
    'projects/trace_execve/helpers/tracefs.c',
    tree.read('projects/trace_execve/helpers/tracefs.c').replace('NULL', '0L ? "" : NULL'),
  )
  tree.write(
    header,
    `${tree.read(header)}static const char edited[] __attribute__((used)) = "!";\n`,
  )
  const made = new Set([...tree.readers('tracefs.h'), loaders[1] ?? '', loaders[2] ?? ''])
  assert.equal(tree.ran(['build']), [...made].sort())
})

testWith(test, here, 'a flag of the user compiles everything again, and explain names it', () => {
  using tree = builtDemos()
  const compiles = [...tree.sources().map(outputOf), ...loaders].sort()
  const flagged = ['build', 'EXTRA_CFLAGS=-DX']
  const { stdout } = tree.run([...flagged, '--explain', '-n'])
  for (const path of compiles) {
    const reason = new RegExp(`^stale ${path}: its command changed: now with -DX$`, 'm')
    assert.match(stdout, reason)
  }
  const events = tree.events(flagged)
  assert.equal(outputsOf(events), [...compiles].sort())
  for (const event of events) {
    if (event.type === 'start') assert.ok(event.command.includes('-DX'), event.outputs[0])
  }
  // The environment sets it just as well.
  assert.equal(tree.ran(['build'], { EXTRA_CFLAGS: '-DX' }), [])
  assert.match(tree.run(['build', '--explain']).stdout, /its command changed: now without -DX$/m)
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'another version of clang compiles every BPF object again', () => {
  using tree = builtDemos()
  const now = clangVersion('clang')
  tree.script(
    'tools/clang',
    `case " $* " in *' --version '*) echo 'Test clang version 99.1.0'; exit;; esac\n` +
      `exec ${which('clang')} "$@"`,
  )
  const environment = { PATH: `${tree.at('tools')}:${process.env['PATH']}` }
  const { stdout } = tree.run(['build', '--explain', '-n'], environment)
  for (const path of bpf) {
    const reason = `stale ${path}: clang changed: ${now} (${which('clang')}) → 99.1.0 (${tree.at('tools/clang')})`
    assert.ok(stdout.includes(reason), stdout)
  }
  // It is the same compiler, so the objects are the same and nothing follows.
  assert.equal(tree.ran(['build'], environment), bpf)
  assert.equal(tree.ran(['build'], environment), [])
  assert.equal(tree.ran(['build']), bpf)
})

const newClang = 'a real clang-19 compiles every BPF object again'
if (inPath('clang-19')) testWith(test, here, newClang, anotherClang)
else skip(test, newClang, 'no clang-19 here')

function anotherClang(): void {
  using tree = builtDemos()
  const [now, then] = [clangVersion('clang'), clangVersion('clang-19')]
  const other = ['build', 'CLANG=clang-19']
  const { stdout } = tree.run([...other, '--explain', '-n'])
  for (const path of bpf) {
    const reason = new RegExp(`^stale ${path}: clang changed: ${now} \\(.*\\) → ${then} `, 'm')
    if (now !== then) assert.match(stdout, reason)
  }
  const ran = tree.ran(other)
  assert.equal(without(bpf, ran), [])
  // Where its objects have other bytes, the skeleton and its loader follow; nothing else does.
  assert.equal(without(ran, [...bpf, ...hello]), [])
  assert.equal(tree.ran(other), [])
}

testWith(test, here, 'another libbpf.a links every loader again', () => {
  using tree = builtDemos()
  const archive = spawnSync('cc', ['-print-file-name=libbpf.a'], { encoding: 'utf8' }).stdout.trim()
  fs.copyFileSync(archive, tree.at('libbpf.a'))
  const compiler = tree.script(
    'tools/cc',
    `case " $* " in *' -print-file-name=libbpf.a '*) echo ${tree.at('libbpf.a')}; exit;; esac\n` +
      `exec ${which('cc')} "$@"`,
  )
  const build = ['build:helloworld', 'build:trace_execve', 'build:probe_execve', `CC=${compiler}`]
  // Another compiler: all of user space, and nothing of BPF.
  assert.equal(tree.ran(build), without([...tree.sources().map(outputOf), ...loaders], bpf).sort())
  assert.equal(tree.ran(build), [])
  tree.touch('libbpf.a', 1_000_000_000)
  assert.equal(tree.ran(build), loaders)
  assert.equal(tree.ran(build), [])
})

testWith(test, here, 'other headers of libbpf compile what includes them', () => {
  using tree = new Demos()
  const found = ['/usr/local/include/bpf', '/usr/include/bpf'].find((path) => fs.existsSync(path))
  assert.ok(found, 'no headers of libbpf here')
  fs.cpSync(found ?? '', tree.at('include/bpf'), { recursive: true })
  const build = ['build', `EXTRA_CFLAGS=-I${tree.at('include')}`]
  tree.ran(build)
  tree.append('include/bpf/bpf_helpers.h', '/* edited */\n')
  assert.equal(tree.ran(build), bpf)
  tree.append('include/bpf/libbpf.h', '/* edited */\n')
  assert.equal(tree.ran(build), tree.readers('bpf/libbpf.h'))
  assert.equal(tree.ran(build), [])
})

testWith(test, here, 'VMLINUX_H stands for the kernel’s types, and only its text counts', () => {
  using tree = builtDemos()
  fs.copyFileSync(tree.at(vmlinux), tree.at('mine.h'))
  const mine = ['build', 'VMLINUX_H=mine.h']
  // The same text: the objects need no compile.
  assert.equal(tree.ran(mine), [vmlinux])
  tree.append('mine.h', '/* edited */\n')
  // Clang may put the header's checksum into the object; then helloworld's skeleton is another.
  const ran = tree.ran(mine)
  assert.equal(without([...bpf, vmlinux], ran), [])
  assert.equal(without(ran, [...bpf, ...hello, vmlinux]), [])
  assert.is(tree.read(vmlinux), tree.read('mine.h'))
  assert.equal(tree.ran(mine), [])
  assert.equal(tree.ran(['build']), ran)
})

testWith(test, here, 'the environment that compilers read is a reason, and is said', () => {
  using tree = builtDemos()
  const environment = { CPATH: tree.at('extra') }
  const { stdout } = tree.run(['build', '--explain', '-n'], environment)
  assert.ok(stdout.includes(`CPATH changed: (not set) → ${tree.at('extra')}`), stdout)
  const compiles = tree.sources().map(outputOf)
  assert.equal(tree.ran(['build'], environment), [...compiles, ...loaders].sort())
})

testWith(test, here, 'clean leaves nothing, and what is built after it is whole', () => {
  using tree = new Demos()
  const sources = tree.files()
  tree.ran(['build'])
  const built = tree.files('build').filter((path) => !path.startsWith('build/.tasks/'))
  const { status, stdout } = tree.run(['clean'])
  assert.is(status, 0)
  for (const path of built) assert.ok(stdout.includes(`removed ${path}\n`), path)
  assert.not.ok(tree.exists('build'))
  assert.equal(tree.files(), sources)
  assert.is(tree.run(['clean']).status, 0)
  tree.write('build/mine', 'a file of the user')
  tree.ran(['build'])
  tree.run(['clean'])
  assert.equal(tree.files('build'), ['build/mine'])
})

testWith(test, here, 'clean of one demo leaves what the others need', () => {
  using tree = builtDemos()
  const all = tree.files('build')
  assert.is(tree.run(['clean:helloworld']).status, 0)
  assert.equal(tree.files('build'), without(all, hello))
  assert.is(tree.run(['build:trace_execve', 'build:probe_execve', '--check']).status, 0)
  assert.equal(tree.ran(['build']), hello)
  tree.run(['clean:trace_execve'])
  const own = ['', '.bpf.o', '.o'].map((ending) => `build/trace_execve/trace_execve${ending}`)
  assert.equal(tree.ran(['build']), own)
})

testWith(test, here, 'one demo, or one file, is built with what it needs and no more', () => {
  using tree = new Demos()
  assert.equal(tree.ran([skeleton]), [hello[1], skeleton, vmlinux].sort())
  assert.equal(tree.ran(['build:helloworld']), [hello[0], hello[2]])
  assert.not.ok(tree.exists('build/trace_execve'))
  assert.is(tree.run(['build:helloworld', '--check']).status, 0)
  assert.is(tree.run(['build', '--check']).status, 1)
})

testWith(test, here, 'a dry run writes nothing, on a clean tree and on a stale one', () => {
  using tree = new Demos()
  const clean = tree.snapshot()
  const planned = tree.ran(['build', '-n'])
  assert.equal(tree.snapshot(), clean)
  for (const query of [['--check'], ['--list'], ['--explain', '-n']]) {
    tree.run(['build', ...query])
    assert.equal(tree.snapshot(), clean, query.join(' '))
  }
  assert.equal(tree.ran(['build']), planned)
  tree.append('projects/trace_execve/include/execve_event.h', '/* edited */\n')
  const stale = tree.snapshot()
  assert.ok(tree.ran(['build', '-n']).length > 0)
  tree.run(['clean', '-n'])
  assert.is(tree.run(['run:helloworld', '-n']).status, 0)
  assert.equal(tree.snapshot(), stale)
})

testWith(test, here, 'a tree that was moved is still up to date, and its loaders still run', () => {
  using tree = builtDemos()
  const elsewhere = new Demos()
  using moved = elsewhere
  fs.rmSync(moved.root, { recursive: true })
  fs.renameSync(tree.root, moved.root)
  assert.equal(moved.ran(['build']), [])
  moved.touch('projects/helloworld/helloworld.bpf.c')
  // The folder's name is in no object, so the touched one has the same bytes.
  assert.equal(moved.ran(['build']), ['build/helloworld/helloworld.bpf.o'])
  assert.is(spawnSync(moved.at(loaders[2] ?? ''), ['--version']).status, 0)
})

testWith(test, here, 'one command at a time makes the same bytes as many', () => {
  using tree = builtDemos()
  const contents = () => [...bpf, ...loaders].map((path) => fs.readFileSync(tree.at(path)))
  const before = contents()
  assert.is(tree.run(['build', '-B', '-j1']).status, 0)
  for (const [index, bytes] of contents().entries()) {
    assert.ok(before[index]?.equals(bytes), [...bpf, ...loaders][index])
  }
})

/** First outputs of what was started, sorted. */
function outputsOf(events: readonly Event[]): string[] {
  return events.flatMap((event) => (event.type === 'start' ? [event.outputs[0] ?? ''] : [])).sort()
}

function without(paths: readonly string[], others: readonly string[]): string[] {
  return paths.filter((path) => !others.includes(path))
}

function summaryOf(text: string): Extract<Event, { type: 'summary' }> {
  const summaries = eventsOf(text).filter((event) => event.type === 'summary')
  const [summary] = summaries
  if (summary === undefined || summaries.length > 1) throw new Error(`not one summary in ${text}`)
  return summary
}

function clangVersion(name: string): string {
  const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' })
  return /clang version (\S+)/.exec(stdout)?.[1] ?? ''
}

function which(name: string): string {
  const folder = (process.env['PATH'] ?? '')
    .split(':')
    .find((path) => fs.existsSync(`${path}/${name}`))
  return `${folder}/${name}`
}

test.run()
