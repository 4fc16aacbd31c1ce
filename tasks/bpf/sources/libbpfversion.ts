// Versions of libbpf as its own files tell them. Reads no file itself.

export interface LibbpfVersion {
  /** The highest version of its symbols, from libbpf.map: `1.1.0`. */
  readonly map: string
  /** What is released under: the same, but for a patch number that the Makefile knows: `1.1.2`. */
  readonly release: string
  /** Major and minor in libbpf_version.h: `1.1`. Undefined where it says none. */
  readonly header: string | undefined
}

/** The highest `LIBBPF_x.y.z` of a version script (ld(1), VERSION), as `1.5.0`. */
export function versionOfMap(text: string): string | undefined {
  const found = [...text.matchAll(/^LIBBPF_(\d+\.\d+\.\d+)\b/gm)].map(([, version = '']) => version)
  return found.sort(compareVersions).at(-1)
}

/** The version in the text of bpf/libbpf_version.h, as `1.1`. */
export function versionOfHeader(text: string): string | undefined {
  const major = /^#define LIBBPF_MAJOR_VERSION (\d+)/m.exec(text)?.[1]
  const minor = /^#define LIBBPF_MINOR_VERSION (\d+)/m.exec(text)?.[1]
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`
}

/** `1.5` of `1.5.1`: what a header tells. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/** The version in the text of libbpf.pc, as `1.5.0`. */
export function versionOfPc(text: string): string | undefined {
  return /^Version:\s*(\S+)/m.exec(text)?.[1]
}

/**
 * The version of a tree from the texts of its libbpf.map, libbpf_version.h and Makefile. The map
 * knows no patch releases; in the stand-alone repository the Makefile does.
 * @returns undefined where the map names no version
 */
export function libbpfVersion(
  map: string,
  header: string | undefined,
  makefile: string | undefined,
): LibbpfVersion | undefined {
  const version = versionOfMap(map)
  if (version === undefined) return undefined
  const [major = '', minor = ''] = version.split('.')
  const number = (name: string) =>
    new RegExp(`^LIBBPF_${name}_VERSION\\s*:?=\\s*(\\d+)\\s*$`, 'm').exec(makefile ?? '')?.[1]
  const patch = number('PATCH')
  const same = number('MAJOR') === major && number('MINOR') === minor
  return {
    map: version,
    release: same && patch !== undefined ? `${major}.${minor}.${patch}` : version,
    header: header === undefined ? undefined : versionOfHeader(header),
  }
}

/** Do the map and the header of a tree tell of one version? */
export function agrees({ map, header }: LibbpfVersion): boolean {
  return header !== undefined && map.startsWith(`${header}.`)
}

/** Numbers by number: 1.10.0 is above 1.9.0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
