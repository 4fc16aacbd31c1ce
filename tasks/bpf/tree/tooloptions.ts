// What the tools of a tree can be told, and what is known of them once they are declared.
import { checks, type Derived, type Edge, type Input } from '../../engine/index.ts'
import {
  type BpfObject,
  compileChecks,
  identifier,
  type LinkOptions,
  type Loader,
  linkChecks,
  type ObjectOptions,
  type Objects,
  objectChecks,
  type SourceFile,
  type Sources,
  sourceList,
  type UserOptions,
} from '../rules/index.ts'
import type { Feature } from '../toolchain/index.ts'
import type { ToolSource } from './sourcefinder.ts'

/** What all tools of a tree can be told, and each again. */
interface ToolDefaults extends LinkOptions {
  readonly bpf?: ObjectOptions
  readonly user?: UserOptions
  /** Objects of user space to link in, which all share. */
  readonly objects?: readonly Objects[]
}

/**
 * Options of one tool.
 * @example
 * const fsdist: ToolOptions = { aliases: ['ext4dist', 'xfsdist'], libraries: ['-lm'] }
 */
export interface ToolOptions extends ToolDefaults {
  /** Sources of user space that are compiled for this tool alone. */
  readonly sources?: readonly SourceFile[]
  /** Names of other BPF sources whose objects become part of its object. */
  readonly link?: readonly string[]
  /** Names of tools whose skeletons its loader embeds, where its source does not include them itself. */
  readonly skeletons?: readonly string[]
  /** `NAME` gives `struct NAME`, before what is said of all tools. */
  readonly skeletonName?: string
  readonly aliases?: readonly string[]
  /** Where one of these is missing, the tool is left out. */
  readonly needs?: readonly Feature[]
}

/**
 * What is known of the tools of a tree.
 * @example
 * const options: ToolsOptions = { except: ['draft'], each: { top: { libraries: ['-lm'] } } }
 */
export interface ToolsOptions extends ToolDefaults {
  /** Where one of these is missing, a tool is left out: of all tools, or by what is known of each. */
  readonly needs?: readonly Feature[] | ((tool: ToolSource) => readonly Feature[])
  /** Names of those that are not tools. */
  readonly except?: readonly string[]
  /** What one tool has besides, by its name. */
  readonly each?: Readonly<Record<string, ToolOptions>>
  /** The name of a tool by a source of it, BPF or loader. Default: the file without `.bpf.c`, `.c`, … */
  readonly name?: (source: string) => string
  /**
   * Patterns for sources of loaders. Default: beside the BPF sources, `*.c` and C++. One is a loader
   * where a BPF source has its name, or where it includes a skeleton. `false`: there are none, as where Go
   * or Rust load the objects.
   */
  readonly loaders?: Sources | false
  /** Path of an object below the folder of what is made. Default: `NAME.bpf.o`. */
  readonly objectFile?: (name: string) => string
  /** Path of a skeleton below the folder of what is made. Default: `NAME.skel.h` and the like. */
  readonly skeletonFile?: (name: string) => string
  /** `(name) => name` gives `struct NAME` for each skeleton. Default: `x.bpf.o` gives `struct x_bpf`. */
  readonly skeletonName?: (name: string) => string
}

/**
 * One tool.
 * @example
 * const programOf = ({ name, loader }: BuiltTool) => `${name}: ${loader?.output.path ?? 'BPF only'}`
 */
export interface BuiltTool {
  readonly name: string
  /** Undefined for a loader that embeds the objects of others. */
  readonly object: BpfObject | undefined
  /** Undefined for what is BPF only. */
  readonly loader: Loader | undefined
  readonly aliases: readonly Edge[]
}

/** What is known of a tool before it is built. */
export interface KnownTool extends ToolSource {
  readonly aliases: readonly string[]
}

/**
 * The tools of a tree: known when they are asked for, since files decide which there are.
 * @example
 * const tools = bpf.tools('*.bpf.c')
 * await main({ build: task('Build every tool', [tools.all]) }, bpf.mainOptions)
 */
export interface Tools {
  /** Every object, program and alias. */
  readonly all: Derived<Input>
  readonly list: Derived<readonly BuiltTool[]>
  /** The same tools by their sources, those that are left out included: no compiler is asked. */
  readonly known: Derived<readonly KnownTool[]>
  /** Those that need what is missing here, with what that is. */
  readonly leftOut: Derived<readonly LeftOut[]>
}

/**
 * A tool that is not built here.
 * @example
 * const said = ({ name, lack }: LeftOut) => `${name}: ${lack}`
 */
export interface LeftOut {
  readonly name: string
  /** What is missing. */
  readonly lack: string
  /** Its other names, which are not made either. */
  readonly aliases?: readonly string[]
}

const defaults = (where: string) => ({
  bpf: checks.nested(`bpf of ${where}`, objectChecks),
  user: checks.nested(`user of ${where}`, compileChecks),
  objects: checks.list,
  needs: features,
  ...linkChecks,
})

/** What each option of one tool may be. */
export const toolChecks = (where: string) =>
  ({
    ...defaults(where),
    sources: sourceList,
    link: checks.words,
    skeletons: checks.words,
    skeletonName: identifier,
    aliases: checks.words,
  }) satisfies Record<keyof ToolOptions, unknown>

/** What each option of all tools may be. */
export const toolsChecks = {
  ...defaults('tools'),
  needs: (value: unknown) => (typeof value === 'function' ? undefined : features(value)),
  except: checks.words,
  each: checks.record,
  name: checks.callable,
  loaders: (value: unknown) => (value === false ? undefined : sourceList(value as never)),
  objectFile: checks.callable,
  skeletonFile: checks.callable,
  skeletonName: checks.callable,
} as const satisfies Record<keyof ToolsOptions, unknown>

function features(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'is not a list'
  return value.every((one) => typeof one === 'object' && one !== null && 'lack' in one)
    ? undefined
    : 'contains something that feature() did not make'
}
