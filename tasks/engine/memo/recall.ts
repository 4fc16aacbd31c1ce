// Whether all that a build decided "nothing to do" by is as it was. Knows no rule of staleness.
//
// It is read before anything else is loaded, so it imports nothing of the engine but what makes the key.
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { keyOf, type RunIdentity, rootOf } from './key.ts'

/** All inputs of one decision but the state of files, which follows in columns. */
export interface MemoHead {
  /** Variables that had a say; null: not set. */
  readonly variables: readonly (readonly [name: string, value: string | null])[]
  /** Where links led; null: nowhere. */
  readonly links: readonly (readonly [path: string, target: string | null])[]
  /** Files of the kernel, whose times say nothing, with what is in them. */
  readonly contents: readonly (readonly [path: string, content: string])[]
  /** The build log, as {@link versionOf} has it. */
  readonly log: string
  /** What the build wrote to each stream. */
  readonly said: readonly (readonly [stream: 1 | 2, text: string])[]
  /** How many paths follow. */
  readonly count: number
}

/** Stands between paths, and ends the head. */
export const SEPARATOR = '\0'

/** Numbers of eight bytes for each path, one column after the other: change time, inode, size. */
export const COLUMNS = 3

/** The inode of a path at which nothing was. */
export const MISSING = 0

/**
 * Says what a build said that found nothing to do, where all that it decided by is unchanged.
 * @returns false where that is not known: then nothing was said
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

/** Folders of the engine's own files below a root: mostly one, and mostly that of `build`. */
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
 * The head of a memo that holds now.
 * @param env variables of this run
 * @param hasLock is it this run itself that has the lock?
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
    // Nobody builds now, and nobody has meanwhile.
    (hasLock || !fs.existsSync(`${state}/lock`)) &&
    head.log === versionOf(`${state}/log`)
  return holds ? head : undefined
}

/** Undefined where the file was cut off or written by something else. */
function headOf(text: string): MemoHead | undefined {
  try {
    return JSON.parse(text) ?? undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What cannot be looked at counts as missing: it did when it was recorded. */
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

/** Nothing is made for a path but what the runtime makes. */
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

/** What no two files have alike, nor one before and after something was done to it; '': no file. */
export function versionOf(path: string): string {
  const stat = statOrNothing(path, fs.lstatSync)
  return stat === undefined ? '' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.ctimeMs}`
}

/** Where a path leads with all links followed. */
export function targetOf(path: string): string | null {
  return orNothing(() => fs.realpathSync.native(path)) ?? null
}

/** What is in a file of the kernel, or as good; undefined: too much to be kept. */
export function contentOf(path: string): string | undefined {
  // Megabytes, which the kernel does not change while it runs.
  if (path.startsWith('/sys/kernel/btf/'))
    return `boot ${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')}`
  const bytes = fs.readFileSync(path)
  return bytes.length < 4096 ? bytes.toString('latin1') : undefined
}
