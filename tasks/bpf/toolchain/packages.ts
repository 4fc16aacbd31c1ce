// What a machine needs before it can build BPF, and the packages that bring it, by package manager.
// Decides and names; looks at nothing and installs nothing.
import type { Tool } from '../../engine/index.ts'
import { bpftool, cc, clang, llvmStrip } from './programs.ts'

export type ManagerName = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'apk'

/** By what a needed thing is known to be there. */
export type Sign =
  | { readonly kind: 'tool'; readonly tool: Tool }
  | { readonly kind: 'program'; readonly program: string }
  | { readonly kind: 'header' | 'library' | 'keyring'; readonly file: string }

export interface Need {
  readonly name: string
  readonly sign: Sign
  /** The packages that bring it; none where the distributions of that manager have none. */
  readonly packages: Readonly<Record<ManagerName, readonly string[]>>
}

/** What tools may include and not every machine has, by the header. */
export const headerNeeds: ReadonlyMap<string, Need> = new Map([
  [
    'sys/sdt.h',
    {
      name: 'the header of static probes',
      sign: { kind: 'header', file: 'sys/sdt.h' },
      packages: {
        apt: ['systemtap-sdt-dev'],
        dnf: ['systemtap-sdt-devel'],
        pacman: [],
        zypper: ['systemtap-sdt-devel'],
        apk: [],
      },
    },
  ],
])

/** All that the build needs of a machine besides Node and a kernel with BTF. */
export const needs: readonly Need[] = [
  {
    name: 'clang',
    sign: { kind: 'tool', tool: clang },
    packages: everywhere('clang'),
  },
  {
    name: 'llvm-strip',
    sign: { kind: 'tool', tool: llvmStrip },
    packages: everywhere('llvm'),
  },
  {
    name: 'bpftool',
    sign: { kind: 'tool', tool: bpftool },
    packages: { ...everywhere('bpftool'), pacman: ['bpf'] },
  },
  {
    name: 'cc',
    sign: { kind: 'tool', tool: cc },
    packages: everywhere('gcc'),
  },
  {
    name: 'ld',
    sign: { kind: 'program', program: 'ld' },
    packages: everywhere('binutils'),
  },
  {
    name: 'C headers',
    sign: { kind: 'header', file: 'stdio.h' },
    packages: {
      apt: ['libc6-dev'],
      dnf: ['glibc-devel'],
      pacman: ['glibc'],
      zypper: ['glibc-devel'],
      apk: ['musl-dev'],
    },
  },
  {
    // Part of glibc; musl leaves it to a library of its own, to be linked with -largp.
    name: 'argp headers',
    sign: { kind: 'header', file: 'argp.h' },
    packages: {
      apt: ['libc6-dev'],
      dnf: ['glibc-devel'],
      pacman: ['glibc'],
      zypper: ['glibc-devel'],
      apk: ['argp-standalone'],
    },
  },
  {
    name: 'kernel headers',
    sign: { kind: 'header', file: 'asm/types.h' },
    packages: {
      apt: ['linux-libc-dev'],
      dnf: ['kernel-headers'],
      pacman: ['linux-api-headers'],
      zypper: ['linux-glibc-devel'],
      apk: ['linux-headers'],
    },
  },
  {
    name: 'libbpf headers',
    sign: { kind: 'header', file: 'bpf/libbpf.h' },
    packages: {
      apt: ['libbpf-dev'],
      dnf: ['libbpf-devel'],
      pacman: ['libbpf'],
      zypper: ['libbpf-devel'],
      apk: ['libbpf-dev'],
    },
  },
  {
    // Arch's libbpf is built without it: https://github.com/bpftrace/bpftrace/issues/4454
    name: 'libbpf.a',
    sign: { kind: 'library', file: 'libbpf.a' },
    packages: {
      apt: ['libbpf-dev'],
      dnf: ['libbpf-static'],
      pacman: [],
      zypper: ['libbpf-devel-static'],
      apk: ['libbpf-dev'],
    },
  },
  {
    name: 'libelf headers',
    sign: { kind: 'header', file: 'libelf.h' },
    packages: {
      apt: ['libelf-dev'],
      dnf: ['elfutils-libelf-devel'],
      pacman: ['libelf'],
      zypper: ['libelf-devel'],
      apk: ['elfutils-dev'],
    },
  },
  {
    name: 'zlib headers',
    sign: { kind: 'header', file: 'zlib.h' },
    packages: {
      apt: ['zlib1g-dev'],
      dnf: ['zlib-devel'],
      pacman: ['zlib'],
      zypper: ['zlib-devel'],
      apk: ['zlib-dev'],
    },
  },
]

/** What the guests of `vm` need on top: to be booted, and programs that need no libraries. */
export const guestNeeds: readonly Need[] = [
  {
    name: 'qemu',
    sign: { kind: 'program', program: 'qemu-system-x86_64' },
    packages: {
      apt: ['qemu-system-x86'],
      dnf: ['qemu-system-x86-core'],
      pacman: ['qemu-system-x86'],
      zypper: ['qemu-x86'],
      apk: ['qemu-system-x86_64'],
    },
  },
  {
    name: 'busybox',
    sign: { kind: 'program', program: 'busybox' },
    packages: {
      apt: ['busybox-static'],
      dnf: ['busybox'],
      pacman: ['busybox'],
      zypper: ['busybox-static'],
      apk: ['busybox-static'],
    },
  },
  {
    name: "the keys of Debian's archive",
    sign: { kind: 'keyring', file: 'debian-archive-keyring.gpg' },
    packages: { apt: ['debian-archive-keyring'], dnf: [], pacman: [], zypper: [], apk: [] },
  },
  {
    name: 'libc.a',
    sign: { kind: 'library', file: 'libc.a' },
    packages: {
      apt: ['libc6-dev'],
      dnf: ['glibc-static'],
      pacman: ['glibc'],
      zypper: ['glibc-devel-static'],
      apk: ['musl-dev'],
    },
  },
  {
    // Arch has it in no package.
    name: 'libelf.a',
    sign: { kind: 'library', file: 'libelf.a' },
    packages: {
      apt: ['libelf-dev'],
      dnf: ['elfutils-libelf-devel-static'],
      pacman: [],
      zypper: ['libelf-devel-static'],
      apk: ['libelf-static'],
    },
  },
  {
    name: 'libz.a',
    sign: { kind: 'library', file: 'libz.a' },
    packages: {
      apt: ['zlib1g-dev'],
      dnf: ['zlib-static'],
      pacman: ['zlib'],
      zypper: ['zlib-devel-static'],
      apk: ['zlib-static'],
    },
  },
]

export interface Manager {
  readonly name: ManagerName
  /** The program that installs. */
  readonly program: string
  /** The IDs of os-release whose own manager it is. */
  readonly families: readonly string[]
  readonly install: readonly string[]
  /** Fetches the lists of packages; undefined where installing does that by itself. */
  readonly refresh?: readonly string[]
  /** The folder of those lists, and what their names have in them. */
  readonly lists?: { readonly folder: string; readonly name: RegExp }
  /** What it says when a package is not found because the lists are old. */
  readonly oldLists?: RegExp
  /** How to look for the package that brings a file or has a name. */
  readonly search: string
}

/**
 * The package managers, each with the words that install without asking.
 * apt's own questions go with DEBIAN_FRONTEND (debconf(7)); LC_ALL makes its messages readable to
 * `oldLists`; the lock is waited for because a new machine often updates itself just then.
 */
export const managers: readonly Manager[] = [
  {
    name: 'apt',
    program: 'apt-get',
    families: ['debian', 'ubuntu'],
    install: [
      ...['env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'],
      ...['apt-get', 'install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'],
    ],
    refresh: ['apt-get', 'update'],
    lists: { folder: '/var/lib/apt/lists', name: /_Packages(?:\.\w+)?$/ },
    oldLists: /Unable to locate package|has no installation candidate|\b404 +Not Found/,
    search: 'apt-cache search',
  },
  {
    name: 'dnf',
    program: 'dnf',
    families: ['fedora', 'rhel', 'centos'],
    install: ['dnf', 'install', '-y'],
    search: 'dnf provides',
  },
  {
    // Lists are only fetched where there are none: newer ones with an older system would be a
    // partial upgrade, https://wiki.archlinux.org/title/System_maintenance
    name: 'pacman',
    program: 'pacman',
    families: ['arch'],
    install: ['pacman', '-S', '--needed', '--noconfirm'],
    refresh: ['pacman', '-Syu', '--noconfirm'],
    lists: { folder: '/var/lib/pacman/sync', name: /\.db$/ },
    search: 'pacman -F',
  },
  {
    name: 'zypper',
    program: 'zypper',
    families: ['suse', 'opensuse', 'sles'],
    install: ['zypper', '--non-interactive', 'install', '--no-recommends'],
    search: 'zypper search --provides',
  },
  {
    name: 'apk',
    program: 'apk',
    families: ['alpine'],
    install: ['apk', 'add', '--update-cache'],
    search: 'apk search',
  },
]

/** What os-release says of the distribution: os-release(5). */
export interface Release {
  /** ID and the words of ID_LIKE, nearest first. */
  readonly families: readonly string[]
  readonly major: number | undefined
}

/** Reads the text of /etc/os-release; lines that are no assignment are passed over. */
export function parseRelease(text: string): Release {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*?))\s*$/.exec(line)
    const [, name, double, single, bare] = match ?? []
    if (name !== undefined) values.set(name, double ?? single ?? bare ?? '')
  }
  const like = (values.get('ID_LIKE') ?? '').split(/\s+/)
  const major = /^\d+/.exec(values.get('VERSION_ID') ?? '')?.[0]
  return {
    families: [values.get('ID') ?? '', ...like].filter((word) => word !== ''),
    major: major === undefined ? undefined : Number(major),
  }
}

/**
 * The manager to install with: of those that are there, the distribution's own, else the first.
 * A Debian can have dnf or pacman installed, which would know nothing about it.
 */
export function pickManager(
  release: Release,
  isThere: (program: string) => boolean,
): Manager | undefined {
  const there = managers.filter(({ program }) => isThere(program))
  for (const family of release.families) {
    // openSUSE's ID goes on with its edition: opensuse-leap, opensuse-tumbleweed.
    const id = family.startsWith('opensuse') ? 'opensuse' : family
    const own = there.find(({ families }) => families.includes(id))
    if (own !== undefined) return own
  }
  return there[0]
}

/**
 * The packages that bring what is missing, each once, in the order of the needs.
 * @param lacks true for a package that the lists of this machine do not have
 */
export function packagesFor(
  missing: readonly Need[],
  manager: ManagerName,
  lacks: (name: string) => boolean,
): string[] {
  const names = missing.flatMap((need) => need.packages[manager])
  return [
    ...new Set(names.flatMap((name) => (lacks(name) ? (substitutes[name] ?? [name]) : [name]))),
  ]
}

/** Ubuntu had bpftool in the tools of its kernels before it became a package. */
const substitutes: Readonly<Record<string, readonly string[]>> = {
  bpftool: ['linux-tools-common', 'linux-tools-generic'],
}

/** True for a package that has a substitute, so that it is worth asking whether it is there. */
export function hasSubstitute(name: string): boolean {
  return substitutes[name] !== undefined
}

/** The command that installs these packages, without sudo. */
export function installCommand(
  manager: Manager,
  release: Release,
  packages: readonly string[],
): readonly string[] {
  const repository = manager.name === 'dnf' ? developerRepository(release) : undefined
  const enabled = repository === undefined ? [] : [`--enablerepo=${repository}`]
  return [...manager.install, ...enabled, ...packages]
}

/** The repository that has libbpf's files in the rebuilds of RHEL, where it is off at first. */
function developerRepository({ families: [id], major }: Release): string | undefined {
  if (id === undefined || !['centos', 'rocky', 'almalinux'].includes(id)) return undefined
  if (major === undefined || major < 8) return undefined
  return major === 8 ? 'powertools' : 'crb'
}

/**
 * True when `apt-cache policy NAME` (in the C locale) says that NAME cannot be installed: nothing
 * at all for a name it never heard, `Candidate: (none)` for one that others only provide.
 */
export function lacksCandidate(policy: string): boolean {
  const candidate = /^\s*Candidate: (.+)$/m.exec(policy)?.[1]
  return candidate === undefined || candidate === '(none)'
}

/**
 * The paths where a header or library would be, in the order in which they are preferred.
 * @param machine what `uname -m` says
 */
export function placesOf(sign: Extract<Sign, { file: string }>, machine: string): string[] {
  const triple = multiarch(machine)
  if (sign.kind === 'keyring') return [`/usr/share/keyrings/${sign.file}`]
  const folders =
    sign.kind === 'header'
      ? ['/usr/local/include', `/usr/include/${triple}`, '/usr/include']
      : ['/usr/local/lib64', '/usr/local/lib', `/usr/lib/${triple}`, '/usr/lib64', '/usr/lib']
  return folders.map((folder) => `${folder}/${sign.file}`)
}

/** Debian's name for an architecture's folders: https://wiki.debian.org/Multiarch/Tuples */
function multiarch(machine: string): string {
  if (/^i[3-6]86$/.test(machine)) return 'i386-linux-gnu'
  if (/^armv[67]/.test(machine)) return 'arm-linux-gnueabihf'
  if (machine === 'ppc64le') return 'powerpc64le-linux-gnu'
  return `${machine}-linux-gnu`
}

function everywhere(name: string): Readonly<Record<ManagerName, readonly string[]>> {
  const names = [name]
  return { apt: names, dnf: names, pacman: names, zypper: names, apk: names }
}
