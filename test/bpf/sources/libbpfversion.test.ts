// Versions of libbpf from its map, its header and its Makefile, and where it is installed.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { libraryFolder } from '../../../tasks/bpf/sources/installfolders.ts'
import {
  agrees,
  compareVersions,
  libbpfVersion,
  versionOfMap,
} from '../../../tasks/bpf/sources/libbpfversion.ts'

const MAP =
  'LIBBPF_0.0.1 {\n};\nLIBBPF_1.9.0 {\n} LIBBPF_0.0.1;\nLIBBPF_1.10.0 {\n} LIBBPF_1.9.0;\n'
const header = (major: number, minor: number) =>
  `#define LIBBPF_MAJOR_VERSION ${major}\n#define LIBBPF_MINOR_VERSION ${minor}\n`
const makefile = (minor: number, patch: number) =>
  `LIBBPF_MAJOR_VERSION := 1\nLIBBPF_MINOR_VERSION := ${minor}\nLIBBPF_PATCH_VERSION := ${patch}\n`

test('the highest version of a map is found by number', () => {
  assert.is(versionOfMap(MAP), '1.10.0')
  assert.is(versionOfMap('} LIBBPF_1.0.0;\n'), undefined)
  assert.is(versionOfMap(''), undefined)
  assert.ok(compareVersions('1.10.0', '1.9.9') > 0)
  assert.is(compareVersions('1.1', '1.1.0'), 0)
})

test('a Makefile of the same version adds a patch number', () => {
  const release = (text?: string) => libbpfVersion(MAP, header(1, 10), text)?.release
  assert.is(release(makefile(10, 2)), '1.10.2')
  assert.is(release(makefile(9, 2)), '1.10.0')
  assert.is(release('LIBBPF_VERSION := $(shell grep …)\n'), '1.10.0')
  assert.is(release(), '1.10.0')
  assert.is(libbpfVersion('', header(1, 1), undefined), undefined)
})

test('a header of another version, or none, does not agree', () => {
  const agreed = (text?: string) => {
    const version = libbpfVersion(MAP, text, undefined)
    return version !== undefined && agrees(version)
  }
  assert.ok(agreed(header(1, 10)))
  assert.not(agreed(header(1, 1)))
  assert.not(agreed('/* nothing */'))
  assert.not(agreed())
})

test('libraries go to lib64 where the machine has it', () => {
  for (const machine of ['x86_64', 'aarch64', 'powerpc64le', 'riscv64', 's390x', 'mips64el']) {
    assert.is(libraryFolder(machine), 'lib64', machine)
  }
  for (const machine of ['i686', 'arm', 'mips']) assert.is(libraryFolder(machine), 'lib', machine)
})

test.run()
