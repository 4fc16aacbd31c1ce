// What happens during a run, as one union: the console shows it, `--json` prints it line by line.
import type { FailureBlock } from './failure.ts'

/** What identified a file when an edge was last run, or identifies it now. Undefined: not there. */
export interface FileFacts {
  /** Modification time in milliseconds since 1970, fractions included. */
  readonly mtime: number
  /** Bytes. */
  readonly size: number
}

export interface ToolFacts {
  readonly path: string
  readonly version: string
}

/** What became of the edges of a build. */
export interface Totals {
  /** Commands that have ended by themselves, the failed ones included. */
  readonly ran: number
  readonly upToDate: number
  readonly failed: number
  /** Edges that were not tried because something they need failed, or that an interrupt cut short. */
  readonly skipped: number
  /** The run was interrupted before all was done. */
  readonly interrupted?: true
  /** Under `--dry-run`: how many would run. */
  readonly wouldRun?: number
}

/** Under `--explain`, where it can be told: from a source, each including the next, to the file. */
export type IncludeChain = readonly string[]

/**
 * Why an edge is stale: one reason a change, with the value before and after.
 * @example
 * const reason: Reason = { kind: 'output-missing', path: 'build/x' }
 */
export type Reason =
  | { readonly kind: 'forced' }
  | { readonly kind: 'never-built' }
  /** The outputs are there, but the log does not know how they were made. */
  | {
      readonly kind: 'not-in-log'
      readonly log: 'whole' | 'damaged' | 'foreign' | 'elsewhere' | 'missing'
    }
  | { readonly kind: 'output-missing'; readonly path: string }
  | {
      readonly kind: 'output-changed'
      readonly path: string
      readonly before: FileFacts
      readonly after: FileFacts
    }
  | { readonly kind: 'output-added'; readonly path: string }
  | {
      readonly kind: 'command-changed'
      readonly removed: readonly string[]
      readonly added: readonly string[]
    }
  | { readonly kind: 'directory-changed'; readonly before: string; readonly after: string }
  | {
      readonly kind: 'environment-changed'
      readonly name: string
      readonly before: string | undefined
      readonly after: string | undefined
    }
  | {
      readonly kind: 'tool-changed'
      readonly name: string
      readonly before: ToolFacts | undefined
      readonly after: ToolFacts | undefined
    }
  | { readonly kind: 'input-added'; readonly path: string }
  | { readonly kind: 'input-removed'; readonly path: string }
  | {
      readonly kind: 'input-changed'
      readonly path: string
      /** Found by the compiler, not declared. */
      readonly discovered: boolean
      readonly through?: IncludeChain
      readonly before: FileFacts
      readonly after: FileFacts
    }
  | {
      readonly kind: 'input-missing'
      readonly path: string
      readonly discovered: boolean
      readonly through?: IncludeChain
    }
  | {
      readonly kind: 'content-changed'
      readonly path: string
      readonly discovered: boolean
      readonly through?: IncludeChain
    }
  /** A file now stands where the command would find it before one that it read last time. */
  | { readonly kind: 'input-appeared'; readonly path: string }
  | { readonly kind: 'changed-during-run'; readonly path: string }
  | { readonly kind: 'unordered'; readonly path: string }
  /** Only in dry runs and plans: an input is itself stale, so its content is not known yet. */
  | { readonly kind: 'input-stale'; readonly path: string }

export type Status = 'ok' | 'failed' | 'interrupted'

/**
 * How a word in a table is meant; the console gives it a colour.
 * @example
 * const tones: Record<string, Tone> = { OK: 'good', rejected: 'bad' }
 */
export type Tone = 'good' | 'bad' | 'doubtful' | 'faint'

/**
 * A column of a table.
 * @example
 * const column: Column = { key: 'ms', title: 'time in ms' }
 */
export interface Column {
  /** Of the row's values. */
  readonly key: string
  readonly title: string
  /** Numbers stand at the right of their column by themselves. */
  readonly unit?: 'ms' | 'bytes'
  /** Tones by a value's first word. */
  readonly tones?: Readonly<Record<string, Tone>>
}

/**
 * Values by key; those that no column shows are for whoever reads the events.
 * @example
 * const row: Row = { name: 'hello', ms: 12 }
 */
export type Row = Readonly<Record<string, unknown>>

/**
 * What happened, for the console and for `--json`.
 * @example
 * task('Tell something', [], ({ emit }) => emit({ type: 'note', text: 'well done' } satisfies Event))
 */
export type Event =
  | { readonly type: 'plan'; readonly edges: number; readonly stale: number }
  | {
      readonly type: 'stale'
      readonly outputs: readonly string[]
      readonly rule: string
      readonly reasons: readonly Reason[]
    }
  | {
      readonly type: 'start'
      readonly rule: string
      readonly outputs: readonly string[]
      readonly command: readonly string[]
      /** How long the build will take from here, where commands of its kind ran before. */
      readonly leftMs?: number
    }
  | {
      readonly type: 'finish'
      readonly rule: string
      readonly outputs: readonly string[]
      readonly command: readonly string[]
      readonly status: Status
      /** Wall time of the command in milliseconds. */
      readonly ms: number
      /** What the command wrote to both streams, whole. */
      readonly output: string
      readonly leftMs?: number
      /** Why it failed where the command itself did not say so. */
      readonly failure?: FailureBlock
      /** From the asked target to the edge, by output; only where it failed. */
      readonly path?: readonly string[]
    }
  | ({ readonly type: 'summary'; readonly ms: number } & Totals)
  /** Under `--watch`: a build begins because files changed. */
  | {
      readonly type: 'watch'
      /** Builds that ran something, this one included. */
      readonly build: number
      readonly changed: readonly string[]
      /** From the first event of a file to the plan, in milliseconds. */
      readonly ms: number
    }
  /** Under `--watch`: nothing is left to do until a file changes. */
  | { readonly type: 'waiting'; readonly files: number; readonly folders: number }
  /** Under `--watch`: a body is started. */
  | { readonly type: 'started'; readonly task: string; readonly build: number }
  /** The answer of `query`: files, nearest first; of `path` from one end to the other. */
  | {
      readonly type: 'query'
      readonly query: 'inputs' | 'users' | 'path'
      readonly of: readonly string[]
      readonly files: readonly string[]
    }
  /** Under `--dry-run`: a body that would run. */
  | { readonly type: 'body'; readonly task: string }
  /** Something that the user should know and that is no failure. */
  | { readonly type: 'note'; readonly text: string }
  /** A line that a task's body says, or that its command writes. */
  | { readonly type: 'output'; readonly text: string }
  /** What a task's body found: `text` for people, the rest for programs. */
  | {
      readonly type: 'result'
      readonly text: string
      readonly data: Readonly<Record<string, unknown>>
    }
  /** The tasks there are: the answer of `--list --json`. */
  | {
      readonly type: 'tasks'
      readonly tasks: readonly { readonly name: string; readonly about: string }[]
    }
  | { readonly type: 'removed'; readonly path: string }
  /** One line of a table of checks. */
  | {
      readonly type: 'check'
      readonly name: string
      readonly status: 'ok' | 'warning' | 'missing'
      readonly detail: string
      /** One command or sentence that mends it. */
      readonly hint?: string
    }
  | {
      readonly type: 'table'
      readonly name: string
      readonly columns: readonly Column[]
      readonly rows: readonly Row[]
    }
  | ({ readonly type: 'failure' } & FailureBlock)
