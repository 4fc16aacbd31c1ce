// What a bpftool from source uses of other libraries: each is found where it is, missed where its
// header is hidden, and the program itself tells which it has.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { covering, runInOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { kernelSources, run } from '../support/sources.ts'
import { FLAGS, SourceTree } from '../support/sourcetree.ts'

/** By the doctor's name: a header without which it is not usable. */
const headers = {
  libelf: '/usr/include/libelf.h',
  zlib: '/usr/include/zlib.h',
  libcap: '/usr/include/sys/capability.h',
  libbfd: '/usr/include/bfd.h /usr/include/*/bfd.h',
  LLVM: '/usr/lib/llvm-*/include/llvm-c/Disassembler.h',
  libcrypto: '/usr/include/openssl/cms.h',
} as const

type Name = keyof typeof headers
const names = Object.keys(headers) as Name[]

/** A script after which these headers cannot be compiled. */
function without(tree: SourceTree, headers: string): string {
  tree.write('hidden.h', '#error hidden\n')
  return covering(tree.at('hidden.h'), headers)
}

/** The features that the doctor finds usable. */
function usable(stdout: string): Name[] {
  return names.filter((name) => new RegExp(`^${name} +OK +usable$`, 'm').test(stdout))
}

testWith(
  test,
  ['root'],
  'each probe says yes where the library is, and no without its header',
  () => {
    using tree = new SourceTree()
    const there = usable(tree.run(['doctor']).stdout)
    assert.ok(there.includes('libelf') && there.includes('zlib'))
    for (const name of names.filter((other) => !there.includes(other))) {
      process.stdout.write(`not here, so only its absence is seen: ${name}\n`)
    }
    for (const name of there) {
      // Answers are remembered as long as the compiler is the same: another tree asks anew.
      using other = new SourceTree()
      const { stdout } = runInOwnMounts(other, without(other, headers[name]), ['doctor'])
      assert.equal(
        usable(stdout),
        there.filter((found) => found !== name),
        `without the header of ${name}`,
      )
    }
  },
)

const kernel = kernelSources()
if ('reason' in kernel) skip(test, 'features of bpftool', kernel.reason)
else {
  const settings = [`BPFTOOL_TOP=${kernel.folder}`, `CFLAGS=${FLAGS}`]

  testWith(test, ['root', 'btf', 'clang'], 'the program that is built tells the same', () => {
    using tree = new SourceTree()
    const found = usable(tree.run(['doctor']).stdout)
    const { status, stdout, stderr } = tree.run(['bpftool', ...settings])
    assert.is(status, 0, stderr)
    const version = run(['build/bpftool/bpftool', 'version'], tree.root)
    const features = /^features: (.*)$/m.exec(version)?.[1]?.split(', ') ?? []
    // That of Linux 6.1 knows no LLVM, and signs nothing.
    assert.is(features.includes('libbfd'), found.includes('libbfd'))
    for (const name of ['libcap', 'libbfd'] as const) {
      assert.match(stdout, `${found.includes(name) ? 'with' : 'without'} ${name}`)
    }
    const needed = run(['readelf', '-d', 'build/bpftool/bpftool'], tree.root)
    assert.is(/NEEDED.*libcap/.test(needed), found.includes('libcap'))
    // All of it goes away again with the headers, and the program is linked without.
    const hide = without(tree, `${headers.libcap} ${headers.libbfd}`)
    const plain = runInOwnMounts(tree, `rm -rf build; ${hide}`, ['bpftool', ...settings])
    assert.is(plain.status, 0, plain.stderr)
    const bare = run(['build/bpftool/bpftool', 'version'], tree.root)
    assert.not.match(bare, 'libbfd')
    assert.not.match(run(['readelf', '-d', 'build/bpftool/bpftool'], tree.root), 'libcap')
  })
}

test.run()
