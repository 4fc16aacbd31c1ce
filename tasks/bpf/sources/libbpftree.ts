// A tree of libbpf's sources: where it keeps what, whether it is whole, and its version.
import { posix } from 'node:path'
import { type Derived, derive, glob, text, UserError } from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import { agrees, type LibbpfVersion, libbpfVersion } from './libbpfversion.ts'

export interface LibbpfTree {
  /** The folder with libbpf.c. */
  readonly folder: string
  /** The stand-alone repository, or tools/lib/bpf of a kernel tree. */
  readonly layout: 'repository' | 'kernel'
  /** Folders for `-I`. */
  readonly includes: readonly string[]
  /** Folder of the uapi headers: bpf.h, bpf_common.h, btf.h. */
  readonly uapi: string
  readonly version: LibbpfVersion
  /** All C sources. */
  readonly sources: readonly string[]
  /** The script that makes bpf_helper_defs.h; only a kernel tree is without that header. */
  readonly helperScript: string | undefined
}

/** The headers that programs include as `<bpf/…>`; bpf_helper_defs.h is the one that is generated. */
export const publicHeaders = [
  'bpf.h',
  'bpf_core_read.h',
  'bpf_endian.h',
  'bpf_helper_defs.h',
  'bpf_helpers.h',
  'bpf_tracing.h',
  'btf.h',
  'libbpf.h',
  'libbpf_common.h',
  'libbpf_legacy.h',
  'libbpf_version.h',
  'skel_internal.h',
  'usdt.bpf.h',
] as const

/** The headers of the kernel that libbpf brings, for systems whose own are too old for it. */
export const uapiHeaders = ['bpf.h', 'bpf_common.h', 'btf.h'] as const

/** Where libbpf.map is, below what the user named. */
const places = ['src', '.', 'tools/lib/bpf'] as const

/**
 * The tree at `top`: a checkout or release of the repository, its src, or a kernel tree.
 * Asking for it throws a UserError where that is no libbpf, is not whole, or contradicts itself.
 * @param named how the user named it, for messages: `LIBBPF_TOP=…`
 * @param hint what to do where there is none
 */
export function libbpfTree(
  top: string,
  named: string,
  hint = 'name a checkout, an unpacked release, or tools/lib/bpf of a kernel tree',
): Derived<LibbpfTree> {
  const folders = places.map((place) => posix.join(top, place))
  return derive(
    folders.map((folder) => text(posix.join(folder, 'libbpf.map'))),
    (...maps) => {
      const at = maps.findIndex((map) => map !== undefined)
      const [folder, map] = [folders[at], maps[at]]
      if (folder !== undefined && map !== undefined) return treeIn(folder, map, named)
      throw new UserError({
        what: `${top} is no tree of libbpf’s sources`,
        facts: [
          ['set by', named],
          ['looked for', folders.map((place) => posix.join(place, 'libbpf.map')).join('\n')],
        ],
        hint,
        status: 2,
      })
    },
  )
}

function treeIn(folder: string, map: string, named: string): Derived<LibbpfTree> {
  const file = (name: string) => posix.join(folder, name)
  const kernel = file('../../include/uapi/linux')
  const repository = file('../include/uapi/linux')
  const helperScript = file('../../../scripts/bpf_doc.py')
  return derive(
    [
      text(file('libbpf_version.h')),
      text(file('Makefile')),
      text(file('Build')),
      files(folder, '*.c'),
      files(folder, '{*.h,libbpf.pc.template}'),
      glob(
        ...[kernel, repository].map((uapi) => `${literalPattern(uapi)}/*.h`),
        literalPattern(helperScript),
      ),
    ],
    (header, makefile, build, sources, others, around) => {
      // Below bpftool's repository, which has such a folder too, libbpf has its own.
      const has = (uapi: string) => around.includes(posix.join(uapi, 'bpf.h'))
      const inKernel = has(kernel) && !has(repository)
      const script = inKernel && around.includes(helperScript) ? helperScript : undefined
      const uapi = inKernel ? kernel : repository
      const there = new Set([...sources, ...others, ...around])
      const missing = [
        ...publicHeaders.filter((name) => script === undefined || name !== 'bpf_helper_defs.h'),
        'libbpf.pc.template',
        'libbpf.c',
        ...sourcesOf(makefile ?? '', build ?? ''),
      ].map(file)
      missing.push(...uapiHeaders.map((name) => posix.join(uapi, name)))
      const version = libbpfVersion(map, header, makefile)
      const lacking = [...new Set(missing)].filter((path) => !there.has(path))
      if (lacking.length > 0) throw notWhole(folder, lacking, named)
      if (version === undefined || !agrees(version)) throw contradiction(folder, version, named)
      return {
        folder,
        layout: inKernel ? 'kernel' : 'repository',
        includes: [folder, posix.dirname(posix.dirname(uapi)), posix.dirname(uapi)],
        uapi,
        version,
        sources,
        helperScript: script,
      }
    },
  )
}

/** The sources that a tree's own Makefile or Build names: what it lacks of them is lost. */
function sourcesOf(makefile: string, build: string): string[] {
  const lists = [
    /^OBJS\s*:?=((?:.*\\\n)*.*)$/m.exec(makefile)?.[1],
    /^libbpf-y\s*:?=((?:.*\\\n)*.*)$/m.exec(build)?.[1],
  ]
  return lists.flatMap((list) =>
    [...(list ?? '').matchAll(/\b(\w+)\.o\b/g)].map(([, name]) => `${name}.c`),
  )
}

function notWhole(folder: string, missing: readonly string[], named: string): UserError {
  const shown =
    missing.length > 5 ? [...missing.slice(0, 4), `and ${missing.length - 4} more`] : missing
  return new UserError({
    what: `the tree of libbpf’s sources in ${folder} is not whole`,
    facts: [
      ['set by', named],
      ['missing', shown.join('\n')],
    ],
    hint: 'unpack or check it out again',
  })
}

function contradiction(
  folder: string,
  version: LibbpfVersion | undefined,
  named: string,
): UserError {
  return new UserError({
    what: `the tree of libbpf’s sources in ${folder} contradicts itself about its version`,
    facts: [
      ['set by', named],
      ['libbpf.map', version?.map ?? 'no version'],
      ['libbpf_version.h', version?.header ?? 'no version'],
    ],
    hint: 'two versions seem to be mixed here: unpack or check it out again',
  })
}

function files(folder: string, pattern: string) {
  return glob(`${literalPattern(folder)}/${pattern}`)
}
