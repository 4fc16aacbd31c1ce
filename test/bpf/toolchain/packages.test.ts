// What is missing, by distribution, and the command line that installs it; no machine is looked at.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testNeeds } from '../../../tasks/bpf/machine/testneeds.ts'
import { asRoot, throughSudo } from '../../../tasks/bpf/system/sudo.ts'
import {
  installCommand,
  lacksCandidate,
  type ManagerName,
  managers,
  type Need,
  needs,
  packagesFor,
  parseRelease,
  pickManager,
  placesOf,
} from '../../../tasks/bpf/toolchain/packages.ts'
import { quoteCommand, UserError } from '../../../tasks/engine/index.ts'

const debian = parseRelease('ID=debian\nVERSION_ID="12"\n')

test('a bare Debian gets all that the build needs, in one command', () => {
  assert.equal(
    commandFor('apt', needs),
    'env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ' +
      '-o DPkg::Lock::Timeout=300 clang llvm bpftool gcc binutils libc6-dev linux-libc-dev ' +
      'libbpf-dev libelf-dev zlib1g-dev',
  )
})

test('what only the tests need has names of its own, as far as there are any', () => {
  assert.match(
    commandFor('apt', testNeeds),
    / systemtap-sdt-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross clang-format nginx-light iproute2 make strace golang-go golang-github-cilium-ebpf-dev$/,
  )
  assert.match(commandFor('apk', testNeeds), / clang-extra-tools nginx iproute2 make strace go$/)
})

test('the other managers have their own names', () => {
  assert.equal(
    commandFor('dnf', needs),
    'dnf install -y clang llvm bpftool gcc binutils glibc-devel kernel-headers libbpf-devel ' +
      'libbpf-static elfutils-libelf-devel zlib-devel',
  )
  assert.equal(
    commandFor('pacman', needs),
    'pacman -S --needed --noconfirm clang llvm bpf gcc binutils glibc linux-api-headers libbpf ' +
      'libelf zlib',
  )
  assert.equal(
    commandFor('zypper', needs),
    'zypper --non-interactive install --no-recommends clang llvm bpftool gcc binutils ' +
      'glibc-devel linux-glibc-devel libbpf-devel libbpf-devel-static libelf-devel zlib-devel',
  )
  assert.equal(
    commandFor('apk', needs),
    'apk add --update-cache clang llvm bpftool gcc binutils musl-dev argp-standalone ' +
      'linux-headers libbpf-dev elfutils-dev zlib-dev',
  )
})

test('only what is missing is installed, and each package once', () => {
  const missing = needs.filter(({ name }) => name.startsWith('libbpf'))
  assert.equal(
    packagesFor(missing, 'apt', () => false),
    ['libbpf-dev'],
  )
  assert.equal(
    packagesFor(missing, 'dnf', () => false),
    ['libbpf-devel', 'libbpf-static'],
  )
})

test('Arch has no package for libbpf.a', () => {
  const missing = needs.filter(({ name }) => name === 'libbpf.a')
  assert.is(missing.length, 1)
  assert.equal(
    packagesFor(missing, 'pacman', () => false),
    [],
  )
})

test('an Ubuntu without a bpftool package takes it from the tools of its kernels', () => {
  const missing = needs.filter(({ name }) => name === 'bpftool')
  assert.equal(
    packagesFor(missing, 'apt', (name) => name === 'bpftool'),
    ['linux-tools-common', 'linux-tools-generic'],
  )
})

test('a package that is only provided by others cannot be installed', () => {
  assert.is(lacksCandidate(''), true)
  assert.is(lacksCandidate('bpftool:\n  Installed: (none)\n  Candidate: (none)\n'), true)
  assert.is(lacksCandidate('bpftool:\n  Installed: (none)\n  Candidate: 7.1.0+6.1.192-2\n'), false)
})

test('the rebuilds of RHEL have libbpf in a repository that is off at first', () => {
  const rocky = parseRelease('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n')
  assert.equal(installCommand(manager('dnf'), rocky, ['libbpf-static']), [
    'dnf',
    'install',
    '-y',
    '--enablerepo=crb',
    'libbpf-static',
  ])
  const alma8 = parseRelease('ID="almalinux"\nVERSION_ID="8.10"\n')
  assert.ok(installCommand(manager('dnf'), alma8, []).includes('--enablerepo=powertools'))
  const fedora = parseRelease('ID=fedora\nVERSION_ID=41\n')
  assert.equal(installCommand(manager('dnf'), fedora, ['gcc']), ['dnf', 'install', '-y', 'gcc'])
})

test('os-release is read with and without quotes', () => {
  assert.equal(parseRelease(`NAME='x y'\n# no\nID=linuxmint\nID_LIKE="ubuntu debian"\n`), {
    families: ['linuxmint', 'ubuntu', 'debian'],
    major: undefined,
  })
  assert.equal(parseRelease('ID="opensuse-leap"\nVERSION_ID="15.6"'), {
    families: ['opensuse-leap'],
    major: 15,
  })
  assert.equal(parseRelease(''), { families: [], major: undefined })
})

test('the distribution’s own manager is preferred to one that is merely installed', () => {
  const all = () => true
  assert.is(pickManager(debian, all)?.name, 'apt')
  assert.is(pickManager(parseRelease('ID=opensuse-tumbleweed'), all)?.name, 'zypper')
  assert.is(pickManager(parseRelease('ID=nobara\nID_LIKE="rhel fedora"'), all)?.name, 'dnf')
  assert.is(pickManager(parseRelease('ID=manjaro\nID_LIKE=arch'), all)?.name, 'pacman')
  assert.is(pickManager(parseRelease('ID=alpine'), all)?.name, 'apk')
})

test('an unknown distribution uses the manager that is there, or none', () => {
  const unknown = parseRelease('ID=mine')
  assert.is(pickManager(unknown, (program) => program === 'zypper')?.name, 'zypper')
  assert.is(
    pickManager(unknown, () => false),
    undefined,
  )
})

test('apt’s lists are known by name, packed or not', () => {
  const name = manager('apt').lists?.name
  const main = 'deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages'
  assert.is(name?.test(main), true)
  assert.is(name?.test(`${main}.lz4`), true)
  assert.is(name?.test('deb.debian.org_debian_dists_bookworm_InRelease'), false)
  assert.is(name?.test('lock'), false)
})

test('old lists are told from other failures of apt', () => {
  const old = manager('apt').oldLists
  assert.is(old?.test('E: Unable to locate package bpftool'), true)
  assert.is(old?.test('Err:1 http://deb.debian.org/x.deb  404  Not Found [IP: 1.2.3.4 80]'), true)
  assert.is(old?.test("E: Package 'bpftool' has no installation candidate"), true)
  assert.is(old?.test('E: dpkg was interrupted, you must manually run dpkg --configure -a'), false)
})

test('headers and libraries are looked for where the architecture keeps them', () => {
  const header = { kind: 'header', file: 'bpf/libbpf.h' } as const
  assert.ok(placesOf(header, 'x86_64').includes('/usr/include/bpf/libbpf.h'))
  const library = { kind: 'library', file: 'libbpf.a' } as const
  assert.ok(placesOf(library, 'aarch64').includes('/usr/lib/aarch64-linux-gnu/libbpf.a'))
  assert.ok(placesOf(library, 'i686').includes('/usr/lib/i386-linux-gnu/libbpf.a'))
  assert.ok(placesOf(library, 'x86_64').includes('/usr/lib64/libbpf.a'))
})

test('who is not root goes through sudo, or is told what to do without', () => {
  const command = ['apt-get', 'update']
  assert.equal(asRoot(command, {}, true), command)
  assert.equal(throughSudo(command, '/usr/bin/sudo'), ['sudo', 'apt-get', 'update'])
  const error = thrown(() => throughSudo(command, undefined))
  assert.instance(error, UserError)
  assert.is((error as UserError).block.hint, "run it as root: su -c 'apt-get update'")
})

function commandFor(name: ManagerName, missing: readonly Need[]): string {
  const packages = packagesFor(missing, name, () => false)
  return quoteCommand(installCommand(manager(name), debian, packages))
}

function manager(name: ManagerName) {
  const found = managers.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no manager ${name}`)
  return found
}

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

test.run()
