// The examples are built by a short tasks.ts to the bytes that their Makefiles make, and better.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Example } from '../support/example.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { repository } from '../support/tree.ts'

const build = ['clang', 'btf'] as const
const lack = lackHere()
const withMake = (name: string, body: () => void): void =>
  lack === undefined ? testWith(test, build, name, body) : skip(test, name, lack)

const withLlc = inPath('llc')
  ? withMake
  : (name: string, _: () => void): void => skip(test, name, 'no llc here')

/** What the Makefiles need besides what the build needs. */
function lackHere(): string | undefined {
  if (!inPath('make')) return 'no make here'
  const sdt = ['-fsyntax-only', '-include', 'sys/sdt.h', '-x', 'c', '/dev/null']
  return spawnSync('cc', sdt).status === 0 ? undefined : 'no sys/sdt.h here'
}

const flat = ['adds', 'execs', 'exits', 'marks', 'packets', 'syscalls', 'threads']
const many = ['calls', 'forks', 'load', 'switches']

/** What both ways make of some tools: objects, skeletons, objects of user space, programs. */
function filesOf(names: readonly string[], endings: readonly string[]): string[] {
  return names.flatMap((name) => [name, ...endings.map((ending) => `.output/${name}${ending}`)])
}

/** Builds with ours, then with make in the same folder, whose name is part of what is made. */
function sameBytes(example: Example, paths: readonly string[]): void {
  const built = example.run(['build'])
  assert.is(built.status, 0, built.stderr)
  assert.match(example.run(['build']).stdout, /nothing to do/)
  const ours = example.bytes(paths)
  example.run(['clean'])
  for (const path of paths) assert.not.ok(example.exists(path), path)
  const made = example.make('-j2')
  assert.is(made.status, 0, made.stderr)
  const theirs = example.bytes(paths)
  for (const path of paths) assert.ok(ours.get(path)?.equals(theirs.get(path) ?? Buffer.of()), path)
}

test('each is described in at most 45 lines', () => {
  for (const name of fs.readdirSync(`${repository}/examples`)) {
    const lines = fs.readFileSync(`${repository}/examples/${name}/tasks.ts`, 'utf8').split('\n')
    assert.ok(lines.length - 1 <= 45, `${name}: ${lines.length - 1} lines`)
  }
})

withMake('the flat folder has the bytes that make makes, programs included', () => {
  using example = new Example('flat-tools')
  sameBytes(example, filesOf(flat, ['.tmp.bpf.o', '.bpf.o', '.skel.h', '.o']))
})

withMake('a header that make overlooks is honoured, in exactly what includes it', () => {
  using example = new Example('flat-tools')
  const built = example.make('-j2')
  assert.is(built.status, 0, built.stderr)
  example.make('clean')
  const edit = (): void =>
    example.write('execs.h', example.read('execs.h').replace('SIZE 127', 'SIZE 63'))
  example.make('-j2')
  edit()
  assert.match(example.make('-j2').stdout, /Nothing to be done/)
  example.make('clean')
  example.write('execs.h', example.read('execs.h').replace('SIZE 63', 'SIZE 127'))
  example.run(['build'])
  edit()
  const execs = filesOf(['execs'], ['.tmp.bpf.o', '.bpf.o', '.skel.h', '.o']).sort()
  assert.equal(example.ran(['build']), execs)
  assert.equal(example.ran(['build']), [])
  example.write('vmlinux/types.h', `${example.read('vmlinux/types.h')}/* edited */\n`)
  const compiled = flat
    .filter((name) => name !== 'exits')
    .map((name) => `.output/${name}.tmp.bpf.o`)
  assert.equal(
    example.ran(['build']).filter((path) => path.endsWith('.tmp.bpf.o')),
    compiled,
  )
})

testWith(test, build, 'the same tasks.ts builds another folder of that shape', () => {
  using example = new Example('flat-tools')
  for (const [from, to] of [
    ['exits.bpf.c', 'ends.bpf.c'],
    ['exits.c', 'ends.c'],
    ['threads.bpf.c', 'threads.bpf.c'],
    ['threads.c', 'threads.c'],
    ['vmlinux/types.h', 'vmlinux.h/include/types.h'],
    ['vmlinux/x86/vmlinux.h', 'vmlinux.h/include/x86_64/vmlinux.h'],
    ['vmlinux/arm64/vmlinux.h', 'vmlinux.h/include/aarch64/vmlinux.h'],
  ] as const) {
    const text = example
      .read(from)
      .replaceAll('exits_bpf', 'ends_bpf')
      .replace('exits.skel', 'ends.skel')
    example.write(`there/examples/c/${to}`.replace('examples/c/vmlinux.h', 'vmlinux.h'), text)
  }
  example.write('there/examples/c/names.bpf.c', example.read('threads.bpf.c'))
  example.write('there/examples/c/symbols.bpf.c', example.read('threads.bpf.c'))
  example.write(
    'there/examples/c/symbols.c',
    '#include "blazesym.h"\nint main(void) { return 0; }\n',
  )
  const there = ['-C', 'there/examples/c']
  const { status, stdout, stderr } = example.run(['build', ...there])
  assert.is(status, 0, stderr)
  assert.match(stdout + stderr, /note: symbols is left out: blazesym: /)
  for (const path of ['ends', 'threads', '.output/names.bpf.o']) {
    assert.ok(example.exists(`there/examples/c/${path}`), path)
  }
  assert.not.ok(example.exists('there/examples/c/symbols'))
  assert.not.ok(example.exists('there/examples/c/.output/vmlinux'), 'the vendored one was taken')
  assert.not.ok(example.exists('.output'))
  assert.match(example.run(['build', ...there]).stdout, /nothing to do/)
})

testWith(
  test,
  [...build, 'root', 'bpf', 'tracefs'],
  'each flat tool sees on this kernel what it should',
  () => {
    using example = new Example('flat-tools')
    const built = example.run(['build'])
    assert.is(built.status, 0, built.stderr)
    const says: Readonly<Record<string, RegExp>> = {
      adds: /^adds: 110 of 110$/m,
      exits: /^exits: all were seen$/m,
      marks: /^marks: 55 of 55$/m,
      packets: /^packets: all were seen$/m,
      syscalls: /^syscalls: all were seen$/m,
      threads: /^\d+ \d+ threads$/m,
    }
    for (const [name, expected] of Object.entries(says)) {
      if (name === 'marks' && !example.exists(name)) continue
      const { status, stdout, stderr } = spawnSync(example.at(name), { encoding: 'utf8' })
      assert.is(status, 0, `${name}: ${stderr}`)
      assert.match(stdout, expected, name)
    }
    const execs = `${example.at('execs')} 2 & pid=$!; while [ -d /proc/$pid ]; do /bin/true; done`
    const { stdout } = spawnSync('sh', ['-c', execs], { encoding: 'utf8' })
    assert.match(stdout, / \/bin\/true$/m)
  },
)

withMake('the collection has the bytes that make makes, programs included', () => {
  using example = new Example('many-tools')
  sameBytes(example, [
    ...filesOf(many, ['.o']),
    ...['calls', 'forks', 'switches'].flatMap((name) => [
      `.output/${name}.bpf.o`,
      `.output/${name}.skel.h`,
    ]),
    ...['.output/pass.bpf.o', '.output/tell_helpers.o', '.output/wait_helpers.o'],
  ])
})

withMake('it is installed as make installs it, and uninstalled to nothing', () => {
  using example = new Example('many-tools')
  const place = ['DESTDIR=ours', 'PREFIX=/usr', 'APP_PREFIX=bpf-']
  const installed = example.run(['install', ...place])
  assert.is(installed.status, 0, installed.stderr)
  const ours = example.listing('ours')
  example.run(['clean'])
  const made = example.make('install', 'DESTDIR=theirs', 'prefix=/usr', 'APP_PREFIX=bpf-')
  assert.is(made.status, 0, made.stderr)
  assert.equal(ours, example.listing('theirs'))
  assert.ok(ours.includes('usr/bin/bpf-clones → bpf-forks'))
  const removed = example.run(['uninstall', ...place])
  assert.is(removed.status, 0, removed.stderr)
  assert.not.ok(example.exists('ours'))
})

testWith(
  test,
  build,
  'shared objects are compiled once, and linked again where they change',
  () => {
    using example = new Example('many-tools')
    const first = example.ran(['build'])
    assert.is(first.filter((path) => path.endsWith('_helpers.o')).length, 2)
    assert.not.ok(first.includes('.output/wanted.bpf.o'), 'a part of another object is no tool')
    example.write('wait_helpers.c', `${example.read('wait_helpers.c')}int more;\n`)
    const linked = [...many, 'clones', 'processes'].sort()
    assert.equal(example.ran(['build']), ['.output/wait_helpers.o', ...linked])
    example.write('VERSION', '1.1\n')
    assert.equal(example.ran(['build']), [
      ...['.output/tell_helpers.o', '.output/version.h'],
      ...linked,
    ])
    example.write('wanted.bpf.c', `${example.read('wanted.bpf.c')}int more = 1;\n`)
    const calls = ['.linked.bpf.o', '.bpf.o', '.o', '.skel.h'].map(
      (ending) => `.output/calls${ending}`,
    )
    assert.equal(example.ran(['build']), [...calls, '.output/wanted.tmp.bpf.o', 'calls'].sort())
    assert.equal(example.ran(['build']), [])
    assert.equal(example.ran(['forks']), [])
  },
)

testWith(test, [...build, 'root', 'bpf', 'tracefs'], 'its tools run, by their aliases too', () => {
  using example = new Example('many-tools')
  const run = (...args: string[]) => example.run(['run', '--', ...args])
  assert.match(run('processes', '0.1').stdout, /^processes: \d+$/m)
  assert.match(run('switches', '0.1').stdout, /^switches: \d+, [\d.]+ squared$/m)
  assert.match(run('calls', '0.1').stdout, /^calls: [1-9]\d*$/m)
  assert.match(run('load', '0.1').stdout, /^load: \d+ forks, \d+ switches$/m)
  assert.match(run('clones', '--version').stdout, /^clones 1\.0$/m)
  const unknown = run('lod')
  assert.is(unknown.status, 2)
  assert.match(unknown.stderr, /there is no run:lod[\s\S]*did you mean run:load\?/)
})

withMake('a shared library, its links and plug-ins have the bytes that make makes', () => {
  using example = new Example('plugins')
  const objects = ['watch', 'tally', 'plain', 'hex'].map((name) => `.output/${name}.o`)
  const plugins = ['plain', 'hex'].map((name) => `.output/plugins/${name}.so`)
  const links = () =>
    ['.1', ''].map((end) => fs.readlinkSync(example.at(`.output/libtally.so${end}`)))
  sameBytes(example, [
    ...['watch', '.output/watch.bpf.o', '.output/watch.skel.h', '.output/libtally.so.1.2.0'],
    ...[...objects, ...plugins],
  ])
  const theirs = links()
  example.make('clean')
  example.run(['build'])
  assert.equal(links(), theirs)
})

withMake('a library is installed with its links, as make installs it', () => {
  using example = new Example('plugins')
  const installed = example.run(['install', 'DESTDIR=ours', 'PREFIX=/usr'])
  assert.is(installed.status, 0, installed.stderr)
  const ours = example.listing('ours')
  example.run(['clean'])
  const made = example.make('install', 'DESTDIR=theirs', 'prefix=/usr')
  assert.is(made.status, 0, made.stderr)
  assert.equal(ours, example.listing('theirs'))
  assert.ok(ours.includes('usr/lib/libtally.so.1 → libtally.so.1.2.0'))
})

testWith(
  test,
  [...build, 'root', 'bpf', 'tracefs'],
  'its plug-ins see one sum, from the build folder and from where it is installed',
  () => {
    using example = new Example('plugins')
    example.run(['install', 'DESTDIR=there', 'PREFIX=/usr'])
    for (const [program, plugins] of [
      ['watch', '.output/plugins'],
      ['there/usr/bin/watch', 'there/usr/lib/watch'],
    ] as const) {
      const files = ['plain.so', 'hex.so'].map((name) => example.at(`${plugins}/${name}`))
      const { stdout, stderr } = spawnSync(example.at(program), files, { encoding: 'utf8' })
      assert.is(stdout, 'plain: all were seen\nhex: the same sum\n', stderr)
    }
  },
)

withLlc('the host front end makes what clang and llc make through a pipe', () => {
  using example = new Example('host-front-end')
  sameBytes(example, filesOf(['drop'], ['.bpf.o', '.skel.h', '.o']))
})

withMake('sources that scripts write are compiled to the bytes that make makes', () => {
  using example = new Example('generated')
  sameBytes(example, [...filesOf(['filter'], ['.bpf.o', '.skel.h', '.o']), '.output/ports.o'])
  example.run(['build'])
  example.write('rules.txt', `${example.read('rules.txt')}# a comment\n`)
  const written = ['.output/gen/filter.bpf.c', '.output/gen/ports.c']
  assert.equal(example.ran(['build']), written)
  example.write('rules.txt', `${example.read('rules.txt')}11 drop\n`)
  assert.ok(example.ran(['build']).includes('.output/filter.bpf.o'))
  assert.equal(example.ran(['build']), [])
})

testWith(
  test,
  [...build, 'root', 'bpf'],
  'programs of made sources, and of the host front end, decide',
  () => {
    for (const [name, expected] of [
      ['generated', '7 drop\n9 drop\n53 pass\n1 pass\n'],
      ...(inPath('llc')
        ? [['host-front-end', 'drop: port 7 dropped, port 8 passed\n'] as const]
        : []),
    ] as const) {
      using example = new Example(name)
      example.run(['build'])
      const program = example.read('.gitignore').match(/^\/\w+$/m)?.[0] ?? ''
      const { stdout, stderr } = spawnSync(example.at(program), { encoding: 'utf8' })
      assert.is(stdout, expected, stderr)
    }
  },
)

withMake('every way to build one source has the bytes that make makes', () => {
  using example = new Example('variants')
  const ways = ['v2-plain', 'v2-count', 'v3-plain', 'v3-count', 'small']
  const objects = ways.map((way) => `.output/${way}/drop.bpf.o`)
  sameBytes(example, objects)
  example.run(['build'])
  example.write('drop.h', example.read('drop.h').replace('SMALLEST 64', 'SMALLEST 60'))
  assert.equal(example.ran(['build']), [...objects].sort())
  example.write('tasks.ts', example.read('tasks.ts').replace("'-Os'", "'-Oz'"))
  assert.equal(example.ran(['build']), ['.output/small/drop.bpf.o'])
  assert.equal(example.ran(['build']), [])
})

test.run()
