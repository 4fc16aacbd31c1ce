// Since which kernel a type of map or program, a helper or a kind of section is there: uapi/linux/bpf.h by version.

const MAPS: Readonly<Record<string, string>> = {
  ringbuf: '5.8',
  user_ringbuf: '6.1',
  arena: '6.9',
  bloom_filter: '5.16',
  cgrp_storage: '6.2',
  task_storage: '5.11',
  inode_storage: '5.10',
  sk_storage: '5.2',
  struct_ops: '5.6',
  devmap_hash: '5.4',
  queue: '4.20',
  stack: '4.20',
  percpu_cgroup_storage: '4.20',
  cgroup_storage: '4.19',
  reuseport_sockarray: '4.19',
  sockhash: '4.18',
  xskmap: '4.18',
  cpumap: '4.15',
  devmap: '4.14',
  sockmap: '4.14',
}

/** What people call them. */
const MAP_NAMES: Readonly<Record<string, string>> = {
  ringbuf: 'ring buffer',
  user_ringbuf: 'user ring buffer',
  bloom_filter: 'Bloom filter',
  task_storage: 'storage of tasks',
  cgrp_storage: 'storage of cgroups',
  inode_storage: 'storage of inodes',
  sk_storage: 'storage of sockets',
}

const PROGRAMS: Readonly<Record<string, string>> = {
  netfilter: '6.4',
  syscall: '5.14',
  sk_lookup: '5.9',
  lsm: '5.7',
  struct_ops: '5.6',
  ext: '5.6',
  tracing: '5.5',
  cgroup_sockopt: '5.3',
  cgroup_sysctl: '5.2',
  raw_tracepoint_writable: '5.2',
  flow_dissector: '4.20',
  sk_reuseport: '4.19',
  raw_tracepoint: '4.17',
}

/** Kinds of sections that ask more of the kernel than the type of their programs does. */
const SECTIONS: readonly (readonly [section: RegExp, name: string, since: string])[] = [
  [
    /^\??(?:fentry|fexit|fmod_ret|lsm|iter|uprobe|uretprobe|usdt|tp_btf)\.s\//,
    'sleeping programs',
    '5.10',
  ],
  [/^\??iter\//, 'BPF iterators', '5.8'],
  [/^\??k(?:ret)?probe\.multi\//, 'kprobe.multi', '5.18'],
  [/^\??u(?:ret)?probe\.multi/, 'uprobe.multi', '6.6'],
  [/^\??xdp\.frags/, 'XDP of several buffers', '5.18'],
  [/^\??kprobe\.session\//, 'kprobe.session', '6.10'],
]

/** The last helper, by its number, that each kernel brought. */
const HELPERS: readonly (readonly [last: number, since: string])[] = [
  [106, '5.1'],
  [108, '5.2'],
  [109, '5.3'],
  [110, '5.4'],
  [115, '5.5'],
  [118, '5.6'],
  [124, '5.7'],
  [135, '5.8'],
  [141, '5.9'],
  [155, '5.10'],
  [162, '5.11'],
  [163, '5.12'],
  [165, '5.13'],
  [168, '5.14'],
  [175, '5.15'],
  [179, '5.16'],
  [185, '5.17'],
  [193, '5.18'],
  [203, '5.19'],
  [207, '6.0'],
  [209, '6.1'],
  [211, '6.2'],
]

/**
 * `ring buffer (5.8)`.
 * @param type as libbpf names it
 * @param release of the kernel that lacks it: one that is new enough was built without it
 */
export function mapFeature(type: string, release: string): string {
  return withSince(MAP_NAMES[type] ?? `maps of type ${type}`, MAPS[type], release)
}

/** `programs of type lsm (5.7)`. @param type as libbpf names it */
export function programFeature(type: string, release: string): string {
  return withSince(`programs of type ${type}`, PROGRAMS[type], release)
}

/** `bpf_loop() (5.17)`. @param name undefined where the headers of verify.c do not know the number */
export function helperFeature(number: number, name: string | undefined, release: string): string {
  const since = HELPERS.find(([last]) => number <= last)?.[1]
  return withSince(name === undefined ? `helper number ${number}` : `${name}()`, since, release)
}

/**
 * What a kind of section asks of the kernel, where this kernel is older than that. Kernels of distributions have
 * some of it earlier: so it explains a refusal, and foretells none.
 */
export function sectionFeature(section: string, release: string): string | undefined {
  const found = SECTIONS.find(([pattern]) => pattern.test(section))
  if (found === undefined) return undefined
  const [, name, since] = found
  return compareVersions(release, since) < 0 ? withSince(name, since, release) : undefined
}

function withSince(name: string, since: string | undefined, release: string): string {
  const isOld = since !== undefined && compareVersions(release, since) < 0
  return isOld ? `${name} (${since})` : name
}

/** By major and minor number alone: negative where the first is older. */
export function compareVersions(one: string, other: string): number {
  const [major = 0, minor = 0] = numbersOf(one)
  const [otherMajor = 0, otherMinor = 0] = numbersOf(other)
  return major - otherMajor || minor - otherMinor
}

function numbersOf(version: string): number[] {
  return version.split(/[.-]/).slice(0, 2).map(Number)
}
