// The events of a run. The console shows them; `--json` prints one per line.
import type { FailureBlock } from './failure.ts'

/** Time and size of a file, when an edge last ran or now. */
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

/** How many edges of a build ended in which way. */
export interface Totals {
  /** Commands that ended by themselves, including those that failed. */
  readonly ran: number
  readonly upToDate: number
  readonly failed: number
  /** Edges whose result was known already; absent: none. */
  readonly fromCache?: number
  /** Bytes of these results. */
  readonly cacheBytes?: number
  /** Edges that were not run because something they need failed, or that a signal cut short. */
  readonly skipped: number
  /** The run was interrupted before everything was done. */
  readonly interrupted?: true
  /** Under `--dry-run`: how many would run. */
  readonly wouldRun?: number
}

/** Under `--explain`, if it is known: the chain of includes from a source to a file. */
export type IncludeChain = readonly string[]

/**
 * Why an edge is stale: one reason for each change, with the values before and after.
 * @example
 * const reason: Reason = { kind: 'output-missing', path: 'build/x' }
 */
export type Reason =
  | { readonly kind: 'forced' }
  | { readonly kind: 'never-built' }
  /** Another build system makes it, which knows by itself what is stale. */
  | { readonly kind: 'asked-each-build' }
  /** The outputs exist, but the log does not say how they were made. */
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
  | { readonly kind: 'output-removed'; readonly path: string }
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
      /** Named by the depfile, not declared. */
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
  /** A file has appeared that the command would find before one that it read last time. */
  | { readonly kind: 'input-appeared'; readonly path: string }
  | { readonly kind: 'changed-during-run'; readonly path: string }
  | { readonly kind: 'unordered'; readonly path: string }
  /** Only in plans: an input is stale itself, so its new content is not known yet. */
  | { readonly kind: 'input-stale'; readonly path: string }

export type Status = 'ok' | 'failed' | 'interrupted'

/**
 * The meaning of a word in a table, which the console shows as a colour.
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
  /** The key of the row's value. */
  readonly key: string
  readonly title: string
  /** Numbers are aligned to the right without it. */
  readonly unit?: 'ms' | 'bytes'
  /** The tone for the first word of a value. */
  readonly tones?: Readonly<Record<string, Tone>>
}

/**
 * Values by key. Readers of events also get those that no column shows.
 * @example
 * const row: Row = { name: 'hello', ms: 12 }
 */
export type Row = Readonly<Record<string, unknown>>

/**
 * A command as it is started.
 * @example
 * const here: Invocation = { command: ['cc', '-c', 'a.c'], directory: 'src', environment: { LANG: 'C' } }
 */
export interface Invocation {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Where it runs, relative to the root; absent: in the root. */
  readonly directory?: string
  /** Variables that its edge declares; absent: none. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A task as the list shows it. */
export interface ListedTask {
  readonly name: string
  readonly about: string
  /** What may stand for NAME, of a family that is called `run:NAME`. */
  readonly names?: readonly string[]
}

/**
 * An event, for the console and for `--json`.
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
  | ({
      readonly type: 'start'
      readonly rule: string
      readonly outputs: readonly string[]
      /** How long the rest of the build will take in milliseconds, if its commands ran before. */
      readonly leftMs?: number
      /** It writes to the terminal itself until it finishes. */
      readonly takesTerminal?: true
    } & Invocation)
  | ({
      readonly type: 'finish'
      readonly rule: string
      readonly outputs: readonly string[]
      readonly status: Status
      /** Wall time of the command in milliseconds. */
      readonly ms: number
      /** The whole output of the command, both streams; empty where it took the terminal. */
      readonly output: string
      /** Where its result was known, so that it did not run; absent: it ran. */
      readonly from?: 'folder' | 'server'
      /** Under `--explain`: why no known result took the place of its command. */
      readonly notFrom?: string
      readonly leftMs?: number
      readonly takesTerminal?: true
      /** Why it failed, if the command did not say it itself. */
      readonly failure?: FailureBlock
      /** Outputs from the requested target to this edge; only if it failed. */
      readonly path?: readonly string[]
    } & Invocation)
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
  /** Under `--watch`: waiting for a file to change. */
  | { readonly type: 'waiting'; readonly files: number; readonly folders: number }
  /** Under `--watch`: a body is started. */
  | { readonly type: 'started'; readonly task: string; readonly build: number }
  /** The answer to `query`: files, nearest first; for `path`, from one end to the other. */
  | {
      readonly type: 'query'
      readonly query: 'inputs' | 'users' | 'path'
      readonly of: readonly string[]
      readonly files: readonly string[]
    }
  /** Under `--dry-run`: a body that would run. */
  | { readonly type: 'body'; readonly task: string }
  /** Something that you should know and that is not a failure. */
  | { readonly type: 'note'; readonly text: string }
  /** A line that the body of a task prints, or one of its commands. */
  | { readonly type: 'output'; readonly text: string }
  /** A result of a task's body: `text` for people, the rest for programs. */
  | {
      readonly type: 'result'
      readonly text: string
      readonly data: Readonly<Record<string, unknown>>
    }
  /** The answer to `--list --json`. */
  | {
      readonly type: 'tasks'
      readonly tasks: readonly ListedTask[]
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
