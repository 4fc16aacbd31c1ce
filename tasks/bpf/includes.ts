// Where a compile looks for headers: those of the chosen libbpf before all others.
import { type Arg, type Derived, derive, type Input } from '../engine/index.ts'
import type { LibbpfChoice } from './libbpfchoice.ts'

interface Includes {
  readonly libbpf: Derived<LibbpfChoice>
  readonly includes?: readonly string[]
  readonly headers?: readonly Input[]
}

/** The folders, first match first. */
export function foldersOf({ libbpf, includes = [] }: Includes): Derived<readonly string[]> {
  return derive([libbpf], (chosen) => [...chosen.includes, ...includes])
}

/** The folders as flags. */
export function includeFlags(options: Includes): Arg {
  const { libbpf, includes = [] } = options
  return derive([libbpf], (chosen) =>
    [...chosen.includes, ...includes].flatMap((folder) => ['-I', folder]),
  )
}

/** Generated headers that must be there before the compile. */
export function headersOf({ libbpf, headers = [] }: Includes): Input[] {
  return [...headers, derive([libbpf], (chosen) => chosen.headers)]
}
