// As many launchers as commands run at once, and which commands they may be given.
import * as fs from 'node:fs'
import { resolve } from 'node:path'
import { isErrno } from '../base/failure.ts'
import {
  isTellable,
  isTellableVariable,
  type Launch,
  Launcher,
  type LauncherProcess,
  UNSET,
} from './launcher.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A command that is to run with its output in two open files. */
export interface Launchable {
  readonly words: readonly string[]
  readonly directory: string
  readonly environment: Environment
  /** Open files of this process. */
  readonly stdout: number
  readonly stderr: number
  /** As {@link Launch.gate}. */
  readonly gate?: number
}

/** A launcher, and what to tell it. */
export interface Taken {
  readonly launcher: Launcher
  readonly launch: Launch
}

export class Launchers {
  readonly #start: (environment: Environment) => LauncherProcess | undefined
  /** What all launchers were started with; a command's own may say more. */
  #environment: Environment | undefined
  readonly #idle: Launcher[] = []
  #usable = seesItself()
  /** By absolute path. */
  readonly #plain = new Map<string, boolean>()

  /** @param start undefined where no shell can be started */
  constructor(start: (environment: Environment) => LauncherProcess | undefined) {
    this.#start = start
  }

  /**
   * Undefined for what is to be started without one.
   * @param busy the one to tell, early
   */
  take(command: Launchable, busy?: Launcher): Taken | undefined {
    if (!this.#usable || !isFolder(command.directory) || !this.#isPlain(command)) return undefined
    const base = this.#environment ?? baseOf(command.environment)
    const variables = difference(base, command.environment)
    if (variables === undefined) return undefined
    const launch: Launch = {
      words: command.words,
      directory: resolve(command.directory),
      variables,
      stdout: pathOf(command.stdout),
      stderr: pathOf(command.stderr),
      gate: command.gate === undefined ? NOTHING : pathOf(command.gate),
    }
    if (!isTellable(launch)) return undefined
    let launcher = busy ?? this.#idle.pop()
    while (launcher?.isUsable === false) launcher = this.#idle.pop()
    if (launcher !== undefined) return { launcher, launch }
    const process = this.#start(base)
    if (process === undefined) {
      this.#usable = false
      return undefined
    }
    this.#environment = base
    return { launcher: new Launcher(process), launch }
  }

  /** After all its commands have ended. */
  give(launcher: Launcher): void {
    if (launcher.isUsable) this.#idle.push(launcher)
  }

  /** Those that run nothing end; resolves when they are gone. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((launcher) => launcher.dismiss()))
  }

  /** Is the program one that this kernel starts? A shell would take any other file for a script. */
  #isPlain({ words: [program = ''], directory, environment }: Launchable): boolean {
    const folders = (environment['PATH'] ?? '').split(':')
    const paths = program.includes('/')
      ? [program]
      : folders.map((folder) => `${folder}/${program}`)
    for (const path of paths) {
      const at = resolve(directory, path)
      let plain = this.#plain.get(at)
      if (plain === undefined) {
        plain = isPlainProgram(at)
        this.#plain.set(at, plain)
      }
      if (plain) return true
    }
    return false
  }
}

/** A file in which never is anything. */
const NOTHING = '/dev/null'

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Where another process finds a file that this one has open: proc(5). */
function pathOf(fd: number): string {
  return `/proc/${process.pid}/fd/${fd}`
}

/**
 * False where /proc shows another set of processes than ours, and under a runtime whose numbers of
 * open files are its own (Deno, which starts processes without copying itself anyway).
 */
function seesItself(): boolean {
  try {
    return fs.readlinkSync('/proc/self') === `${process.pid}` && !('deno' in process.versions)
  } catch {
    return false
  }
}

/** What launchers are started with, by what the first command has. */
function baseOf(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value = '']) =>
        isTellableVariable(name, value) && !UNSET.some((unset) => unset === name),
    ),
  )
}

/** What the second has besides the first; undefined where the first has what it does not. */
function difference(
  base: Environment,
  own: Environment,
): readonly (readonly [name: string, value: string])[] | undefined {
  for (const name in base) {
    if (base[name] !== undefined && own[name] === undefined) return undefined
  }
  const more: [string, string][] = []
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && value !== base[name]) more.push([name, value])
  }
  return more
}

/** Enough of a file for what execve(2) tells a program by: class, byte order and machine of elf(5). */
const HEADER = 20

/** A script that names its interpreter, or a program for the machine that this one is for. */
function isPlainProgram(path: string): boolean {
  const header = headerOf(path)
  if (header === undefined) return false
  if (header.toString('latin1', 0, 2) === '#!') return true
  const own = headerOf('/proc/self/exe')
  return own !== undefined && machineOf(header) === machineOf(own)
}

function headerOf(path: string): Buffer | undefined {
  let fd: number | undefined
  try {
    fs.accessSync(path, fs.constants.X_OK)
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    const header = Buffer.alloc(HEADER)
    return fs.fstatSync(fd).isFile() && fs.readSync(fd, header) > 2 ? header : undefined
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

function machineOf(header: Buffer): string {
  return header.toString('latin1', 0, 6) + header.toString('latin1', 18, HEADER)
}
