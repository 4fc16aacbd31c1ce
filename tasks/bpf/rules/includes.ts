// Where a compile looks for headers, and what defines and other flags it gets.
import { type Arg, type Derived, derive, type Input } from '../../engine/index.ts'
import type { LibbpfChoice } from './choices.ts'
import type { CompileOptions, Folder } from './options.ts'

export interface Includes extends Pick<CompileOptions, 'headers'> {
  readonly libbpf: Derived<LibbpfChoice>
  readonly includes?: readonly Folder[]
}

/** The folders, first match first: those of the chosen libbpf before all others. */
export function foldersOf({ libbpf, includes = [] }: Includes): Derived<readonly string[]> {
  const named = includes.map((folder) =>
    typeof folder === 'string' ? derive([], () => folder) : folder,
  )
  return derive([libbpf, ...named], (chosen, ...folders) => [
    ...new Set([...(chosen as LibbpfChoice).includes, ...(folders as string[][]).flat()]),
  ])
}

/** Folders as flags. */
export function includeFlags(folders: Derived<readonly string[]>): Arg {
  return derive([folders], (all) => all.flatMap((folder) => ['-I', folder]))
}

/** Generated headers that must be there before the compile. */
export function headersOf({ libbpf, headers = [] }: Includes): Input[] {
  return [...headers, derive([libbpf], (chosen) => chosen.headers)]
}
