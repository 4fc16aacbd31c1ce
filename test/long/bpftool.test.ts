// bpftool is built from its sources in two stages, and the demos are built and run with it.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip, testWith } from '../support/needs.ts'
import { kernelSources, run } from '../support/sources.ts'
import { SourceTree } from '../support/sourcetree.ts'

const kernel = kernelSources()

if ('reason' in kernel) skip(test, 'bpftool from source', kernel.reason)
else {
  const settings = [`BPFTOOL_TOP=${kernel.folder}`, 'CFLAGS=-O0']
  const tree = new SourceTree()
  process.on('exit', () => tree[Symbol.dispose]())

  test('a missing llvm-strip is found before anything is compiled', () => {
    const { status, stderr } = tree.run(['bpftool', ...settings, 'LLVM_STRIP=/nowhere/llvm-strip'])
    assert.is(status, 1)
    assert.match(stderr, 'error: llvm-strip was not found')
    assert.not(tree.exists('build/bpftool'))
  })

  test('the doctor knows the one that is to be built, and misses its sources', () => {
    const asked = (...words: string[]) =>
      /^bpftool {2}.*(\n +→ .*)?/m.exec(tree.run(['doctor', ...words]).stdout)?.[0]
    const found = asked('BPFTOOL=build', ...settings)
    assert.match(found ?? '', /OK +\S+\/tools\/bpf\/bpftool is to be built/)
    assert.match(asked('BPFTOOL=build') ?? '', /missing.*\n.*BPFTOOL_TOP=DIR/)
  })

  testWith(test, ['btf', 'clang'], 'the bootstrap stage serves where clang knows no BPF', () => {
    const clang = tree.at('clang')
    tree.write('clang', '#!/bin/sh\ncase "$*" in *bpf*) exit 1 ;; esac\nexec clang "$@"\n')
    fs.chmodSync(clang, 0o755)
    const { status, stdout, stderr } = tree.run(['bpftool', ...settings, `CLANG=${clang}`])
    assert.is(status, 0, stderr)
    assert.match(stderr, 'only bpftool’s bootstrap stage is built')
    assert.match(stdout, 'build/bpftool/bootstrap/bpftool\n')
    assert.not(tree.exists('build/bpftool/bpftool'))
    assert.match(run(['build/bpftool/bootstrap/bpftool', 'version'], tree.root), 'bpftool v')
  })

  testWith(test, ['btf', 'clang'], 'all of it is built once, and then nothing', () => {
    const { status, stdout, stderr } = tree.run(['bpftool', ...settings])
    assert.is(status, 0, stderr)
    assert.match(stdout, 'build/bpftool/bpftool\n')
    assert.match(stdout, /(with|without) libcap/)
    assert.equal(tree.ran(['bpftool', ...settings]), [])
    const version = run(['build/bpftool/bpftool', 'version'], tree.root)
    assert.match(version, /^\S*bpftool v\d/)
    assert.match(version, 'skeletons')
    assert.match(tree.read('build/bpftool/profiler.skel.h'), 'struct profiler_bpf {')
    assert.match(tree.read('build/bpftool/pid_iter.skel.h'), 'struct pid_iter_bpf {')
    assert.not.match(
      run(['readelf', '-S', 'build/bpftool/profiler.bpf.o'], tree.root),
      '.debug_info',
    )
  })

  testWith(test, ['root', 'bpf', 'btf', 'clang', 'tracefs'], 'the demos run with it', () => {
    const built = ['build:helloworld', ...settings, 'BPFTOOL=build']
    const { status, stdout, stderr } = tree.run(['-v', ...built])
    assert.is(status, 0, stderr)
    assert.match(stdout, 'build/bpftool/bpftool gen skeleton build/helloworld/helloworld.bpf.o')
    assert.match(stdout, 'build/bpftool/bpftool btf dump file')
    assert.equal(tree.ran(built), [])
    run(['build/helloworld/helloworld', '--duration', '0.2'], tree.root)
    // An installed one is not asked: it may not be there.
    tree.write('none/bpftool', '#!/bin/sh\nexit 1\n')
    fs.chmodSync(tree.at('none/bpftool'), 0o755)
    const PATH = `${tree.at('none')}:${process.env['PATH']}`
    const checked = tree.run(['check:trace_execve', ...settings, 'BPFTOOL=build'], { PATH })
    assert.is(checked.status, 0, checked.stdout + checked.stderr)
  })

  test('it is installed as upstream’s own Makefile installs it', () => {
    const place = ['PREFIX=/usr', 'DESTDIR=dest']
    assert.is(tree.run(['bpftool:install', ...settings, ...place]).status, 0)
    // What upstream installs counts as built already: its build is not what is compared.
    fs.cpSync(kernel.folder, tree.at('upstream'), { recursive: true })
    const folder = tree.at('upstream/tools/bpf/bpftool')
    fs.writeFileSync(`${folder}/bpftool`, '')
    const words = ['-s', '-o', 'bpftool', 'install', `DESTDIR=${tree.at('made')}`, 'prefix=/usr']
    run(['make', ...words], folder)
    assert.equal(tree.listing('dest'), tree.listing('made'))
    assert.is(tree.listing('dest').length, 2)
    tree.remove('made')
    assert.is(tree.run(['bpftool:uninstall', ...place]).status, 0)
    assert.not(tree.exists('dest'))
  })
}

test.run()
