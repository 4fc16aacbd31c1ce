// A header that appears where the compiler looks first, however it was told to look there.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

/** Compiles m.c, which includes <bpf/h.h>; it is in `last`, which is searched last, by its whole name. */
function project(
  flags: readonly string[] = [],
  source = '#include <bpf/h.h>\nint text = TEXT;\n',
): Tree {
  const tree = new Tree()
  tree.tasks(
    `const bpf = bpfRules({ vmlinux: 'none', user: { flags: ${JSON.stringify([...flags, '-idirafter', tree.at('last')])} } })
    await main({ build: task('Compile', [bpf.userObject('m.c')]) }, bpf.mainOptions)`,
  )
  tree.write('m.c', source)
  tree.write('last/bpf/h.h', '#define TEXT 1\n')
  return tree
}

const WAYS: readonly (readonly [
  how: string,
  flags: string[],
  (tree: Tree) => readonly [string[], Record<string, string>],
])[] = [
  ['a flag of the tree', ['-isystem', 'first'], () => [[], {}]],
  ['a flag of the tree for quotes', ['-iquote', 'first'], () => [[], {}]],
  ['EXTRA_CFLAGS', [], (tree) => [[`EXTRA_CFLAGS=-I${tree.at('first')}`], {}]],
  ['CPATH', [], (tree) => [[], { CPATH: `${tree.at('none')}:${tree.at('first')}` }]],
  ['C_INCLUDE_PATH', [], () => [[], { C_INCLUDE_PATH: 'first' }]],
]

for (const isThere of [true, false]) {
  for (const [how, flags, given] of WAYS) {
    const folder = isThere ? 'a folder' : 'a folder that was not there'
    testWith(test, ['clang'], `a header appears in ${folder}, by ${how}`, () => {
      using tree = project(
        flags,
        how.includes('quotes') ? '#include "bpf/h.h"\nint text = TEXT;\n' : undefined,
      )
      if (isThere) tree.write('first/bpf/other.h', '')
      const [args, environment] = given(tree)
      const build = () => tree.ran(['build', ...args], environment)
      assert.equal(build(), ['build/m.o'])
      assert.equal(build(), [])
      tree.write('first/bpf/unread.h', '')
      assert.equal(build(), [])
      tree.write('first/bpf/h.h', '#error NEW\n')
      const failed = tree.run(['build', ...args], environment)
      assert.match(failed.stdout + failed.stderr, 'error: #error NEW')
    })
  }
}

test.run()
