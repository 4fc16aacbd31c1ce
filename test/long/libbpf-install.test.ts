// libbpf is installed as upstream's own Makefile would install it, and taken away without a trace.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { runInOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { run } from '../support/sources.ts'
import { builtTree, FROM_SOURCE, sources } from '../support/sourcetree.ts'

const STATIC = ['BUILD_STATIC_ONLY=1', 'NO_PKG_CONFIG=1', 'PREFIX=/usr/local/bpf']

if ('reason' in sources) skip(test, 'libbpf:install', sources.reason)
else {
  const { folder } = sources

  test('the static library is fifteen files', () => {
    const tree = builtTree(folder)
    const { status, stdout, stderr } = tree.run([
      'libbpf:install',
      ...FROM_SOURCE,
      ...STATIC,
      'DESTDIR=dest',
    ])
    assert.is(status, 0, stderr)
    assert.match(stdout, 'installed libbpf: 15 files')
    const headers = [
      ...['bpf', 'bpf_core_read', 'bpf_endian', 'bpf_helper_defs', 'bpf_helpers', 'bpf_tracing'],
      ...['btf', 'libbpf', 'libbpf_common', 'libbpf_legacy', 'libbpf_version', 'skel_internal'],
      'usdt.bpf',
    ]
    const libraries = fs.existsSync(tree.at('dest/usr/local/bpf/lib64')) ? 'lib64' : 'lib'
    const expected = [
      ...headers.map((name) => `644 include/bpf/${name}.h`),
      `644 ${libraries}/libbpf.a`,
      `644 ${libraries}/pkgconfig/libbpf.pc`,
    ]
    assert.equal(tree.listing('dest/usr/local/bpf'), expected)
    assert.match(
      tree.read(`dest/usr/local/bpf/${libraries}/pkgconfig/libbpf.pc`),
      `prefix=/usr/local/bpf\nlibdir=\${prefix}/${libraries}\n`,
    )
  })

  test('what was installed is removed, what was changed or added stays', () => {
    const tree = builtTree(folder)
    tree.write('dest/usr/local/bpf/include/bpf/mine.h', '/* mine */\n')
    tree.write('dest/usr/local/bpf/include/bpf/btf.h', '/* changed */\n')
    const uninstall = ['libbpf:uninstall', ...STATIC, 'DESTDIR=dest']
    assert.is(tree.run(['-n', ...uninstall]).stdout.match(/^removed/gm)?.length, 14)
    assert.is(tree.listing('dest').length, 16)
    const { status, stderr } = tree.run(uninstall)
    assert.is(status, 0, stderr)
    assert.match(stderr, 'btf.h was changed since it was installed: it stays')
    assert.equal(tree.listing('dest'), [
      '644 usr/local/bpf/include/bpf/btf.h',
      '644 usr/local/bpf/include/bpf/mine.h',
    ])
    tree.remove('dest')
    const again = tree.run(uninstall)
    assert.is(again.status, 1)
    assert.match(again.stderr, 'no libbpf was installed to')
  })

  test('the shared library comes with its links, and folders can be named', () => {
    const tree = builtTree(folder)
    const places = ['PREFIX=/opt', 'LIBDIR=/opt/lib/here', 'INCLUDEDIR=/opt/inc', 'DESTDIR=dest']
    assert.is(
      tree.run(['libbpf:install', 'libbpf:uapi-install', ...FROM_SOURCE, ...places]).status,
      0,
    )
    const found = tree.listing('dest/opt').filter((line) => !line.includes('inc/bpf/'))
    assert.equal(found, [
      '644 inc/linux/bpf.h',
      '644 inc/linux/bpf_common.h',
      '644 inc/linux/btf.h',
      '644 lib/here/libbpf.a',
      'link lib/here/libbpf.so',
      'link lib/here/libbpf.so.1',
      '755 lib/here/libbpf.so.1.5.0',
      '644 lib/here/pkgconfig/libbpf.pc',
    ])
    const pc = tree.read('dest/opt/lib/here/pkgconfig/libbpf.pc')
    assert.match(pc, 'libdir=/opt/lib/here\nincludedir=/opt/inc\n')
    assert.is(tree.run(['libbpf:uninstall', ...places]).status, 0)
    assert.not(tree.exists('dest'))
  })

  test('a place that cannot be written is one clear block', () => {
    const tree = builtTree(folder)
    const { status, stderr } = tree.run([
      'libbpf:install',
      ...FROM_SOURCE,
      'PREFIX=/proc/nowhere',
      'BUILD_STATIC_ONLY=1',
    ])
    assert.is(status, 1)
    assert.match(stderr, 'error: cannot write libbpf in /proc/nowhere')
    assert.match(stderr, 'PREFIX=DIR or DESTDIR=DIR')
    assert.not.match(stderr, /\n +at /)
    assert.not(tree.exists('build/installed.json'))
  })

  testWith(test, ['root'], 'a file system that is mounted read-only is named as what it is', () => {
    const tree = builtTree(folder)
    tree.write('mount/keep', '')
    const mount = `mount -t tmpfs -o ro none '${tree.at('mount')}'`
    const install = ['libbpf:install', ...FROM_SOURCE, `PREFIX=${tree.at('mount')}`]
    const ran = runInOwnMounts(tree, mount, install)
    refused(ran, 1, 'error: cannot write libbpf in', 'the file system is read-only', 'PREFIX=DIR')
    assert.not.match(ran.stderr, 'sudo')
    assert.equal(tree.listing('mount'), ['644 keep'])
  })

  testWith(test, ['root'], 'who is not root learns that a folder may not be written', () => {
    const tree = builtTree(folder)
    tree.write('closed/keep', '')
    fs.chmodSync(tree.at('closed'), 0o555)
    run(['chown', '-R', 'nobody', '.'], tree.root)
    try {
      const install = ['libbpf:install', ...FROM_SOURCE, `PREFIX=${tree.at('closed')}`]
      const words = ['setpriv', '--reuid=nobody', '--clear-groups', ...tsxCommand(...install)]
      const { status, stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
        cwd: tree.root,
        encoding: 'utf8',
      })
      const said = ['error: cannot write libbpf in', 'permission denied', 'or be root (sudo)']
      refused({ status, stdout, stderr }, 1, ...said)
    } finally {
      run(['chown', '-R', 'root', '.'], tree.root)
    }
    assert.equal(tree.listing('closed'), ['644 keep'])
  })
}

test.run()
