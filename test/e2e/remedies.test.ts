// Failures of compilers that are hard to read say what mends them, as the compilers of this machine word them.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { remedies } from '../../tasks/bpf/toolchain/index.ts'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

function project(more = ''): Tree {
  const tree = new Tree()
  tree.tasks(
    `const bpf = bpfRules({ ${more} })
    await main({ build: task('Compile', [bpf.object('x.bpf.c')]) }, bpf.mainOptions)`,
  )
  return tree
}

const license = 'char LICENSE[] __attribute__((section("license"), used)) = "GPL";\n'

if (!fs.existsSync('/usr/include/gnu/stubs-32.h')) {
  testWith(
    test,
    ['clang'],
    'headers of the C library of the other word size: as it says, it compiles',
    () => {
      using tree = project("vmlinux: 'none'")
      tree.write('x.bpf.c', `#include <string.h>\n${license}`)
      const { stderr } = tree.run(['build'])
      assert.match(stderr, 'bpfRules({ bpf: { defines: { __x86_64__: true } } })')
      assert.match(stderr, 'libc6-dev-i386')
      using mended = project("vmlinux: 'none', bpf: { defines: { __x86_64__: true } }")
      mended.write('x.bpf.c', tree.read('x.bpf.c'))
      assert.is(mended.run(['build']).status, 0)
    },
  )
}

for (const headers of [
  ['vmlinux.h', 'linux/bpf.h'],
  ['linux/bpf.h', 'vmlinux.h'],
]) {
  testWith(test, ['clang', 'btf'], `${headers.join(' before ')} of the kernel`, () => {
    using tree = project()
    tree.write('x.bpf.c', headers.map((name) => `#include <${name}>\n`).join('') + license)
    assert.match(tree.run(['build']).stderr, 'vmlinux.h has all types of the kernel')
  })
}

test('a helper that is not linked', () => {
  using tree = new Tree()
  tree.tasks(
    `const bpf = bpfRules({ vmlinux: 'none' })
    await main({ build: task('Make', [bpf.loader('x.c')]) }, bpf.mainOptions)`,
  )
  tree.write('x.c', 'int helper(void);\nint main(void)\n{\n\treturn helper();\n}\n')
  assert.match(tree.run(['build']).stderr, "objects: [bpf.userObjects('helpers.c')]")
})

testWith(test, ['clang', 'btf'], 'an extern that nothing defines', () => {
  using tree = new Tree()
  tree.tasks(
    `const bpf = bpfRules({ vmlinux: 'none' })
    await main({ build: task('Make', [bpf.skeleton(bpf.object('x.bpf.c'))]) }, bpf.mainOptions)`,
  )
  tree.write(
    'x.bpf.c',
    `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nextern int nowhere;\n
    SEC("socket") int f(void *at) { return nowhere; }\n${license}`,
  )
  const { stderr } = tree.run(['build'])
  assert.match(stderr, "failed to find BTF for extern 'nowhere'")
  assert.match(stderr, 'say where it is: __ksym')
})

testWith(test, ['clang'], 'an error of another kind has no hint', () => {
  using tree = project("vmlinux: 'none'")
  tree.write('x.bpf.c', 'int x = y;\n')
  const { stderr } = tree.run(['build'])
  assert.match(stderr, 'ended with status 1')
  assert.not.match(stderr, /vmlinux\.h has|libc6/)
})

test('a skeleton of a newer bpftool, in the words of either compiler', () => {
  const said = [
    'x.skel.h:77:8: error: ‘struct bpf_map_skeleton’ has no member named ‘link’',
    "x.skel.h:77:8: error: no member named 'link' in 'struct bpf_map_skeleton'",
  ]
  for (const text of said) assert.match(remedies.user(text) ?? '', 'newer than this libbpf', text)
  assert.is(remedies.user('x.c:1: error: ‘struct a’ has no member named ‘link’'), undefined)
})

test.run()
