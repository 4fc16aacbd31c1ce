// vmlinux.h precompiled: where it is asked for, shared by equal words, and with the same objects as without.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const HEADER = `/* types */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__
struct task { int pid; };
#endif
`
const [A, B, C] = ['build/a.bpf.o', 'build/b.bpf.o', 'build/c.bpf.o']
const SET = ['VMLINUX_H=types.h'] as const

/** @param tasks declares `programs`; `bpf` is there already */
function mini(
  tasks = `const programs = ['a', 'b', 'c'].map((name) => bpf.object(name + '.bpf.c'))`,
  options = '',
): Tree {
  const tree = new Tree()
  tree.tasks(`
    const bpf = bpfRules({ out: 'build', ${options} })
    ${tasks}
    await main({ build: task('Build all', programs), one: task('Build one', [programs[0]]) },
      { settings: bpf.settings })`)
  tree.write('types.h', HEADER)
  for (const name of ['a', 'b', 'c']) tree.write(`${name}.bpf.c`, programOf(name))
  return tree
}

function programOf(name: string): string {
  return `#include "vmlinux.h"\nint ${name}(struct task *task) { return task->pid; }\n`
}

/** What ran, the precompiled headers among it, and which objects used which; each sorted. */
function built(tree: Tree, args: readonly string[] = SET) {
  const events = tree.events(['build', ...args])
  const starts = events.flatMap((event) => (event.type === 'start' ? [event] : []))
  const failed = events.filter(
    (event) => event.type === 'failure' || (event.type === 'finish' && event.status !== 'ok'),
  )
  assert.equal(failed, [])
  const ran = starts.map(({ outputs }) => outputs[0] ?? '').sort()
  const using = new Map(
    starts.flatMap(({ command, outputs: [output = ''] }) => {
      const at = command.indexOf('-include-pch')
      return at === -1 ? [] : [[output, command[at + 1]] as const]
    }),
  )
  return {
    ran: ran.filter((path) => !path.endsWith('.pch')),
    made: ran.filter((path) => path.endsWith('.pch')),
    using,
    users: [...using.keys()].sort(),
  }
}

testWith(test, ['clang'], 'nobody gets one that did not ask for it', () => {
  using tree = mini()
  assert.equal(built(tree).made, [])
})

testWith(test, ['clang'], 'a tree that asks for it shares one, and PCH=0 turns it off', () => {
  using tree = mini(undefined, 'bpf: { pch: true }')
  const first = built(tree)
  assert.equal(first.users, [A, B, C])
  assert.is(first.made.length, 1)
  assert.equal(built(tree).ran, [])
  assert.equal(tree.ran(['one', ...SET]), [])
  const off = built(tree, [...SET, 'PCH=0'])
  assert.equal([off.ran, off.users], [[A, B, C], []])
})

testWith(test, ['clang'], 'PCH=1 asks for it wherever a source does not refuse it', () => {
  using tree = mini(
    `const programs = ['a', 'b', 'c'].map((name) => bpf.object(name + '.bpf.c', name === 'b' ? { pch: false } : {}))`,
  )
  tree.write('b.bpf.c', `#define EARLY 1\n${programOf('b')}`)
  assert.equal(built(tree, [...SET, 'PCH=1']).users, [A, C])
  assert.equal(built(tree, [...SET, 'PCH=1']).ran, [])
})

testWith(test, ['clang'], 'one source and one tool ask for it alone', () => {
  using source = mini(
    `const programs = ['a', 'b', 'c'].map((name) => bpf.object(name + '.bpf.c', { pch: name === 'c' }))`,
  )
  assert.equal(built(source).users, [C])
  using tool = mini(
    `const programs = [bpf.tools('*.bpf.c', { each: { b: { bpf: { pch: true } } } }).all]`,
  )
  assert.equal(built(tool).users, [B])
})

testWith(
  test,
  ['clang'],
  'programs share one when all their words are the same, and only then',
  () => {
    using tree = mini(
      `const programs = [bpf.object('a.bpf.c', { flags: ['-DX'] }), bpf.object('b.bpf.c'),
       bpf.object('c.bpf.c', { defines: { X: true } }), bpf.project('other').object('a.bpf.c', { flags: ['-DX'] })]`,
      'bpf: { pch: true }',
    )
    const { made, using } = built(tree)
    assert.is(made.length, 3)
    assert.is(using.get(A), using.get('build/other/a.bpf.o'))
    assert.is(new Set([A, B, C].map((path) => using.get(path))).size, 3)
  },
)

testWith(
  test,
  ['clang'],
  'flags of which nothing is known work too: both compiles have them',
  () => {
    using tree = mini(
      undefined,
      `bpf: { pch: true, flags: ['-include', 'early.h', '-fno-builtin', '-std=gnu11'] }`,
    )
    tree.write('early.h', '#define pid tgid\n')
    assert.equal(built(tree).users, [A, B, C])
    assert.equal(built(tree, [...SET, 'EXTRA_CFLAGS=-Wno-unused -O1']).users, [A, B, C])
  },
)

testWith(test, ['clang'], 'an edit of vmlinux.h compiles all again, a new time nothing', () => {
  using tree = mini(undefined, 'bpf: { pch: true }')
  const [pch = ''] = built(tree).made
  tree.touch('types.h', 1_500_000_000)
  assert.equal(built(tree).ran, ['build/vmlinux/vmlinux.h'])
  tree.write('types.h', HEADER.replace('pid;', 'tgid, pid;'))
  const again = built(tree)
  assert.equal([again.ran, again.made], [[A, B, C, 'build/vmlinux/vmlinux.h'], [pch]])
  assert.equal(built(tree).ran, [])
  fs.appendFileSync(tree.at(pch), 'x')
  assert.equal(built(tree).made, [pch])
})

testWith(test, ['clang'], 'a vendored vmlinux.h is precompiled with what it includes', () => {
  using tree = mini(
    undefined,
    `bpf: { pch: true }, vmlinux: { headers: (arch) => 'vendored/' + arch + '/vmlinux.h' }`,
  )
  for (const arch of ['x86', 'arm64']) {
    tree.write(`vendored/${arch}/vmlinux.h`, '#include "vmlinux_6.h"\n')
    tree.write(`vendored/${arch}/vmlinux_6.h`, HEADER)
  }
  assert.equal(built(tree, []).users, [A, B, C])
  for (const arch of ['x86', 'arm64']) {
    tree.write(`vendored/${arch}/vmlinux_6.h`, HEADER.replace('pid;', 'tgid, pid;'))
  }
  const again = built(tree, [])
  assert.equal([again.ran, again.made.length], [[A, B, C], 1])
  assert.equal(built(tree, []).ran, [])
})

testWith(test, ['clang'], 'a clang that refuses it fails the build: it was asked for', () => {
  using tree = mini(undefined, 'bpf: { pch: true }')
  const script = `case " $* " in *' c-header '*) echo "no c-header" >&2; exit 1;; esac`
  tree.write('bin/clang', `#!/bin/sh\n${script}\nexec clang "$@"\n`)
  fs.chmodSync(tree.at('bin/clang'), 0o755)
  const { status, stderr } = tree.run(['build', ...SET, `CLANG=${tree.at('bin/clang')}`])
  assert.is(status, 1)
  assert.match(stderr, 'no c-header')
})

test('a tree without vmlinux.h has nothing to precompile, and is told so', () => {
  using tree = mini(undefined, `bpf: { pch: true }, vmlinux: 'none'`)
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 2)
  assert.match(stderr, /pch is of vmlinux\.h/)
})

testWith(
  test,
  ['clang'],
  'who reads vmlinux.h is known, and editors get a command for any clang',
  () => {
    using tree = mini(undefined, 'bpf: { pch: true }')
    const { made } = built(tree)
    const users = tree.run([...SET, 'query', 'users', 'build/vmlinux/vmlinux.h']).stdout
    for (const path of [A, B, C, ...made]) assert.ok(users.split('\n').includes(path), path)
    assert.is(tree.run(['--compdb', ...SET]).status, 0)
    const entries = JSON.parse(tree.read('compile_commands.json'))
    assert.equal(
      entries.map(({ file }: { file: string }) => file),
      ['a.bpf.c', 'b.bpf.c', 'c.bpf.c'],
    )
    assert.not.match(tree.read('compile_commands.json'), 'pch')
    for (const {
      arguments: [program = '', ...args],
      directory,
    } of entries) {
      const { status, stderr } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' })
      assert.is(status, 0, stderr)
    }
  },
)

testWith(test, ['clang'], 'a tree that was copied does not read that of the first', () => {
  using tree = mini(undefined, 'bpf: { pch: true }')
  built(tree)
  using copy = new Tree()
  copy.remove('node_modules')
  spawnSync('cp', ['-a', `${tree.root}/.`, copy.root])
  fs.appendFileSync(tree.at('build/vmlinux/vmlinux.h'), '// of the first alone\n')
  assert.equal(built(copy).ran, [])
  copy.write('a.bpf.c', programOf('other'))
  const { ran, users } = built(copy)
  assert.equal([ran, users], [[A], [A]])
  const inputs = copy.run([...SET, 'query', 'inputs', A]).stdout.split('\n')
  assert.ok(inputs.includes('build/vmlinux/vmlinux.h'))
  assert.not.ok(
    inputs.some((path) => /^\/(?:proc|tmp)/.test(path)),
    `${inputs}`,
  )
})

/** The versions of clang to compare objects of: the one that is used by default, and others. */
const clangs = ['clang', 'clang-14', 'clang-15', 'clang-16', 'clang-19']

for (const clang of clangs) {
  const name = `with ${clang}, every program is the same with and without it`
  if (!inPath(clang)) skip(test, name, `no ${clang} here`)
  else {
    testWith(test, ['clang', 'btf'], name, () => {
      using tree = new Demos()
      const ours = [`CLANG=${clang}`]
      assert.equal(built(tree, ours).users, [])
      const objects = tree.files('build').filter((path) => path.endsWith('.bpf.o'))
      assert.ok(objects.length > 2)
      const kept = objects.map((path) => essence(tree.at(path)))
      assert.equal(built(tree, ['PCH=1', ...ours]).users, objects)
      for (const [at, path] of objects.entries()) assert.equal(essence(tree.at(path)), kept[at])
    })
  }
}

/** What an object says: its types as C, and its sections but for those that speak of types by number. */
function essence(object: string): Record<string, string> {
  const folder = fs.mkdtempSync(join(object, '..', 'sections-'))
  const told: Record<string, string> = {
    types: outputOf(['bpftool', 'btf', 'dump', 'file', object, 'format', 'c']),
  }
  const sections = outputOf(['readelf', '-SW', object]).matchAll(/\] (\S+) +(?:PROGBITS|NOBITS)/g)
  for (const [, section = ''] of sections) {
    if (/^\.(?:BTF|debug_)/.test(section)) continue
    const file = join(folder, 'section')
    outputOf(['llvm-objcopy', `--dump-section=${section}=${file}`, object, join(folder, 'object')])
    told[section] = fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : ''
  }
  fs.rmSync(folder, { recursive: true })
  return told
}

function outputOf([program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  })
  assert.is(status, 0, `${program}: ${stderr}`)
  return stdout
}

test.run()
