// The launchers of a run: as many as commands run at once. Decides which commands they may start.
import * as fs from 'node:fs'
import { resolve } from 'node:path'
import { isErrno } from '../base/index.ts'
import {
  isPassable,
  isPassableVariable,
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
}

/** A launcher, and the command for it. */
export interface Assignment {
  readonly launcher: Launcher
  readonly launch: Launch
}

export class Launchers {
  readonly #start: (environment: Environment) => LauncherProcess | undefined
  /** What all launchers were started with; a command may have more variables. */
  #environment: Environment | undefined
  readonly #idle: Launcher[] = []
  #isUsable = seesItself()
  /** What {@link isPlainProgram} says, by absolute path. */
  readonly #plain = new Map<string, boolean>()

  /** @param start undefined where no shell can be started */
  constructor(start: (environment: Environment) => LauncherProcess | undefined) {
    this.#start = start
  }

  /** A launcher for one command; undefined for a command that is to be started without one. */
  acquire(command: Launchable): Assignment | undefined {
    if (!this.#isUsable || !isFolder(command.directory) || !this.#isPlain(command)) return undefined
    const base = this.#environment ?? baseOf(command.environment)
    const variables = difference(base, command.environment)
    if (variables === undefined) return undefined
    const launch: Launch = {
      words: command.words,
      directory: resolve(command.directory),
      variables,
      stdout: pathOf(command.stdout),
      stderr: pathOf(command.stderr),
    }
    if (!isPassable(launch)) return undefined
    let launcher = this.#idle.pop()
    while (launcher?.hasEnded === true) launcher = this.#idle.pop()
    if (launcher !== undefined) return { launcher, launch }
    const process = this.#start(base)
    if (process === undefined) {
      this.#isUsable = false
      return undefined
    }
    this.#environment = base
    return { launcher: new Launcher(process), launch }
  }

  /** Its command has ended. */
  release(launcher: Launcher): void {
    if (!launcher.hasEnded) this.#idle.push(launcher)
  }

  /** Ends those that run nothing. Resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((launcher) => launcher.close()))
  }

  /** Is it a program that this kernel starts? A shell would run any other file as a script. */
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

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The path by which another process can open a file that this one has open: proc(5). */
function pathOf(fd: number): string {
  return `/proc/${process.pid}/fd/${fd}`
}

/**
 * False where /proc shows other processes than ours, and under a runtime that numbers open files in
 * its own way (Deno, which starts processes without copying itself anyway).
 */
function seesItself(): boolean {
  try {
    return fs.readlinkSync('/proc/self') === `${process.pid}` && !('deno' in process.versions)
  } catch (error) {
    if (isErrno(error)) return false
    throw error
  }
}

/** What launchers are started with: what the first command has, as far as a shell can have it. */
function baseOf(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value = '']) =>
        isPassableVariable(name, value) && !UNSET.some((unset) => unset === name),
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

/** As much of a file as execve(2) knows a program by: class, byte order and machine of elf(5). */
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
