// vmlinux.h precompiled: where it may be, nowhere else, and with the same objects as without.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { stateFolder } from '../support/keys.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

const HEADER = `/* types */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#ifdef BROKEN
int first
#endif
struct task { int pid; };
#endif
`
const PCH = 'build/vmlinux/vmlinux.h.pch'
const [A, B, C] = ['build/a.bpf.o', 'build/b.bpf.o', 'build/c.bpf.o']
/** Any clang: what it makes is not compared here. */
const SET = ['PCH=1', 'VMLINUX_H=types.h'] as const

/** Two programs that include vmlinux.h first, and one that does not. */
function mini(tasks = ''): Tree {
  const tree = new Tree()
  tree.tasks(`
    const bpf = bpfRules({ out: 'build' })
    const programs = [bpf.object('a.bpf.c'), bpf.object('b.bpf.c'), bpf.object('c.bpf.c')]
    ${tasks}
    await main({ build: task('Build all', programs), one: task('Build one', [programs[0]]) },
      { settings: bpf.settings })`)
  tree.write('types.h', HEADER)
  for (const name of ['a', 'b', 'c']) tree.write(`${name}.bpf.c`, programOf(name))
  tree.write('c.bpf.c', `#include <stddef.h>\n${programOf('c')}`)
  return tree
}

function programOf(name: string): string {
  return `// ${name}\n#include "vmlinux.h"\nint ${name}(struct task *task) { return task->pid; }\n`
}

/** The outputs whose commands used the precompiled header, and all that ran; each sorted. */
function built(tree: Tree, args: readonly string[] = SET) {
  const events = tree.events(['build', ...args])
  const starts = events.flatMap((event) => (event.type === 'start' ? [event] : []))
  const outputs = (some: typeof starts) => some.map((start) => start.outputs[0] ?? '').sort()
  const failed = events.flatMap((event) => (event.type === 'failure' ? [event.what] : []))
  assert.equal(failed, [])
  return {
    ran: outputs(starts),
    using: outputs(starts.filter(({ command }) => command.includes('-include-pch'))),
    notes: events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
  }
}

testWith(test, ['clang'], 'two programs that include it first share one; others do not', () => {
  using tree = mini()
  const first = built(tree)
  assert.equal(first.using, [A, B])
  assert.ok(first.ran.includes(PCH) && first.ran.includes(C))
  assert.equal(first.notes, [])
  assert.equal(built(tree).ran, [])
  // Whichever task is asked for, the commands are the same.
  assert.equal(tree.ran(['one', ...SET]), [])
})

testWith(test, ['clang'], 'an edit of one program decides for the others', () => {
  using tree = mini()
  built(tree)
  tree.write('b.bpf.c', `#include <stddef.h>\n${programOf('b')}`)
  const alone = built(tree)
  assert.equal(alone, { ran: [A, B], using: [], notes: [] })
  assert.equal(built(tree).ran, [])
  tree.write('c.bpf.c', programOf('c'))
  assert.equal(built(tree).using, [A, C])
  assert.equal(built(tree).ran, [])
})

testWith(test, ['clang'], 'an edit of vmlinux.h compiles all again, a new time nothing', () => {
  using tree = mini()
  built(tree)
  tree.touch('types.h', 1_500_000_000)
  assert.equal(built(tree).ran, ['build/vmlinux/vmlinux.h'])
  tree.write('types.h', HEADER.replace('pid;', 'tgid, pid;'))
  assert.equal(built(tree).ran, [A, B, C, 'build/vmlinux/vmlinux.h', PCH].sort())
  assert.equal(built(tree).ran, [])
  fs.appendFileSync(tree.at(PCH), 'x')
  assert.equal(built(tree).ran, [PCH])
})

testWith(test, ['clang'], 'another header of that name before it is not taken for it', () => {
  using tree = mini()
  built(tree)
  tree.write('vmlinux.h', HEADER)
  const beside = built(tree)
  assert.equal(beside, { ran: [A, B, C], using: [], notes: [] })
  tree.remove('vmlinux.h')
  assert.equal(built(tree).using, [A, B])
})

testWith(test, ['clang'], 'a header that cannot be included twice is not precompiled', () => {
  using tree = mini()
  tree.write('more.h', 'struct more { int x; };\n')
  for (const header of [
    'struct task { int pid; };\n',
    HEADER.replace('struct', '#include "../../more.h"\nstruct'),
  ]) {
    tree.write('types.h', header)
    assert.equal(built(tree).using, [], header)
  }
  assert.equal(built(tree).ran, [])
})

testWith(test, ['clang'], 'flags that differ share nothing; strange ones compile plainly', () => {
  using tree = mini(`
    programs.splice(0, 3, bpf.object('a.bpf.c', { flags: ['-DX'] }), bpf.object('b.bpf.c'),
      bpf.object('c.bpf.c', { flags: ['-DX'] }))`)
  tree.write('c.bpf.c', programOf('c'))
  const { ran, using } = built(tree)
  assert.equal(using, [A, C])
  assert.is(ran.filter((path) => path.endsWith('.pch')).length, 1)
  assert.equal(built(tree, [...SET, 'EXTRA_CFLAGS=-Wno-unused']).using, [A, C])
  tree.write('early.h', '#define BROKEN_NOT 1\n')
  assert.equal(built(tree, [...SET, 'EXTRA_CFLAGS=-include early.h']).using, [])
})

testWith(test, ['clang'], 'a program that an edge makes is not judged by what it was', () => {
  using tree = mini(`
    programs.push(edge({ rule: 'CP', outputs: ['b.bpf.c'], inputs: ['b.in'], command: ['cp', 'b.in', 'b.bpf.c'] }))`)
  tree.write('b.in', programOf('b'))
  assert.equal(built(tree).using, [])
  assert.equal(built(tree).ran, [])
  tree.write('b.in', `#define NULL 0\n${programOf('b')}`)
  assert.equal(built(tree).ran, ['b.bpf.c', B])
  assert.equal(built(tree).ran, [])
})

testWith(test, ['clang'], 'PCH=0 turns it off', () => {
  using tree = mini()
  const off = built(tree, ['PCH=0', 'VMLINUX_H=types.h'])
  assert.equal(off.using, [])
  assert.not.ok(off.ran.includes(PCH))
  assert.equal(built(tree).using, [A, B])
  assert.equal(built(tree, ['PCH=0', 'VMLINUX_H=types.h']).ran, [A, B])
})

for (const refused of ['-include-pch', 'c-header']) {
  testWith(test, ['clang'], `a clang that refuses ${refused}: one warning, all is built`, () => {
    using tree = mini()
    const script = `case " $* " in *' ${refused} '*) echo "no ${refused}" >&2; exit 1;; esac`
    tree.write('bin/clang', `#!/bin/sh\n${script}\nexec clang "$@"\n`)
    fs.chmodSync(tree.at('bin/clang'), 0o755)
    const set = [...SET, `CLANG=${tree.at('bin/clang')}`]
    const first = built(tree, set)
    assert.equal(first.using, [])
    assert.equal(first.notes, [
      `vmlinux.h is read anew for each program: this clang does not precompile it (no ${refused})`,
    ])
    for (const path of [A, B, C]) assert.ok(tree.exists(path), path)
    assert.equal(built(tree, set), { ran: [], using: [], notes: [] })
  })
}

testWith(
  test,
  ['clang'],
  'who reads vmlinux.h is known, and editors get a command for any clang',
  () => {
    using tree = mini()
    built(tree)
    const users = tree.run([...SET, 'query', 'users', 'build/vmlinux/vmlinux.h']).stdout
    for (const path of [A, B, C, PCH]) assert.ok(users.split('\n').includes(path), path)
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

testWith(test, ['clang'], 'a program that a pattern declares counts, however late it is', () => {
  using tree = mini(`
    programs.splice(1, 2, derive([glob('late/*.bpf.c')], (found) => found.map((path) => bpf.object(path))))`)
  const late = 'build/d.bpf.o'
  tree.write('late/d.bpf.c', programOf('d'))
  assert.equal(built(tree).using, [A, late])
  // Nothing is left to be asked now, so that it is all told at once.
  assert.equal(built(tree).ran, [])
  tree.write('late/e.bpf.c', programOf('e'))
  assert.equal(built(tree).using, ['build/e.bpf.o'])
  assert.equal(built(tree).ran, [])
})

testWith(test, ['clang', 'btf'], 'the examples are the same with and without it', () => {
  for (const name of fs.readdirSync(`${repository}/examples`)) {
    using tree = new Demos()
    fs.cpSync(`${repository}/examples`, tree.at('examples'), {
      recursive: true,
      filter: (path) => !path.endsWith('/.output'),
    })
    const root = `examples/${name}`
    const build = (pch: string): Buffer[] => {
      const args = ['--import', import.meta.resolve('tsx'), 'tasks.ts', 'build', `PCH=${pch}`]
      const { status, stderr } = spawnSync(process.execPath, args, {
        cwd: tree.at(root),
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: stateFolder() },
      })
      assert.is(status, 0, stderr)
      const objects = tree.files(root).filter((path) => path.endsWith('.bpf.o'))
      assert.ok(objects.length > 2)
      return objects.map((path) => stripped(tree.at(path)))
    }
    const plain = build('0')
    const withIt = build('')
    assert.is(withIt.length, plain.length)
    for (const [at, bytes] of withIt.entries()) assert.ok(plain[at]?.equals(bytes), `${name} ${at}`)
  }
})

testWith(test, ['clang'], 'a tree that was copied does not read that of the first', () => {
  using tree = mini()
  built(tree)
  using copy = new Tree()
  copy.remove('node_modules')
  spawnSync('cp', ['-a', `${tree.root}/.`, copy.root])
  fs.appendFileSync(tree.at('build/vmlinux/vmlinux.h'), '// of the first alone\n')
  assert.equal(built(copy).ran, [])
  copy.write('a.bpf.c', programOf('other'))
  assert.equal(built(copy), { ran: [A], using: [A], notes: [] })
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
      assert.ok(built(tree, ['PCH=0', ...ours]).ran.length > 0)
      const objects = tree.files('build').filter((path) => path.endsWith('.bpf.o'))
      assert.ok(objects.length > 2)
      const plain = objects.map((path) => stripped(tree.at(path)))
      const kept = objects.map((path) => essence(tree.at(path)))
      const byDefault = built(tree, ours).using
      for (const [at, path] of objects.entries()) {
        assert.ok(plain[at]?.equals(stripped(tree.at(path))), `${path} by default`)
      }
      if (byDefault.length > 0) {
        assert.equal(byDefault, objects)
        return
      }
      // This clang numbers types by where they lie in memory: all else is the same.
      assert.equal(built(tree, ['PCH=1', ...ours]).using, objects)
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

/** An object without its debug information, as a program that loads it would ship it. */
function stripped(object: string): Buffer {
  const file = `${object}.stripped`
  outputOf(['llvm-strip', '-g', object, '-o', file])
  const bytes = fs.readFileSync(file)
  fs.rmSync(file)
  return bytes
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
