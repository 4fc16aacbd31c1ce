// One setting says which libbpf programs are built with; its headers and its archive never mix.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { skip, testWith } from '../support/needs.ts'
import { kernelSources, libbpfSources, run } from '../support/sources.ts'
import { builtTree, FLAGS, FROM_SOURCE, SourceTree, sources } from '../support/sourcetree.ts'

/** Tells the version of the headers that it was compiled with, and of the archive in it. */
const TELL = `
#include <stdio.h>
#include <bpf/libbpf.h>
int main(void)
{
	printf("headers %d.%d, archive %s\\n", LIBBPF_MAJOR_VERSION, LIBBPF_MINOR_VERSION,
	       libbpf_version_string());
	return 0;
}
`

const TELLER = `
import { bpfRules, doctor, sourceTasks } from './tasks/bpf/index.ts'
import { main, task } from './tasks/engine/index.ts'
const bpf = bpfRules({ out: 'build' })
await main({ tell: task('Tell', [bpf.loader('tell.c')]), ...sourceTasks(bpf), doctor }, { settings: bpf.settings })
`

/** What a program says that is built with these settings; and that a second build runs nothing. */
function chosenBy(tree: SourceTree, settings: readonly string[]): string {
  const { status, stderr } = tree.run(['tell', ...settings])
  assert.is(status, 0, stderr)
  assert.equal(tree.ran(['tell', ...settings]), [])
  return run(['build/tell'], tree.root).trim()
}

function teller(sources?: string): SourceTree {
  const tree = new SourceTree(sources)
  tree.write('tasks.ts', TELLER)
  tree.write('tell.c', TELL)
  return tree
}

if ('reason' in sources) skip(test, 'a libbpf of choice', sources.reason)
else {
  const { folder } = sources

  test('switching back and forth builds what must be built, and never a mixture', () => {
    const tree = builtTree(folder)
    tree.write('tell.c', TELL)
    const kept = tree.read('tasks.ts')
    tree.write('tasks.ts', TELLER)
    const system = chosenBy(tree, [])
    assert.match(system, /^headers (\d+\.\d+), archive v\1/)
    assert.is(chosenBy(tree, FROM_SOURCE), 'headers 1.5, archive v1.5')
    const both = ['build/tell', 'build/tell.o']
    assert.equal(tree.ran(['tell']), both)
    // Its headers, which nothing finds any more while the system's are used, were removed meanwhile.
    const header = 'build/libbpf/include/bpf/bpf.h'
    assert.equal(tree.ran(['tell', ...FROM_SOURCE]), [header, ...both])
    const place = ['PREFIX=/opt', 'DESTDIR=dest']
    assert.is(tree.run(['libbpf:install', ...FROM_SOURCE, ...place]).status, 0)
    const installed = [`LIBBPF=${tree.at('dest/opt')}`]
    assert.is(chosenBy(tree, installed), 'headers 1.5, archive v1.5')
    assert.is(chosenBy(tree, []), system)
    // Another release's header put among the installed ones is noticed before it is compiled with.
    tree.write(
      'dest/opt/include/bpf/libbpf_version.h',
      '#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 1\n',
    )
    const mixed = tree.run(['tell', ...installed])
    assert.is(mixed.status, 1)
    assert.match(mixed.stderr, 'has headers of one libbpf and the archive of another')
    tree.remove('dest')
    tree.write('tasks.ts', kept)
  })

  test('the shared library is that of the same choice, and found where the tree is moved to', () => {
    const tree = builtTree(folder)
    tree.write('tell.c', TELL)
    const kept = tree.read('tasks.ts')
    tree.write('tasks.ts', TELLER.replace("'tell.c'", "'tell.c', { libbpf: 'shared' }"))
    const libraryOf = (program: string): string =>
      /libbpf\.so\.1 => (\S+)/.exec(run(['ldd', program], tree.root))?.[1] ?? ''
    const system = chosenBy(tree, [])
    assert.match(system, /^headers (\d+\.\d+), archive v\1/)
    assert.match(libraryOf('build/tell'), /^\/(usr\/)?lib/)
    assert.is(chosenBy(tree, FROM_SOURCE), 'headers 1.5, archive v1.5')
    assert.is(libraryOf('build/tell'), tree.at('build/libbpf/libbpf.so.1'))
    run(['cp', '-a', 'build', 'moved'], tree.root)
    assert.is(libraryOf('moved/tell'), tree.at('moved/libbpf/libbpf.so.1'))
    tree.remove('moved')
    const place = ['PREFIX=/opt', 'DESTDIR=dest']
    assert.is(tree.run(['libbpf:install', ...FROM_SOURCE, ...place]).status, 0)
    const installed = [`LIBBPF=${tree.at('dest/opt')}`]
    assert.is(chosenBy(tree, installed), 'headers 1.5, archive v1.5')
    assert.ok(libraryOf('build/tell').startsWith(tree.at('dest/opt/lib')))
    tree.remove('dest')
    tree.write('tasks.ts', kept)
  })

  testWith(test, ['root', 'bpf', 'btf', 'clang', 'tracefs'], 'the demos run with it', () => {
    const tree = builtTree(folder)
    const { status, stderr } = tree.run(['build', ...FROM_SOURCE])
    assert.is(status, 0, stderr)
    assert.equal(tree.ran(['build', ...FROM_SOURCE]), [])
    assert.match(
      tree.run(['-n', '-v', '-B', 'build', ...FROM_SOURCE]).stdout,
      'build/libbpf/libbpf.a',
    )
    run(['build/helloworld/helloworld', '--duration', '0.2'], tree.root)
    const checked = tree.run(['check:trace_execve', ...FROM_SOURCE])
    assert.is(checked.status, 0, checked.stdout + checked.stderr)
  })
}

test('of the libraries of several machines below a prefix that of the compiler is taken', () => {
  using tree = teller()
  const machine = run(['cc', '-dumpmachine'], tree.root).trim()
  tree.write('all/include/bpf/libbpf.h', '')
  for (const name of ['aaa-linux-gnu', machine, 'zzz-linux-gnu']) {
    tree.write(`all/lib/${name}/libbpf.a`, name)
  }
  const linked = () => {
    const planned = tree.events(['-n', 'tell', `LIBBPF=${tree.at('all')}`])
    const link = planned.find((event) => event.type === 'start' && event.rule === 'LINK')
    return link?.type === 'start' && link.command.find((word) => word.endsWith('/libbpf.a'))
  }
  assert.is(linked(), tree.at(`all/lib/${machine}/libbpf.a`))
  tree.write('all/lib/libbpf.a', '')
  assert.is(linked(), tree.at(`all/lib/${machine}/libbpf.a`))
  tree.write('all/lib64/libbpf.a', '')
  assert.is(linked(), tree.at('all/lib64/libbpf.a'))
})

test('a libbpf of the machine that is too old, or none, is one block with the ways out', () => {
  using tree = teller()
  tree.write('old/bpf/libbpf.h', '#error too old\n')
  tree.write(
    'old/bpf/libbpf_version.h',
    '#define LIBBPF_MAJOR_VERSION 0\n#define LIBBPF_MINOR_VERSION 8\n',
  )
  const ways = ['apt: libbpf-dev', 'LIBBPF=git:v', 'LIBBPF=source LIBBPF_TOP=DIR']
  const old = tree.run(['tell', `EXTRA_CFLAGS=-I${tree.at('old')}`])
  refused(old, 1, 'this machine’s libbpf is too old: 0.8', 'needed    1.0 or newer', ...ways)
  const seen = tree.run(['doctor', `EXTRA_CFLAGS=-I${tree.at('old')}`]).stdout
  assert.match(seen, /^libbpf +missing +this machine’s libbpf is too old: 0\.8/m)
  const none = tree.run(['tell', 'EXTRA_CFLAGS=-nostdinc'])
  refused(none, 1, 'libbpf’s headers were not found', ...ways)
  assert.not(tree.exists('build/tell'))
})

for (const release of ['1.1.2', '1.7.0'] as const) {
  const found = libbpfSources(release)
  const name = `libbpf ${release} is built and linked with`
  if ('reason' in found) skip(test, name, found.reason)
  else
    test(name, () => {
      using tree = teller(found.folder)
      const version = release.replace(/\.\d+$/, '')
      assert.is(chosenBy(tree, FROM_SOURCE), `headers ${version}, archive v${version}`)
      const pc = tree.run(['build/libbpf/libbpf.pc', ...FROM_SOURCE])
      assert.is(pc.status, 0, pc.stderr)
      assert.match(tree.read('build/libbpf/libbpf.pc'), `Version: ${release}\n`)
    })
}

const kernel = kernelSources()
if ('reason' in kernel) skip(test, 'libbpf of a kernel tree', kernel.reason)
else
  test('the libbpf of a kernel tree gets the header that is generated there', () => {
    using tree = teller()
    const settings = [
      'LIBBPF=source',
      `LIBBPF_TOP=${kernel.folder}/tools/lib/bpf`,
      `CFLAGS=${FLAGS}`,
    ]
    const highest = "grep -o '^LIBBPF_[0-9.]*' tools/lib/bpf/libbpf.map | sort -V | tail -n 1"
    const map = run(['sh', '-c', highest], kernel.folder).replace(
      /^LIBBPF_(\d+\.\d+)\.\d+\n$/,
      '$1',
    )
    assert.is(chosenBy(tree, settings), `headers ${map}, archive v${map}`)
    assert.match(tree.read('build/libbpf/include/bpf/bpf_helper_defs.h'), 'bpf_map_lookup_elem')
  })

test('a release is cloned, unless its tag is not at the commit that is recorded', () => {
  using tree = teller()
  const git = [
    'git',
    '-c',
    'user.name=x',
    '-c',
    'user.email=x@example.org',
    '-c',
    'init.defaultBranch=main',
  ]
  tree.write('repository/src/libbpf.map', 'LIBBPF_1.0.0 {\n};\n')
  const commands = [
    ['init', '-q', '.'],
    ['add', '.'],
    ['commit', '-qm', 'x'],
    ['tag', 'v8.0.0'],
  ]
  for (const words of commands) run([...git, ...words], tree.at('repository'))
  const commit = run(['git', 'rev-parse', 'HEAD'], tree.at('repository')).trim()
  const from = `LIBBPF_GIT=${tree.at('repository')}`
  const dry = tree.run(['-n', 'libbpf:fetch', `LIBBPF=git:v8.0.0@${commit}`, from])
  assert.match(dry.stdout, 'fetch --quiet --depth 1')
  assert.not(tree.exists('build'))
  const missing = tree.run(['libbpf', `LIBBPF=git:v8.0.0@${commit}`, from])
  assert.is(missing.status, 1)
  assert.match(missing.stderr, `libbpf:fetch LIBBPF=git:v8.0.0@${commit}`)
  const unknown = tree.run(['libbpf', 'LIBBPF=git:v8.0.0', from])
  assert.is(unknown.status, 2)
  assert.match(unknown.stderr, 'no commit is recorded for a tag v8.0.0 of libbpf')
  const absent = tree.run(['libbpf:fetch', `LIBBPF=git:v9.0.0@${commit}`, from])
  assert.is(absent.status, 1)
  assert.match(absent.stderr, "couldn't find remote ref refs/tags/v9.0.0")
  // The clone is whole now, and so is the judgement of what was cloned.
  const cloned = tree.run(['libbpf:fetch', 'libbpf', `LIBBPF=git:v8.0.0@${commit}`, from])
  assert.is(cloned.status, 1)
  assert.match(cloned.stderr, 'build/src/libbpf-v8.0.0/src is not whole')
  const moved = tree.run(['libbpf:fetch', `LIBBPF=git:v8.0.0@${'0'.repeat(40)}`, from])
  assert.is(moved.status, 1)
  assert.match(moved.stderr, 'is not at the commit that is recorded for it')
  assert.match(moved.stderr, commit)
})

test.run()
