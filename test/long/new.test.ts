// What `new` says and refuses: names, templates, files that are there, headers that are not.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused, snapshot } from '../support/buildverdicts.ts'
import { runInOwnMounts } from '../support/mounts.ts'
import { testWith } from '../support/needs.ts'
import { NewTree } from '../support/newtree.ts'
import type { Ran } from '../support/tree.ts'

testWith(
  test,
  ['root', 'clang', 'btf', 'mounts'],
  'without sys/sdt.h new says so, and build leaves the tool out',
  () => {
    using tree = new NewTree()
    const without = (...args: readonly string[]): Ran => runInOwnMounts(tree, WITHOUT_SDT, args)
    const written = without('new', 'steps', '--template', 'usdt')
    assert.is(written.status, 0, written.stderr)
    assert.match(written.stdout, 'steps needs sys/sdt.h, which is not here: setup installs it')
    assert.match(written.stdout, /^next: .*tasks\.ts setup build$/m)
    assert.is(tree.add('other', 'iter').status, 0)
    const built = without('build')
    assert.is(built.status, 0, built.stderr)
    assert.match(built.stdout + built.stderr, /note: steps is left out: sys\/sdt\.h: /)
    assert.ok(tree.exists('build/other') && !tree.exists('build/steps'))
    refused(without('run:steps'), 1, 'steps is left out here', 'sdt.h', 'tasks.ts setup')
    assert.match(
      without('doctor').stdout,
      /^sys\/sdt\.h +warning +not found: tools that include it/m,
    )
    assert.match(without('-n', 'setup').stdout, /^missing: .*the header of static probes/m)
  },
)

/** The folder of that header, without it. */
const WITHOUT_SDT =
  'for at in /usr/include/*-linux-gnu/sys /usr/include/sys /usr/local/include/sys; do ' +
  'if [ -f "$at/sdt.h" ]; then copy="$PWD/.without"; rm -rf "$copy"; cp -r "$at" "$copy"; rm "$copy/sdt.h"; ' +
  'mount --bind "$copy" "$at"; fi; done'

test('new says what is wrong with a name, a template or a file that is there', () => {
  using tree = new NewTree()
  const before = snapshot(tree)
  refused(tree.run(['new']), 2, 'a new tool needs a name', 'uprobe ', /new NAME --template trace/)
  refused(tree.run(['new', 'a', 'b']), 2, 'not how new is called: new a b')
  refused(tree.run(['new', 'a', '--template']), 2, 'not how new is called')
  refused(tree.run(['new', 'my-tool']), 2, "'my-tool' is not a valid C identifier", 'new my_tool')
  refused(tree.run(['new', '9p']), 2, "'9p' is not a valid C identifier", 'new _9p')
  refused(tree.run(['new', '../x']), 2, "'../x' is not a valid C identifier")
  refused(tree.run(['new', 'int']), 2, 'int has a meaning', 'new my_int')
  refused(tree.run(['new', 'events']), 2, 'events has a meaning')
  if (fs.existsSync('/sys/kernel/btf/vmlinux')) {
    refused(tree.run(['new', 'pid_t']), 2, 'pid_t is a type of the kernel', 'new my_pid_t')
    refused(tree.run(['new', 'BPF_MAP_TYPE_HASH']), 2, 'is a constant of the kernel')
  }
  refused(tree.add('x', 'fentri'), 2, 'no template fentri', 'did you mean --template fentry?')
  refused(tree.add('x', 'constructor'), 2, 'no template constructor', /tracepoint\|kprobe\|fentry/)
  assert.equal(snapshot(tree), before)
  tree.write('x.h', 'mine')
  refused(tree.run(['new', 'x']), 2, 'something named x already', 'x.h')
  assert.is(tree.read('x.h'), 'mine')
  assert.not.ok(tree.exists('x.c') || tree.exists('x.bpf.c'))
})

test('new -n says what it would write, and writes nothing', () => {
  using tree = new NewTree()
  const before = snapshot(tree)
  const { status, stdout } = tree.run(['-n', 'new', 'x', '--template=iter'])
  assert.is(status, 0)
  assert.is(stdout, 'would write x.bpf.c\nwould write x.c\nwould write x.test.mjs\n')
  assert.equal(snapshot(tree), before)
})

test('new --help tells the templates', () => {
  using tree = new NewTree()
  for (const words of [
    ['new', '--help'],
    ['new', '-h'],
    ['help', 'new'],
  ]) {
    const { status, stdout } = tree.run(words)
    assert.is(status, 0)
    assert.match(stdout, /^npx tsx tasks\.ts new NAME --template tracepoint\|/)
  }
})

test('a tree without a tool says how to get one', () => {
  using tree = new NewTree()
  refused(tree.run(['build']), 2, 'no source matches', /\*\.bpf\.c/, 'npx tsx tasks.ts new NAME')
})

test.run()
