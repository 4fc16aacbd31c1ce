// What one run is asked for, as data. How it is written on a command line is not known here.
import type { NamedTask } from '../declare/index.ts'

export type ColourChoice = 'auto' | 'always' | 'never'

export const GRAPH_FORMATS = ['dot', 'mermaid', 'svg'] as const
export type GraphFormat = (typeof GRAPH_FORMATS)[number]

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Words that ask for something else than a build. */
export type CommandWord = 'query' | 'report' | 'help'

/** One thing that was asked for, in order. */
export type Goal =
  | (NamedTask & { readonly kind: 'task'; readonly options: ReadonlySet<string> })
  | { readonly kind: 'file'; readonly path: string }

export interface Options {
  readonly goals: readonly Goal[]
  /** Arguments after `--`. */
  readonly args: readonly string[]
  /** NAME=VALUE, the last of each name. */
  readonly settings: ReadonlyMap<string, string>
  readonly mode:
    | 'build'
    | 'list'
    | 'help'
    | 'version'
    | 'graph'
    | 'compdb'
    | 'completion'
    | CommandWord
  /** What follows the word `query` or `help`. */
  readonly words: readonly string[]
  /** Stay, and build again whenever an input changes. */
  readonly watch: boolean
  /** Under `watch`: look at files every so many seconds, as text; undefined: the system reports changes. */
  readonly poll: string | undefined
  readonly graph: GraphFormat
  readonly shell: Shell
  /** File for the times of the build, as Chrome and Perfetto read them. */
  readonly trace: string | undefined
  /** How many commands run at once; undefined: as many as there are processors. */
  readonly jobs: number | undefined
  readonly keepGoing: boolean
  readonly force: boolean
  readonly dryRun: boolean
  readonly check: boolean
  readonly explain: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly digest: boolean
  readonly noMemo: boolean
  readonly colour: ColourChoice
  /** Where the words were typed, if that is not the folder of this process. */
  readonly from: string | undefined
  /** Root instead of the folder of tasks.ts. */
  readonly directory: string | undefined
}
