// Which libbpf a tree asks for by itself, where LIBBPF and LIBBPF_TOP ask for none.
import { posix } from 'node:path'
import { type Derived, derive, glob, UserError } from '../../engine/index.ts'
import { literalPattern } from '../system/index.ts'
import { settings } from '../toolchain/index.ts'

/**
 * The libbpf of a tree. `system`: the one that the compiler finds. `prefix`: one that is installed
 * below a folder. `sources`: the first folder that has libbpf's sources, such as a submodule; `uapi`
 * adds the kernel headers that they bring to the folders for `-I`, and `staged` names a folder that
 * gets the headers as `bpf/…`. LIBBPF and LIBBPF_TOP go before all of these.
 * @example
 * const libbpf: LibbpfSpec = { sources: ['libbpf', '../libbpf'], otherwise: 'system', uapi: true }
 */
export type LibbpfSpec =
  | 'system'
  | { readonly prefix: string }
  | {
      readonly sources: string | readonly string[]
      readonly otherwise?: 'system'
      readonly uapi?: boolean
      readonly staged?: string
    }

/** As LIBBPF and LIBBPF_TOP would say it. */
export interface LibbpfAsked {
  readonly libbpf: string
  readonly top: string | undefined
}

export function libbpfAsked(spec: LibbpfSpec): Derived<LibbpfAsked> {
  return derive([settings.LIBBPF, settings.LIBBPF_TOP], (libbpf, top) => {
    if (libbpf !== undefined) return derive([], () => ({ libbpf, top }))
    if (spec === 'system') return derive([], () => ({ libbpf: 'system', top }))
    if ('prefix' in spec) {
      const { prefix } = spec
      // Without a slash it would be taken for one of the words that LIBBPF knows.
      return derive([], () => ({ libbpf: prefix.includes('/') ? prefix : `./${prefix}`, top }))
    }
    if (top !== undefined) return derive([], () => ({ libbpf: 'source', top }))
    const signs = ['', 'src/', 'tools/lib/bpf/'].map((place) => `${place}libbpf.map`)
    const found = firstTree([spec.sources].flat(), signs, {
      name: 'libbpf',
      optional: spec.otherwise === 'system',
      hint: 'or name them: LIBBPF_TOP=DIR, or take an installed libbpf: LIBBPF=system',
    })
    return derive([found], (first) => ({
      libbpf: first === undefined ? 'system' : 'source',
      top: first,
    }))
  })
}

/**
 * The first of some folders with one of some files in it.
 * @throws UserError where none has one, unless that may be
 */
export function firstTree(
  folders: readonly string[],
  signs: readonly string[],
  tree: { readonly name: string; readonly optional: boolean; readonly hint: string },
): Derived<string | undefined> {
  const path = (folder: string, sign: string) => posix.join(folder, sign)
  const all = folders.flatMap((folder) => signs.map((sign) => literalPattern(path(folder, sign))))
  return derive([glob(...all)], (there): string | undefined => {
    const found = folders.find((folder) => signs.some((sign) => there.includes(path(folder, sign))))
    if (found !== undefined || tree.optional) return found
    throw new UserError({
      what: `there are no sources of ${tree.name}`,
      facts: [['looked in', folders.join('\n')]],
      hint: `git submodule update --init --recursive, where they are a submodule\n${tree.hint}`,
      status: 2,
    })
  })
}
