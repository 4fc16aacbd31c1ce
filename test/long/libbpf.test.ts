// libbpf is built from its sources as upstream's own Makefile would build it, and no more than needed.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { run } from '../support/sources.ts'
import {
  BUILD,
  builtTree,
  FLAGS,
  FROM_SOURCE,
  SourceTree,
  sources,
  TOP,
} from '../support/sourcetree.ts'
import { eventsOf } from '../support/tree.ts'

const objects = ['sharedobjs', 'staticobjs'] as const

if ('reason' in sources) skip(test, 'libbpf from source', sources.reason)
else {
  const { folder } = sources

  test('everything that upstream builds is built once, and then nothing', () => {
    using tree = new SourceTree(folder)
    const names = fs
      .readdirSync(`${folder}/src`)
      .filter((name) => name.endsWith('.c'))
      .map((name) => name.replace(/c$/, 'o'))
    const expected = [
      ...objects.flatMap((kind) => names.map((name) => `build/libbpf/${kind}/${name}`)),
      ...['a', 'pc', 'so', 'so.1', 'so.1.5.0'].map((end) => `build/libbpf/libbpf.${end}`),
    ].sort()
    assert.equal(tree.ran(BUILD), expected)
    assert.equal(tree.ran(BUILD), [])
    assert.is(fs.readlinkSync(tree.at('build/libbpf/libbpf.so')), 'libbpf.so.1')
    assert.is(fs.readlinkSync(tree.at('build/libbpf/libbpf.so.1')), 'libbpf.so.1.5.0')
  })

  test('the flags are upstream’s, but for -Werror', () => {
    using tree = new SourceTree(folder)
    const planned = tree.events(['-n', 'libbpf', `LIBBPF_TOP=${TOP}`])
    const command = (output: string) =>
      planned.flatMap((event) =>
        event.type === 'start' && event.outputs[0] === output ? [event.command.join(' ')] : [],
      )[0] ?? ''
    const objects = ['static', 'shared'].map((kind) => command(`build/libbpf/${kind}objs/btf.o`))
    const [unshared = '', shared = ''] = objects
    for (const object of objects) {
      assert.match(object, `-I ${TOP}/src -I ${TOP}/include -I ${TOP}/include/uapi -g -O2 -W`)
      assert.match(object, '-D_LARGEFILE64_SOURCE -D_FILE_OFFSET_BITS=64')
      assert.match(object, '-Wno-unknown-warning-option -Wno-format-overflow')
      assert.not.match(object, '-Werror')
    }
    assert.match(unshared, '-g -O2 -Wall -std=gnu89 ')
    assert.not.match(unshared, '-fPIC')
    assert.match(shared, '-g -O2 -Wformat -std=gnu89 -fPIC -fvisibility=hidden -DSHARED ')
    assert.match(
      command('build/libbpf/libbpf.so.1.5.0'),
      `-shared -Wl,--version-script=${TOP}/src/libbpf.map -Wl,-soname,libbpf.so.1`,
    )
  })

  test('what the compiler warns of is told once; with CFLAGS of one’s own, as they say', () => {
    using tree = new SourceTree(folder)
    fs.appendFileSync(tree.at(`${TOP}/src/str_error.c`), 'static int unused_here;\n')
    const warnings = (...settings: string[]): number => {
      const objects = ['static', 'shared'].map((kind) => `build/libbpf/${kind}objs/str_error.o`)
      const from = ['LIBBPF=source', `LIBBPF_TOP=${TOP}`]
      const { status, stdout, stderr } = tree.run([...objects, ...from, ...settings])
      assert.is(status, 0, stderr)
      return (stdout + stderr).match(/\[-Wunused-variable\]/g)?.length ?? 0
    }
    // What distributions add is an error where there is no -Wformat.
    assert.is(warnings('EXTRA_CFLAGS=-Werror=format-security'), 1)
    assert.is(warnings('CFLAGS=-g -Wall -std=gnu89'), 2)
  })

  test('a header that is touched rebuilds what includes it, and only that', () => {
    const tree = builtTree(folder)
    tree.ran(BUILD)
    for (const header of ['hashmap.h', 'libbpf.map', 'strset.h']) {
      const including = fs
        .readdirSync(tree.at(`${TOP}/src`))
        .filter((name) => name.endsWith('.c'))
        .filter((name) => reads(tree.at(TOP), name).includes(header))
        .map((name) => name.replace(/c$/, 'o'))
      const expected =
        header === 'libbpf.map'
          ? ['build/libbpf/libbpf.so.1.5.0']
          : objects.flatMap((kind) => including.map((name) => `build/libbpf/${kind}/${name}`))
      tree.touch(`${TOP}/src/${header}`)
      const ran = tree.ran(BUILD).filter((path) => !/\.so(\.1)?$/.test(path))
      assert.equal(ran, expected.sort(), header)
      assert.equal(tree.ran(BUILD), [])
    }
  })

  test('a source that goes leaves the archive, and one that comes gets into it', () => {
    const tree = builtTree(folder)
    const members = () => run(['ar', 't', 'build/libbpf/libbpf.a'], tree.root)
    tree.write(`${TOP}/src/extra.c`, 'int extra;\n')
    assert.ok(tree.ran(BUILD).includes('build/libbpf/staticobjs/extra.o'))
    assert.match(members(), 'extra.o')
    tree.remove(`${TOP}/src/extra.c`)
    assert.equal(
      tree.ran(BUILD).filter((path) => /\.(a|so\.1\.5\.0)$/.test(path)),
      ['build/libbpf/libbpf.a', 'build/libbpf/libbpf.so.1.5.0'],
    )
    assert.not.match(members(), 'extra.o')
  })

  test('symbols and members are those of upstream’s own build', () => {
    const tree = builtTree(folder)
    const made = tree.at('made')
    run(['make', '-s', '-j2', `OBJDIR=${made}`, `CFLAGS=${FLAGS}`], tree.at(`${TOP}/src`))
    const ours = tree.at('build/libbpf')
    const exported = (library: string) =>
      run(['nm', '-D', '--defined-only', library], tree.root)
        .split('\n')
        .map((line) => line.replace(/^\S+ /, ''))
    const symbols = exported(`${made}/libbpf.so.1.5.0`)
    assert.ok(symbols.length > 300)
    assert.equal(exported(`${ours}/libbpf.so.1.5.0`), symbols)
    const members = (archive: string) => run(['ar', 't', archive], tree.root).split('\n').sort()
    assert.equal(members(`${ours}/libbpf.a`), members(`${made}/libbpf.a`))
    const soname = (library: string) =>
      /SONAME.*/.exec(run(['readelf', '-d', library], tree.root))?.[0]
    assert.is(soname(`${ours}/libbpf.so.1.5.0`), soname(`${made}/libbpf.so.1.5.0`))
    tree.remove('made')
  })

  test('the version of each tree is told, and one that contradicts itself', () => {
    const tree = builtTree(folder)
    tree.write('mixed/libbpf.map', 'LIBBPF_1.9.0 {\n};\nLIBBPF_1.10.0 {\n} LIBBPF_1.9.0;\n')
    tree.write(
      'mixed/libbpf_version.h',
      '#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 9\n',
    )
    const good = tree.run(['libbpf:version', '--', TOP])
    assert.is(good.stdout, `${TOP}/src/libbpf.map 1.5.0\n`)
    assert.is(good.status, 0)
    const both = tree.run(['libbpf:version', '--', TOP, 'mixed'])
    assert.is(both.status, 1)
    assert.match(both.stdout, 'mixed/libbpf.map 1.10.0, but libbpf_version.h says 1.9\n')
    const [event] = eventsOf(tree.run(['libbpf:version', '--json', '--', 'mixed']).stdout)
    assert.equal(event?.type === 'result' && event.data, {
      path: 'mixed/libbpf.map',
      version: '1.10.0',
      release: '1.10.0',
      header: '1.9',
      agrees: false,
    })
    tree.remove('mixed')
  })

  test('clean removes what was built from sources that are named no more', () => {
    using tree = new SourceTree(folder)
    const one = 'build/libbpf/staticobjs/btf.o'
    assert.is(tree.run(['libbpf', ...FROM_SOURCE]).status, 0)
    tree.write('build/libbpf/mine', 'mine')
    assert.match(tree.run(['clean', '-n']).stdout, `removed ${one}\n`)
    assert.ok(tree.exists(one))
    assert.is(tree.run(['clean']).status, 0)
    assert.equal(fs.readdirSync(tree.at('build/libbpf')), ['mine'])
    tree.remove('build/libbpf/mine')
    assert.is(tree.run(['clean']).status, 0)
    tree.remove('build/libbpf')
    assert.equal(tree.listing('build'), [])
  })
}

/** The headers that a source reads, asked of the compiler itself. */
function reads(top: string, source: string): string[] {
  const words = ['-Isrc', '-Iinclude', '-Iinclude/uapi', '-MM', `src/${source}`]
  return run(['cc', ...words], top)
    .split(/[\s\\]+/)
    .map((path) => path.replace(/^.*\//, ''))
}

test.run()
