// A tool, header or right that is missing or broken is one block that says how to mend it.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtDemos, Demos } from '../support/demos.ts'
import { hiding, runInOwnMounts } from '../support/mounts.ts'
import { testWith } from '../support/needs.ts'
import type { Ran } from '../support/tree.ts'

const here = ['clang', 'btf'] as const
const asRoot = ['root', ...here] as const

const source = 'projects/helloworld/helloworld.bpf.c'
const object = 'build/helloworld/helloworld.bpf.o'
const skeleton = 'build/helloworld/helloworld.skel.h'
const loader = 'build/helloworld/helloworld'
const vmlinux = 'build/vmlinux/vmlinux.h'
const execves = ['build/trace_execve/probe_execve.bpf.o', 'build/trace_execve/trace_execve.bpf.o']

const noClang = hiding('/usr/lib/llvm-*/bin/clang*', '/usr/lib/llvm/*/bin/clang*')
const noBpftool = hiding(
  '/usr/sbin/bpftool',
  '/usr/local/sbin/bpftool',
  '/usr/lib/linux-tools/*/bpftool',
  '/usr/lib/linux-tools-*/bpftool',
)
const ubuntus = `echo 'WARNING: bpftool not found for kernel 6.99.0' >&2
echo >&2
echo '  You may need to install the following packages for this specific kernel:' >&2
exit 2`

testWith(test, asRoot, 'no clang', () => {
  using tree = new Demos()
  const tools = toolbox(tree, ['cc', 'gcc', 'as', 'ld', 'bpftool', 'cp'])
  const ran = runInOwnMounts(tree, noClang, ['build'], tools)
  isOneBlock(ran, /clang was not found/, [/tasks\.ts setup/, /CLANG=/])
  assert.not.ok(tree.exists('build'))
})

testWith(test, asRoot, 'no bpftool', () => {
  using tree = new Demos()
  const tools = toolbox(tree, ['cc', 'gcc', 'as', 'ld', 'clang', 'cp'])
  const ran = runInOwnMounts(tree, noBpftool, ['build'], tools)
  isOneBlock(ran, /bpftool was not found/, [/tasks\.ts setup/, /BPFTOOL=/])
  assert.not.ok(tree.exists('build'))
})

testWith(test, here, 'a tool that was named and is not there is not replaced by another', () => {
  using tree = new Demos()
  for (const name of ['CLANG', 'BPFTOOL', 'CC']) {
    const ran = tree.run(['build', `${name}=/nope/tool`])
    isOneBlock(ran, /was not found/, [new RegExp(`correct ${name}`)])
    assert.match(ran.stderr, '/nope/tool')
    assert.not.ok(tree.exists('build'))
  }
})

testWith(test, here, 'a bpftool without skeletons', () => {
  using tree = builtDemos()
  tree.remove(skeleton)
  const old = tree.script(
    'tools/bpftool',
    `case "$1" in -V|version) echo 'bpftool v4.18.0'; exit;; esac
if [ "$1" = gen ]; then echo "Error: Object 'gen' is unknown, try 'bpftool help'." >&2; exit 255; fi
exec ${bpftool()} "$@"`,
  )
  const ran = tree.run(['build', `BPFTOOL=${old}`])
  assert.match(ran.stderr, "Object 'gen' is unknown")
  isOneBlock(ran, /gen skeleton|skeleton/, [/BPFTOOL=|tasks\.ts setup/])
  assert.equal(leftovers(tree), [])
  assert.not.ok(tree.exists(skeleton))
  const mended = tree.ran(['build'])
  assert.ok(mended.includes(skeleton))
  assert.equal(tree.ran(['build']), [])
})

testWith(
  test,
  here,
  'Ubuntu’s bpftool for another kernel is passed over for one that works',
  () => {
    using tree = new Demos()
    tree.script('wrapper/bpftool', ubuntus)
    fs.mkdirSync(tree.at('working'))
    fs.symlinkSync(bpftool(), tree.at('working/bpftool'))
    const path = `${tree.at('wrapper')}:${tree.at('working')}:${process.env['PATH']}`
    const events = tree.events(['vmlinux'], { PATH: path })
    const commands = events.flatMap((event) => (event.type === 'start' ? [event.command[0]] : []))
    assert.equal(commands, [tree.at('working/bpftool')])
  },
)

testWith(test, asRoot, 'Ubuntu’s bpftool for another kernel, and no other', () => {
  using tree = new Demos()
  tree.script('wrapper/bpftool', ubuntus)
  const tools = toolbox(tree, ['cc', 'gcc', 'as', 'ld', 'clang', 'cp'])
  const path = `${tree.at('wrapper')}:${tools}`
  const ran = runInOwnMounts(tree, noBpftool, ['build'], path)
  isOneBlock(ran, /no bpftool here works/, [/tasks\.ts setup/, /BPFTOOL=/])
  assert.match(ran.stderr, 'WARNING: bpftool not found for kernel 6.99.0')
  assert.not.ok(tree.exists('build'))
})

testWith(test, here, 'a clang without the BPF target', () => {
  using tree = new Demos()
  const clang = tree.script(
    'tools/clang',
    `case " $* " in
*' --print-targets '*) echo '  Registered Targets:'; echo '    x86-64     - 64-bit X86'; exit;;
*' bpf '*) echo "error: unable to create target: 'No available targets'" >&2; exit 1;; esac
exec ${which('clang')} "$@"`,
  )
  const ran = tree.run(['build', `CLANG=${clang}`])
  isOneBlock(ran, /clang cannot compile for BPF/, [/tasks\.ts setup/, /CLANG=/])
  assert.not.ok(tree.exists('build'))
})

testWith(test, asRoot, 'a kernel without BTF', () => {
  using tree = new Demos()
  const hide = 'mount -t tmpfs none /sys/kernel/btf'
  const ran = runInOwnMounts(tree, hide, ['build'])
  isOneBlock(ran, /\/sys\/kernel\/btf\/vmlinux/, [/VMLINUX_H=/])
  assert.not.ok(tree.exists('build'))
})

testWith(test, here, 'BTF that was named and is not there', () => {
  using tree = builtDemos()
  isOneBlock(tree.run(['build', 'VMLINUX_BTF=/nope']), /\/nope/, [/VMLINUX_BTF|VMLINUX_H/])
  // What was built before is still what the kernel's own BTF makes.
  assert.equal(tree.ran(['build']), [])
})

testWith(test, here, 'a file for BTF that holds none', () => {
  using tree = new Demos()
  const ran = tree.run(['vmlinux', 'VMLINUX_BTF=tasks.ts'])
  isOneBlock(ran, /failed to load BTF from tasks\.ts/, [/command .*btf dump file tasks\.ts/])
  assert.equal(leftovers(tree), [])
  assert.not.ok(tree.exists(vmlinux))
  assert.equal(tree.ran(['vmlinux']), [vmlinux])
})

testWith(test, here, 'an architecture that nobody knows', () => {
  using tree = new Demos()
  const named = tree.run(['build', 'ARCH=vax'])
  isOneBlock(named, /unknown architecture vax/, [/known .*x86 .*arm64.*riscv/, /ARCH=/], 2)
  const compiler = tree.script(
    'tools/cc',
    `case " $* " in *' -dumpmachine '*) echo vax-dec-ultrix; exit;; esac\nexec ${which('cc')} "$@"`,
  )
  const found = tree.run(['build', `CC=${compiler}`])
  isOneBlock(found, /unknown architecture vax/, [/known .*x86 .*arm64.*riscv/, /ARCH=/], 2)
  assert.not.ok(tree.exists('build'))
})

testWith(test, here, 'no libbpf.a', () => {
  using tree = new Demos()
  const compiler = tree.script(
    'tools/cc',
    `case " $* " in *' -print-file-name=libbpf.'*) echo libbpf.a; exit;; esac
exec ${which('cc')} "$@"`,
  )
  const ran = tree.run(['build', `CC=${compiler}`])
  isOneBlock(ran, /libbpf\.a was not found/, [/tasks\.ts setup/])
  assert.not.ok(tree.exists('build'))
})

testWith(test, here, 'a syntax error shows what clang says, whole, and in colour', () => {
  using tree = builtDemos()
  const { atime, mtime } = fs.statSync(tree.at(source))
  const right = tree.read(source)
  tree.write(source, right.replace('return 0;', 'return oops(;'))
  const finish = tree
    .events(['build'])
    .find((event) => event.type === 'finish' && event.status === 'failed')
  if (finish?.type !== 'finish') throw new Error('nothing failed')
  const said = { plain: clangSays(tree, finish.command), colour: '' }
  said.colour = clangSays(tree, [...finish.command, '-fdiagnostics-color=always'])
  assert.match(said.plain, /helloworld\.bpf\.c:\d+:\d+: error: /)
  assert.is(finish.output, said.plain)
  const plain = tree.run(['build/helloworld/helloworld'])
  isOneBlock(plain, /ended with status 1/, [/command .*clang/, /helloworld → .*helloworld\.bpf\.o/])
  assert.ok(plain.stderr.includes(said.plain), plain.stderr)
  assert.not.match(plain.stderr, '\u001b')
  const colour = tree.run(['build', '--color=always'])
  assert.is(colour.status, 1)
  assert.match(said.colour, '\u001b[')
  assert.ok(colour.stderr.includes(said.colour), colour.stderr)
  assert.not.match(tree.run(['build', '--color=never']).stderr, '\u001b')
  // Nothing is left of it, and the old source with its old time is not taken for up to date.
  assert.not.ok(tree.exists(object))
  assert.equal(leftovers(tree), [])
  tree.write(source, right)
  fs.utimesSync(tree.at(source), atime, mtime)
  assert.equal(tree.ran(['build']), [object])
})

testWith(test, here, 'a failure of one demo does not end the others when they are to go on', () => {
  using tree = new Demos()
  tree.append(source, 'oops\n')
  const ran = tree.run(['build', '-k'])
  assert.is(ran.status, 1)
  assert.ok(tree.exists('build/trace_execve/trace_execve'))
  assert.match(ran.stdout, /1[4-6] ran/)
  assert.match(ran.stdout, /1 failed, 3 not tried/)
  assert.is(ran.stderr.trimEnd().split('\n').at(-1)?.startsWith('failed: BPF'), true)
})

testWith(test, here, 'a source that is missing', () => {
  using tree = builtDemos()
  const text = tree.read(source)
  tree.remove(source)
  const ran = tree.run(['build'])
  isOneBlock(ran, /projects\/helloworld\/helloworld\.bpf\.c is missing/, [/helloworld\.bpf\.o/])
  assert.is(tree.run(['build:trace_execve', '--check']).status, 0)
  tree.write(source, text)
  assert.equal(tree.ran(['build']), [object])
})

testWith(test, here, 'a header that is missing is told by the compilers, then found again', () => {
  using tree = builtDemos()
  const header = 'projects/trace_execve/include/execve_entry.bpf.h'
  const text = tree.read(header)
  tree.remove(header)
  const ran = tree.run(['build'])
  isOneBlock(ran, /ended with status 1/, [/'execve_entry\.bpf\.h' file not found/])
  tree.write(header, text)
  assert.equal(tree.ran(['build']), execves.slice(0, 1))
})

testWith(test, here, 'a bpftool that stops half-way leaves no skeleton', () => {
  using tree = builtDemos()
  for (const [end, told] of [
    ['exit 3', /ended with status 3/],
    ['kill -SEGV $$', /SIGSEGV/],
  ] as const) {
    tree.remove(skeleton)
    const broken = tree.script(
      'tools/bpftool',
      `if [ "$2" = skeleton ]; then echo '#ifndef HALF'; ${end}; fi\nexec ${bpftool()} "$@"`,
    )
    const ran = tree.run(['build', `BPFTOOL=${broken}`])
    isOneBlock(ran, told, [/gen skeleton/])
    assert.not.ok(tree.exists(skeleton))
    assert.equal(leftovers(tree), [])
    assert.ok(tree.ran(['build']).includes(skeleton))
    assert.equal(tree.ran(['build']), [])
  }
})

testWith(test, here, 'a clang that fails after it wrote leaves no object', () => {
  using tree = builtDemos()
  const half = 'for word; do [ "$last" = -o ] && echo half > "$word"; last=$word; done'
  for (const [body, told] of [
    [`${half}; exit 1`, /ended with status 1/],
    [`${half}; kill -KILL $$`, /SIGKILL/],
    [`${half}; exit 0`, /left no depfile/],
  ] as const) {
    const clang = tree.script(
      'tools/clang',
      `case " $* " in *' -c '*) ${body};; esac\nexec ${which('clang')} "$@"`,
    )
    const ran = tree.run(['build:helloworld', `CLANG=${clang}`])
    isOneBlock(ran, told, [/command .*-c projects\/helloworld/])
    assert.not.ok(tree.exists(object))
    assert.equal(leftovers(tree), [])
    const again = tree.ran(['build'])
    assert.equal(again, [object])
    assert.ok(tree.exists(loader))
  }
})

/** One failure, its exit status, and what it must name; never a stack. */
function isOneBlock(ran: Ran, what: RegExp, mend: readonly RegExp[], status: 1 | 2 = 1): void {
  const { stderr } = ran
  assert.is(ran.status, status, stderr)
  assert.is(stderr.match(/^ *error: /gm)?.length, 1, stderr)
  for (const pattern of [what, ...mend]) assert.ok(pattern.test(stderr), `${pattern}\n${stderr}`)
  assert.not.match(stderr, /^\s+at .*:\d+:\d+\)?$/m)
  assert.not.match(ran.stdout, 'error')
}

/** Files in build/ that no edge has for an output. */
function leftovers(tree: Demos): string[] {
  const outputs = new Set(
    tree
      .events(['build', '-n', '-B'])
      .flatMap((event) => (event.type === 'start' ? event.outputs : [])),
  )
  return tree
    .files('build')
    .filter((path) => !path.startsWith('build/.tasks/') && !outputs.has(path))
}

/** What the compiler of a command writes when it is run by hand. */
function clangSays(tree: Demos, [program = '', ...args]: readonly string[]): string {
  const { stderr } = spawnSync(program, [...args, '-o', '/dev/null', '-MF', '/dev/null'], {
    cwd: tree.root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
  })
  return stderr
}

/** A folder in the tree that has only these programs, as a PATH. */
function toolbox(tree: Demos, programs: readonly string[]): string {
  fs.mkdirSync(tree.at('toolbox'))
  for (const program of programs) {
    const path = program === 'bpftool' ? bpftool() : which(program)
    fs.symlinkSync(path, tree.at(`toolbox/${program}`))
  }
  return tree.at('toolbox')
}

function bpftool(): string {
  return which('bpftool')
}

function which(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  const path = folders.map((folder) => `${folder}/${name}`).find((file) => fs.existsSync(file))
  if (path === undefined) throw new Error(`no ${name} here`)
  return path
}

test.run()
