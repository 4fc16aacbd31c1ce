// What cannot be built is said in one block that names it, before anything is compiled.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { SourceTree, sources, TOP } from '../support/sourcetree.ts'
import type { Ran } from '../support/tree.ts'

/** One block, no stack, nothing was made. */
function refused(tree: SourceTree, { status, stderr }: Ran, said: readonly string[]): void {
  assert.ok(status === 1 || status === 2, String(status))
  for (const text of said) assert.match(stderr, text)
  assert.is(stderr.match(/^error: /gm)?.length, 1, stderr)
  assert.not.match(stderr, /\n +at /)
  assert.not(tree.exists('build/libbpf'))
}

test('a folder that is no libbpf', () => {
  using tree = new SourceTree()
  const ran = tree.run(['libbpf', 'LIBBPF_TOP=projects'])
  refused(tree, ran, ['projects is no tree of libbpf’s sources', 'projects/src/libbpf.map'])
})

test('no folder at all', () => {
  using tree = new SourceTree()
  refused(tree, tree.run(['libbpf']), ['no sources of libbpf are named', 'LIBBPF_TOP=DIR'])
  refused(tree, tree.run(['build', 'LIBBPF=source']), ['no sources of libbpf are named'])
  refused(tree, tree.run(['bpftool']), ['no sources of bpftool are named', 'BPFTOOL_TOP=DIR'])
  refused(tree, tree.run(['bpftool', 'BPFTOOL_TOP=tasks']), ['tasks is no tree of bpftool’s'])
})

test('a prefix without a libbpf, and a word that means nothing', () => {
  using tree = new SourceTree()
  const empty = tree.run(['build', `LIBBPF=${tree.at('tasks')}`])
  refused(tree, empty, ['no libbpf is installed in', 'include/bpf/libbpf.h', 'libbpf:install'])
  refused(tree, tree.run(['build', 'LIBBPF=sauce']), ['LIBBPF cannot be sauce', 'git:TAG'])
})

test('a prefix that is no absolute path', () => {
  using tree = new SourceTree()
  const { status, stderr } = tree.run(['libbpf:uninstall', 'PREFIX=here'])
  assert.is(status, 2)
  assert.match(stderr, 'PREFIX must be an absolute path')
})

test('a folder to look for versions in that is not there', () => {
  using tree = new SourceTree()
  const { status, stderr } = tree.run(['libbpf:version', '--', 'nowhere'])
  assert.is(status, 2)
  assert.match(stderr, 'nowhere is not there')
})

if ('reason' in sources) skip(test, 'trees that are broken', sources.reason)
else {
  const { folder } = sources
  const build = ['libbpf', `LIBBPF_TOP=${TOP}`]

  test('a tree whose map and header tell two versions', () => {
    using tree = new SourceTree(folder)
    tree.write(
      `${TOP}/src/libbpf_version.h`,
      '#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 4\n',
    )
    const said = ['contradicts itself', 'libbpf.map        1.5.0', 'libbpf_version.h  1.4']
    refused(tree, tree.run(build), said)
  })

  test('a tarball that was unpacked by half', () => {
    using tree = new SourceTree(folder)
    for (const name of ['usdt.c', 'zip.c', 'zip.h', 'usdt.bpf.h']) tree.remove(`${TOP}/src/${name}`)
    const said = ['is not whole', 'src/usdt.bpf.h', 'src/usdt.c', 'src/zip.c']
    refused(tree, tree.run(build), said)
    tree.remove(`${TOP}/include`)
    refused(tree, tree.run(build), ['is not whole', 'and'])
  })
}

test.run()
