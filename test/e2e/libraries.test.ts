// Archives, shared libraries and plug-ins are built, found by what uses them, and follow every change.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

/** A program with an archive, a library that needs another one, and a plug-in. */
class Libraries extends Tree {
  constructor() {
    super()
    this.tasks(`
const bpf = bpfRules({ vmlinux: 'none' })
const pic = (source) => bpf.userObject(source, { flags: ['-fPIC'] })
const base = bpf.sharedLibrary('base', [pic('base.c')], { output: 'base/libbase.so' })
const top = bpf.sharedLibrary('top', [pic('top.c'), base], { version: '1.2.0', versionScript: 'top.map' })
const archive = bpf.archive('parts', [bpf.userObjects('parts/*.c')])
const plugin = bpf.plugin('plugin', [pic('plugin.c')])
const program = bpf.loader('main.c', { objects: [archive, top], libraries: ['-rdynamic', '-ldl'] })
await main({ build: task('Build', [program, plugin]) }, bpf.mainOptions)`)
    this.write('base.h', '#define BASE 1\n')
    this.write('base.c', '#include "base.h"\nint base(void) { return BASE; }\n')
    this.write(
      'top.c',
      'int base(void);\nint hidden(void) { return base(); }\nint top(void) { return 10 + hidden(); }\n',
    )
    this.write('top.map', 'TOP_1 { global: top; local: *; };\n')
    this.write('parts/one.c', 'int one(void) { return 100; }\n')
    this.write('parts/two.c', 'int two(void) { return 200; }\n')
    this.write('plugin.c', 'int named(void);\nint plugged(void) { return named() + 1; }\n')
    this.write(
      'main.c',
      `#include <dlfcn.h>
#include <stdio.h>
int top(void);
int one(void);
int named(void) { return 1000; }
int main(void)
{
	char path[] = "build/plugin.so";
	void *plugin = dlopen(path, RTLD_NOW);
	int (*plugged)(void) = plugin ? dlsym(plugin, "plugged") : 0;
	printf("%d %d\\n", top() + one(), plugged ? plugged() : -1);
	return 0;
}
`,
    )
  }

  says(program = 'build/main'): string {
    return spawnSync(this.at(program), { cwd: this.root, encoding: 'utf8' }).stdout
  }
}

testWith(
  test,
  ['clang'],
  'a program runs from the build folder, and each change builds what it must',
  () => {
    using tree = new Libraries()
    const first = tree.run(['build'])
    assert.is(first.status, 0, first.stderr)
    assert.is(tree.says(), '111 1001\n')
    assert.match(tree.run(['build']).stdout, /nothing to do/)
    for (const [name, to] of [
      ['libtop.so', 'libtop.so.1'],
      ['libtop.so.1', 'libtop.so.1.2.0'],
    ] as const) {
      assert.is(fs.readlinkSync(tree.at(`build/${name}`)), to)
    }
    // A header of the lowest library: it, and what is linked with it.
    tree.write('base.h', '#define BASE 2\n')
    const ran = tree.ran(['build'])
    for (const path of ['base.o', 'base/libbase.so', 'libtop.so.1.2.0']) {
      assert.ok(ran.includes(`build/${path}`), `${path} of ${ran.join(' ')}`)
    }
    assert.not.ok(ran.includes('build/plugin.so'))
    assert.is(tree.says(), '112 1001\n')
    assert.equal(tree.ran(['build']), [])
    // A version script is an input.
    const symbols = () =>
      spawnSync('nm', ['-D', tree.at('build/libtop.so')], { encoding: 'utf8' }).stdout
    assert.not.match(symbols(), 'hidden')
    tree.write('top.map', 'TOP_1 { global: top; hidden; local: *; };\n')
    assert.ok(tree.ran(['build']).includes('build/libtop.so.1.2.0'))
    assert.match(symbols(), 'hidden')
    // A source that is gone is gone from the archive.
    tree.remove('parts/two.c')
    assert.ok(tree.ran(['build']).includes('build/libparts.a'))
    const members = spawnSync('ar', ['t', tree.at('build/libparts.a')], { encoding: 'utf8' }).stdout
    assert.is(members, 'one.o\n')
    assert.equal(tree.ran(['build']), [])
    // A link that somebody bent is made again.
    fs.unlinkSync(tree.at('build/libtop.so.1'))
    assert.ok(tree.ran(['build']).includes('build/libtop.so.1'))
    assert.is(tree.says(), '112 1001\n')
    assert.equal(tree.ran(['build']), [])
  },
)

testWith(test, ['clang'], 'a tree that was moved still finds its libraries', () => {
  using tree = new Libraries()
  assert.is(tree.run(['build']).status, 0)
  fs.renameSync(tree.at('build'), tree.at('elsewhere'))
  assert.match(tree.says('elsewhere/main'), /^111 /)
})

testWith(test, ['clang'], 'an object without -fPIC: what is wrong, and how to mend it', () => {
  using tree = new Tree()
  tree.tasks(`
const bpf = bpfRules({ vmlinux: 'none' })
await main({ build: task('Build', [bpf.sharedLibrary('x', [bpf.userObject('x.c', { flags: ['-fno-pic'] })])]) }, bpf.mainOptions)`)
  tree.write('x.c', 'int value;\nint *address(void) { return &value; }\n')
  const { status, stdout, stderr } = tree.run(['build'])
  assert.is(status, 1)
  assert.match(stdout + stderr, "bpf.userObject(source, { flags: ['-fPIC'] })")
})

test.run()
