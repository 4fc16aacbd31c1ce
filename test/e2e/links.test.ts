// What a link reads and its command does not name: libraries, scripts, response files.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

interface Link {
  readonly libraries?: readonly string[]
  readonly flags?: readonly string[]
}

/** A program whose text is in a static library. */
function project({ libraries = ['-Lfirst', '-Llast', '-lver'], flags = [] }: Link = {}): Tree {
  const tree = new Tree()
  tree.tasks(
    `const user = ${JSON.stringify({ flags, libraries })}
    const bpf = bpfRules({ vmlinux: 'none', user })
    await main({ build: task('Link', [bpf.loader('m.c')]) }, bpf.mainOptions)`,
  )
  tree.write('m.c', 'extern const char *ver;\nint main(void) { return ver[0]; }\n')
  archive(tree, 'last/libver.a', 'const char *ver = "VERSION-1";')
  return tree
}

function archive(tree: Tree, path: string, text: string): void {
  tree.write('made.c', text)
  fs.rmSync(tree.at(path), { force: true })
  fs.mkdirSync(dirname(tree.at(path)), { recursive: true })
  for (const [program, ...args] of [
    ['cc', '-c', 'made.c', '-o', 'made.o'],
    ['ar', 'rcs', path, 'made.o'],
  ] as const) {
    const { status, stderr } = spawnSync(program, args, { cwd: tree.root, encoding: 'utf8' })
    assert.is(status, 0, stderr)
  }
}

function version(tree: Tree): string | undefined {
  return /VERSION-\d/.exec(fs.readFileSync(tree.at('build/m'), 'latin1'))?.[0]
}

const linkers: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ['ld', []],
  ['ld with -flto', ['-flto']],
  ...(inPath('ld.gold') ? [['gold', ['-fuse-ld=gold']] as const] : []),
  ...(inPath('ld.lld') ? [['lld', ['-fuse-ld=lld']] as const] : []),
]

for (const [name, flags] of linkers) {
  testWith(
    test,
    ['clang'],
    `${name}: another library, or one that is found earlier, is linked`,
    () => {
      using tree = project({ flags })
      const build = (): string[] => tree.ran(['build']).filter((output) => output === 'build/m')
      assert.equal(build(), ['build/m'])
      assert.equal(tree.ran(['build']), [])
      archive(tree, 'last/libver.a', 'const char *ver = "VERSION-2";')
      assert.equal(build(), ['build/m'])
      assert.is(version(tree), 'VERSION-2')
      archive(tree, 'first/libver.a', 'const char *ver = "VERSION-3";')
      assert.equal(build(), ['build/m'])
      assert.is(version(tree), 'VERSION-3')
      assert.equal(tree.ran(['build']), [])
    },
  )
}

testWith(test, ['clang'], 'a linker that says nothing: what -l names is looked for', () => {
  using tree = project({ flags: ['-fuse-ld=bfd', `-B${'bin/'}`] })
  tree.write(
    'bin/ld.bfd',
    '#!/bin/sh\ncase "$*" in *dependency-file*) exit 1;; esac\nexec ld "$@"\n',
  )
  fs.chmodSync(tree.at('bin/ld.bfd'), 0o755)
  assert.ok(tree.ran(['build']).includes('build/m'))
  assert.not.match(tree.run(['build', '-n', '-v', '-B']).stdout, 'dependency-file')
  assert.equal(tree.ran(['build']), [])
  archive(tree, 'last/libver.a', 'const char *ver = "VERSION-2";')
  assert.equal(tree.ran(['build']), ['build/m'])
  archive(tree, 'first/libver.a', 'const char *ver = "VERSION-3";')
  assert.equal(tree.ran(['build']), ['build/m'])
  assert.is(version(tree), 'VERSION-3')
})

for (const name of ['as', 'ld']) {
  testWith(test, ['clang'], `another ${name} makes another compiler of gcc`, () => {
    using tree = project()
    tree.write('bin/other', '')
    const environment = { CC: 'gcc', PATH: `${tree.at('bin')}:${process.env['PATH']}` }
    assert.ok(tree.ran(['build'], environment).includes('build/m'))
    assert.equal(tree.ran(['build'], environment), [])
    tree.write(`bin/${name}`, `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`)
    fs.chmodSync(tree.at(`bin/${name}`), 0o755)
    assert.ok(tree.ran(['build'], environment).includes('build/m'))
    assert.equal(tree.ran(['build'], environment), [])
  })
}

testWith(test, ['clang'], 'a version script and a linker script are read', () => {
  using tree = project({
    libraries: ['-Llast', '-lver', '-Wl,--version-script=map', '-Wl,-T,more.ld'],
  })
  tree.write('map', '{ global: main; };\n')
  tree.write('more.ld', 'mine = 1;\nINSERT AFTER .text;\n')
  assert.ok(tree.ran(['build']).includes('build/m'))
  for (const [path, text] of [
    ['map', '{ global: main; local: none; };\n'],
    ['more.ld', 'mine = 22;\nINSERT AFTER .text;\n'],
  ] as const) {
    tree.write(path, text)
    assert.equal(tree.ran(['build']), ['build/m'], path)
  }
})

testWith(test, ['clang'], 'response files are read, and those that they name', () => {
  using tree = project({ libraries: ['@link.rsp'], flags: ['@flags.rsp'] })
  tree.write('link.rsp', '-Llast @more.rsp\n')
  tree.write('more.rsp', '-lver\n')
  tree.write('flags.rsp', '-DX=1\n')
  assert.ok(tree.ran(['build']).includes('build/m'))
  assert.equal(tree.ran(['build']), [])
  tree.write('more.rsp', '-lver -lz\n')
  assert.equal(tree.ran(['build']), ['build/m'])
  tree.write('flags.rsp', '-DX=22\n')
  assert.equal(tree.ran(['build']).sort(), ['build/m', 'build/m.o'])
  assert.equal(tree.ran(['build']), [])
})

test.run()
