// The libbpf and the bpftool that the rules use. Who chooses them, and how, is not known here.
import type { Arg, Input } from '../../engine/index.ts'

/** The libbpf to compile and link with. */
export interface LibbpfChoice {
  /** Folders for `-I`, before all others; none where the compiler finds the headers by itself. */
  readonly includes: readonly string[]
  /** Headers that are generated. */
  readonly headers: readonly Input[]
  /** As a word of a link its path; as an input, so that another one, or a newer one, is a change. */
  readonly archive: Input
  /** The shared library, for links with that. */
  readonly shared: SharedLibbpf
}

/** Where libbpf.so is. */
export interface SharedLibbpf {
  /** Folder of it; undefined where the compiler finds it by itself. */
  readonly folder: string | undefined
  /** What the build makes of it. */
  readonly files: Input
}

/** The bpftool that dumps BTF and makes skeletons. */
export interface BpftoolChoice {
  readonly program: Arg
  /** The program as an input, where it is built: it must be there first. */
  readonly file: Input
  /** Adds nothing to a command; fails where an installed one makes no skeletons. */
  readonly skeletons: Arg
}
