// Tells whether everything that a decision "nothing to do" was based on is unchanged. Knows no rule of
// staleness.
//
// It runs before the engine is loaded, so it imports nothing of the engine except the key.
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { keyOf, type RunIdentity, rootOf } from './key.ts'

/** All inputs of one decision, except the states of files, which follow in columns. */
export interface MemoHead {
  /** Variables that the decision depends on; null: not set. */
  readonly variables: readonly (readonly [name: string, value: string | null])[]
  /** Targets of links; null: none. */
  readonly links: readonly (readonly [path: string, target: string | null])[]
  /** Contents of files of the kernel, whose times mean nothing. */
  readonly contents: readonly (readonly [path: string, content: string])[]
  /** The build log, as {@link versionOf} has it. */
  readonly log: string
  /** What the build printed on each stream. */
  readonly said: readonly (readonly [stream: 1 | 2, text: string])[]
  /** How many paths follow. */
  readonly count: number
}

/** Stands between paths, and ends the head. */
export const SEPARATOR = '\0'

/** Columns of eight-byte numbers, one number for each path: change time, inode, size. */
export const COLUMNS = 3

/** The inode recorded for a path that did not exist. */
export const MISSING = 0

/**
 * Prints again what a build printed that found nothing to do, if everything it depended on is unchanged.
 * @returns false if that is not known; then nothing was printed
 */
export function recallNothingToDo(run: RunIdentity & { readonly env: NodeJS.ProcessEnv }): boolean {
  const { argv, env } = run
  if (argv.includes('--no-memo') || env['BPF_TASKS_CHECK_MEMO'] === '1') return false
  const root = resolve(rootOf(argv, dirname(argv[1] ?? '')))
  const key = keyOf(run)
  for (const state of stateFolders(root)) {
    const head = recall(memoPath(state, key), state, env)
    if (head === undefined) continue
    for (const [stream, text] of head.said) fs.writeSync(stream, text)
    return true
  }
  return false
}

export function memoPath(state: string, key: string): string {
  return `${state}/memo/${key}`
}

/** The state directories below a root: usually there is one, in `build`. */
function stateFolders(root: string): readonly string[] {
  const usual = `${root}/build/.tasks`
  if (fs.existsSync(usual)) return [usual]
  if (!fs.existsSync(root)) return []
  return fs
    .readdirSync(root)
    .map((name) => `${root}/${name}/.tasks`)
    .filter((path) => fs.existsSync(path))
}

/**
 * The head of a memo that still holds; undefined if it does not.
 * @param hasLock does this run itself hold the lock?
 */
export function recall(
  path: string,
  state: string,
  env: Readonly<Record<string, string | undefined>>,
  hasLock = false,
): MemoHead | undefined {
  if (statOrNothing(path, fs.lstatSync)?.isFile() !== true) return undefined
  const bytes = fs.readFileSync(path)
  const end = bytes.indexOf(SEPARATOR)
  const head = end === -1 ? undefined : headOf(bytes.toString('utf8', 0, end))
  if (head === undefined) return undefined
  const holds =
    head.log === versionOf(`${state}/log`) &&
    head.variables.every(([name, value]) => value === (env[name] ?? null)) &&
    isUnchanged(bytes, end + 1, head.count) &&
    head.links.every(([link, target]) => target === targetOf(link)) &&
    head.contents.every(([file, content]) => content === contentOf(file)) &&
    // No build is running, and none has run since the first comparison.
    (hasLock || !fs.existsSync(`${state}/lock`)) &&
    head.log === versionOf(`${state}/log`)
  return holds ? head : undefined
}

/** Undefined if the file was cut off or is not a memo. */
function headOf(text: string): MemoHead | undefined {
  try {
    return JSON.parse(text) ?? undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Undefined for a missing file and for one that cannot be looked at, as when it was recorded. */
export function statOrNothing(path: string, look = fs.statSync): fs.Stats | undefined {
  return orNothing(() => look(path, { throwIfNoEntry: false }))
}

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/** Compares the columns in place: an object for each path would cost more than the path. */
function isUnchanged(bytes: Buffer, from: number, count: number): boolean {
  const numbers = bytes.length - count * COLUMNS * Float64Array.BYTES_PER_ELEMENT
  if (numbers < from) return false
  const start = bytes.byteOffset + numbers
  const columns = new Float64Array(bytes.buffer.slice(start, bytes.byteOffset + bytes.length))
  const paths = bytes.toString('utf8', from, numbers)
  let begin = 0
  for (let at = 0; at < count; at++) {
    const next = paths.indexOf(SEPARATOR, begin)
    const stat = statOrNothing(paths.slice(begin, next))
    begin = next + 1
    const ino = columns[count + at]
    if (stat === undefined) {
      if (ino !== MISSING) return false
    } else if (
      stat.ino !== ino ||
      stat.ctimeMs !== columns[at] ||
      stat.size !== columns[2 * count + at]
    )
      return false
  }
  return true
}

/** A text that changes whenever something is done to a file or another one takes its place; '': no file. */
export function versionOf(path: string): string {
  const stat = statOrNothing(path, fs.lstatSync)
  return stat === undefined ? '' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.ctimeMs}`
}

/** The path with all links resolved; null if it leads nowhere. */
export function targetOf(path: string): string | null {
  return orNothing(() => fs.realpathSync.native(path)) ?? null
}

/** The content of a file of the kernel, or a stand-in for it; undefined if it is too long to keep. */
export function contentOf(path: string): string | undefined {
  // Megabytes that do not change before the next boot.
  if (path.startsWith('/sys/kernel/btf/'))
    return `boot ${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')}`
  const bytes = fs.readFileSync(path)
  return bytes.length < 4096 ? bytes.toString('latin1') : undefined
}
