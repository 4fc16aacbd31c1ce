// Where tools are found: settings, names, versions, folders; and what is said of refused ones.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findTool } from '../../../tasks/engine/answer/findtool.ts'
import { Programs } from '../../../tasks/engine/answer/programs.ts'
import { type CommandQuestion, OPEN } from '../../../tasks/engine/answer/question.ts'
import { type FailureBlock, UserError } from '../../../tasks/engine/base/failure.ts'
import { type FoundTool, setting, type Tool, tool } from '../../../tasks/engine/declare/index.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Tree } from '../../support/tree.ts'

const CLANG = setting('CLANG', 'the compiler')
const version = { args: ['--version'], pattern: /clang version ([\d.]+)/ }
const clang = tool({
  name: 'clang',
  setting: CLANG,
  names: ['clang', /^clang-(\d+)$/],
  version,
  hint: 'apt install clang',
})

const PREFIX = setting('PREFIX', 'what names begin with')
const prefixed = tool({ ...clang, prefix: { setting: PREFIX, hint: 'install what PREFIX names' } })

/** Programs in folders, and what each says when it is asked for its version. */
class Machine {
  readonly #tree = new Tree()
  readonly root = this.#tree.root
  /** What each command that was asked gives; others are working clangs. */
  readonly says = new Map<string, { status?: number | null; stdout?: string; stderr?: string }>()
  readonly asked: CommandQuestion[] = []
  /** What PREFIX is set to. */
  prefix: string | undefined

  add(...paths: string[]): void {
    for (const path of paths) {
      this.#tree.write(path, `#!${path}`)
      fs.chmodSync(this.#tree.at(path), 0o755)
    }
  }

  write(path: string, text: string): void {
    this.#tree.write(path, text)
  }

  at(path: string): string {
    return this.#tree.at(path)
  }

  find(path: readonly string[], value?: string, what: Tool = clang): FoundTool {
    const disk = new Disk(this.root)
    const folders = path.map((folder) => this.at(folder))
    const found = findTool(what, {
      disk,
      path: folders,
      programs: new Programs(disk, folders),
      setting: (asked) => (asked === PREFIX ? this.prefix : value),
      ask: (question) => {
        this.asked.push(question)
        const said = this.says.get(question.command.join(' ').replaceAll(`${this.root}/`, ''))
        const { status = 0, stdout = '', stderr = '' } = said ?? { stdout: 'clang version 19.1.0' }
        return question.read({ status, stdout, stderr })
      },
    })
    if (found === OPEN) throw new Error('it is open')
    return found
  }

  refusal(path: readonly string[], value?: string, what: Tool = clang): FailureBlock {
    try {
      this.find(path, value, what)
    } catch (error) {
      if (error instanceof UserError) return error.block
      throw error
    }
    throw new Error('it was found')
  }

  [Symbol.dispose](): void {
    this.#tree[Symbol.dispose]()
  }
}

/** With the folder of the machine taken out. */
function short(machine: Machine, value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(`${machine.root}/`, ''))
}

test('the first name that is in PATH, with its version and what makes it that binary', () => {
  using machine = new Machine()
  machine.add('bin/clang', 'sbin/clang')
  const found = machine.find(['nothing', 'bin', 'sbin'])
  assert.equal(found.words, [machine.at('bin/clang')])
  assert.is(found.path, machine.at('bin/clang'))
  assert.is(found.version, '19.1.0')
  assert.match(found.identity, /^\S+\/bin\/clang \d+ \d+ [0-9a-f]{32}/)
})

test('a plain name is preferred to a versioned one, and of those the newest wins', () => {
  using machine = new Machine()
  machine.add('a/clang-9', 'b/clang-19', 'a/clang-18', 'a/clang-format-20', 'b/clang-20x')
  assert.equal(short(machine, machine.find(['a', 'b']).path), 'b/clang-19')
  machine.add('b/clang')
  assert.equal(short(machine, machine.find(['a', 'b']).path), 'b/clang')
})

test('of two newest ones the earlier in PATH wins', () => {
  using machine = new Machine()
  machine.add('a/clang-19', 'b/clang-19')
  assert.equal(short(machine, machine.find(['b', 'a']).path), 'b/clang-19')
})

test('what cannot be run is passed over', () => {
  using machine = new Machine()
  machine.write('a/clang', 'text')
  fs.mkdirSync(machine.at('b/clang'), { recursive: true })
  machine.add('c/clang')
  assert.equal(short(machine, machine.find(['a', 'b', 'c']).path), 'c/clang')
})

test('folders come after PATH, those with a star newest first', () => {
  using machine = new Machine()
  const folders = [machine.at('sbin'), machine.at('lib/llvm-*/bin')]
  const what = tool({ ...clang, names: ['clang'], folders })
  machine.add('lib/llvm-9/bin/clang', 'lib/llvm-19/bin/clang', 'lib/llvm-18/bin/clang')
  machine.add('lib/other-20/bin/clang')
  assert.equal(short(machine, machine.find([], undefined, what).path), 'lib/llvm-19/bin/clang')
  machine.add('sbin/clang')
  assert.equal(short(machine, machine.find([], undefined, what).path), 'sbin/clang')
  machine.add('bin/clang')
  assert.equal(short(machine, machine.find(['bin'], undefined, what).path), 'bin/clang')
})

test('one that does not work is passed over, and asked once', () => {
  using machine = new Machine()
  machine.add('a/clang', 'b/clang')
  machine.says.set('a/clang --version', { status: 1, stderr: 'clang version 3.0\n' })
  const { path } = machine.find(['a', 'a', 'b'])
  assert.equal(short(machine, path), 'b/clang')
  assert.is(machine.asked.length, 2)
})

test('none works: each is named with what it said, and where was looked', () => {
  using machine = new Machine()
  machine.add('a/clang', 'b/clang', 'b/clang-19', 'b/clang-18')
  machine.says.set('a/clang --version', { status: 2, stderr: 'WARNING: not for this\nkernel' })
  machine.says.set('b/clang --version', { stdout: 'gcc 12', stderr: '' })
  machine.says.set('b/clang-19 --version', { status: 3, stdout: '' })
  machine.says.set('b/clang-18 --version', { status: null, stdout: '' })
  const block = machine.refusal(['a', 'b'])
  assert.is(block.what, 'no clang here works')
  assert.equal(short(machine, block.facts), [
    ['a/clang', 'WARNING: not for this'],
    ['b/clang', 'gcc 12'],
    ['b/clang-19', 'nothing, and ended with status 3'],
    ['b/clang-18', 'nothing, and ended with status null'],
    ['looked for', 'clang, clang-N'],
    ['in', 'a:b'],
  ])
  assert.is(block.hint, 'apt install clang\nor say where it is: CLANG=/path/to/clang')
})

test('there is none: what was looked for and where, also without a setting', () => {
  using machine = new Machine()
  const { setting: _, ...rest } = clang
  const what = tool({ ...rest, folders: ['/no/such-*/bin'] })
  const block = machine.refusal(['a'], undefined, what)
  assert.is(block.what, 'clang was not found')
  assert.equal(short(machine, block.facts), [
    ['looked for', 'clang, clang-N'],
    ['in', 'a:/no/such-*/bin'],
  ])
  assert.is(block.hint, 'apt install clang')
})

test('a setting is a path or a name in PATH, and is preferred to all others', () => {
  using machine = new Machine()
  machine.add('bin/clang', 'bin/clang-18', 'opt/my clang')
  assert.equal(short(machine, machine.find(['bin'], 'clang-18').words), ['bin/clang-18'])
  const spaced = `'${machine.at('opt/my clang')}'`
  assert.equal(short(machine, machine.find(['bin'], spaced).path), 'opt/my clang')
})

test('a setting may begin with wrappers and end with options', () => {
  using machine = new Machine()
  machine.add('bin/ccache', 'bin/clang')
  const found = machine.find(['bin'], 'ccache clang --target=bpf clang')
  const words = ['bin/ccache', 'bin/clang', '--target=bpf', 'clang']
  assert.equal(short(machine, found.words), words)
  assert.equal(short(machine, found.path), 'bin/clang')
  assert.match(found.identity, machine.at('bin/ccache'))
  assert.match(found.identity, machine.at('bin/clang'))
  assert.equal(short(machine, machine.asked[0]?.command), [...words, '--version'])
})

test('what comes behind options of a program that is not known counts too', () => {
  using machine = new Machine()
  machine.add('bin/clang', 'bin/nice')
  const nice = machine.find(['bin'], 'nice -n 5 clang')
  assert.equal(short(machine, nice.words), ['bin/nice', '-n', '5', 'clang'])
  assert.match(nice.identity, machine.at('bin/clang'))
})

test('a script is asked in each build, and is what it says as a whole', () => {
  using machine = new Machine()
  machine.add('bin/clang')
  const said = (stdout: string) => {
    machine.says.set('bin/clang --version', { stdout })
    return machine.find(['bin'])
  }
  const [one, other] = [
    said('clang version 19.1.0\nThread model: posix'),
    said('clang version 19.1.0'),
  ]
  assert.is(one.version, other.version)
  assert.is.not(one.identity, other.identity)
  assert.ok(machine.asked.every(({ isVolatile }) => isVolatile))
})

test('what a tool loads is part of it, asked while the tool is another', () => {
  using machine = new Machine()
  machine.write('bin/clang', 'ELF')
  machine.write('lib/libLLVM.so', 'one')
  fs.chmodSync(machine.at('bin/clang'), 0o755)
  const pattern = /=> (\S+)/g
  const what = tool({ ...clang, parts: [{ args: ['-V'], environment: { LD: '1' }, pattern }] })
  machine.says.set('bin/clang -V', { stdout: `a => ${machine.at('lib/libLLVM.so')}\nb\n` })
  const before = machine.find(['bin'], undefined, what)
  assert.match(before.identity, 'lib/libLLVM.so')
  machine.write('lib/libLLVM.so', 'two')
  const after = machine.find(['bin'], undefined, what)
  assert.is.not(after.identity, before.identity)
  const [one, again] = machine.asked.filter(({ key }) => key.startsWith('parts'))
  assert.equal(one?.environment, { LD: '1' })
  assert.match(one?.facts.join(' ') ?? '', 'bin/clang')
  assert.equal(one?.facts, again?.facts, 'remembered while the program itself is the same')
})

test('a part named without a folder is the one in PATH', () => {
  using machine = new Machine()
  for (const path of ['bin/clang', 'bin/ld', 'first/other']) machine.add(path)
  const what = tool({ ...clang, parts: [{ args: ['-ld'], pattern: /^(\S+)$/gm }] })
  machine.says.set('bin/clang -ld', { stdout: 'ld\n' })
  const identity = () => machine.find(['first', 'bin'], undefined, what).identity
  const before = identity()
  assert.match(before, 'bin/ld')
  machine.add('first/ld')
  assert.match(identity(), 'first/ld')
  machine.says.set('bin/clang -ld', { stdout: 'nowhere\n' })
  assert.not.match(identity(), 'ld ')
})

test('a setting that is not there is refused, never replaced', () => {
  using machine = new Machine()
  machine.add('bin/clang')
  for (const value of ['clang-99', '/no/such/clang', 'clang-99 -O2']) {
    const block = machine.refusal(['bin'], value)
    assert.is(block.what, 'clang was not found', value)
    assert.equal(block.facts, [['CLANG', value]])
    assert.match(block.hint ?? '', 'correct CLANG')
  }
})

test('a setting that does not work is refused with what it said', () => {
  using machine = new Machine()
  machine.add('bin/clang', 'bin/bad')
  machine.says.set('bin/bad --version', { stdout: 'bad 1.0' })
  const block = machine.refusal(['bin'], 'bad')
  assert.is(block.what, 'bad is not a clang that works')
  assert.equal(block.facts, [
    ['CLANG', 'bad'],
    ['it said', 'bad 1.0'],
  ])
})

test('a setting of blanks or of options alone runs nothing', () => {
  using machine = new Machine()
  machine.add('bin/clang')
  for (const value of [' ', "''", '-O2']) {
    assert.match(machine.refusal(['bin'], value).what, 'clang was not found', value)
    assert.equal(machine.asked, [])
  }
})

test('a setting with a relative path is found from the root, and known by its whole path', () => {
  using machine = new Machine()
  machine.add('opt/clang')
  const found = machine.find(['bin'], './opt/clang')
  assert.is(found.path, machine.at('opt/clang'))
  assert.equal(found.words, [machine.at('opt/clang')])
})

test('a quote that is not closed is named with its setting', () => {
  using machine = new Machine()
  assert.match(machine.refusal([], "'clang").what, 'a quote in CLANG is not closed')
})

test('another binary behind the same name is another question', () => {
  using machine = new Machine()
  machine.add('real/clang-19', 'real/clang-20')
  for (const name of ['clang-19', 'clang-20']) fs.utimesSync(machine.at(`real/${name}`), 9, 9)
  fs.mkdirSync(machine.at('bin'))
  fs.symlinkSync('../real/clang-19', machine.at('bin/clang'))
  const first = machine.find(['bin'])
  assert.equal(machine.find(['bin']).identity, first.identity)
  fs.unlinkSync(machine.at('bin/clang'))
  fs.symlinkSync('../real/clang-20', machine.at('bin/clang'))
  const second = machine.find(['bin'])
  assert.is(second.path, first.path)
  assert.is.not(second.identity, first.identity)
  const [one, same, other] = machine.asked
  assert.equal(one?.facts, same?.facts)
  assert.is(one?.key, other?.key)
  assert.not.equal(one?.facts, other?.facts)
})

test('the version is the first group, or the whole match', () => {
  using machine = new Machine()
  machine.add('bin/clang')
  machine.says.set('bin/clang --version', { stderr: 'x clang version 3.4 y', stdout: '' })
  assert.is(machine.find(['bin']).version, '3.4')
  const what = tool({ ...clang, version: { args: ['-V'], pattern: /v\d+ / } })
  machine.says.set('bin/clang -V', { stdout: 'it is v12 \n' })
  assert.is(machine.find(['bin'], undefined, what).version, 'v12')
})

test('a prefix stands before each name, numbered ones too, and a folder in it is where to look', () => {
  using machine = new Machine()
  machine.add('bin/clang', 'bin/clang-19', 'bin/arm-clang-14', 'bin/arm-clang-9', 'opt/arm-clang')
  const found = (prefix?: string): unknown => {
    machine.prefix = prefix
    return short(machine, machine.find(['bin'], undefined, prefixed).path)
  }
  assert.is(found(), 'bin/clang')
  assert.is(found('arm-'), 'bin/arm-clang-14')
  assert.is(found('opt/arm-'), 'opt/arm-clang')
  assert.is(found(`${machine.at('opt')}/arm-`), 'opt/arm-clang')
})

test('where nothing has the prefix, the tool without it is not taken, but one that is named is', () => {
  using machine = new Machine()
  machine.add('bin/clang')
  machine.prefix = 'mips-'
  const block = machine.refusal(['bin'], undefined, prefixed)
  assert.equal(block.facts?.[0], ['looked for', 'mips-clang, mips-clang-N'])
  assert.match(block.hint ?? '', 'install what PREFIX names')
  assert.is(short(machine, machine.find(['bin'], 'clang', prefixed).path), 'bin/clang')
})

test('a setting that is a file as a whole is that file, whatever blanks are in its path', () => {
  const machine = new Machine()
  machine.add('my tools/clang', 'bin/ccache', 'bin/clang')
  assert.is(machine.find([], machine.at('my tools/clang')).path, machine.at('my tools/clang'))
  assert.equal(machine.find([], 'my tools/clang').words, [machine.at('my tools/clang')])
  const wrapped = machine.find(['bin'], `${machine.at('bin/ccache')} clang`)
  assert.equal(wrapped.words, [machine.at('bin/ccache'), machine.at('bin/clang')])
})

test.run()
