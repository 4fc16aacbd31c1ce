// What the declarations of this run follow from, gathered while they are asked; kept for the next run,
// which then need not ask (declaration.ts).
import type { World } from '../answer/answers.ts'
import { type Disk, isBefore } from '../files/disk.ts'
import type { Keys } from '../log/logkey.ts'
import { type Run, writeDeclaration } from './declaration.ts'
import { runnerFolder } from './invocation.ts'
import { isSelfContained } from './selfcontained.ts'
import type { Look } from './snapshot.ts'
import { Witness } from './witness.ts'

export interface Sources extends Run {
  /** Path of tasks.ts. */
  readonly script: string
  /** Milliseconds since this process began, or a little more. */
  readonly age: () => number
}

/** Names a file of tsx's that nobody looks at. */
const ELSEWHERE = 'TSX_TSCONFIG_PATH'

/** What decides besides settings: where tools are found, and how a module becomes a program. */
const VARIABLES = ['PATH', 'NODE_OPTIONS', 'NODE_PATH', ELSEWHERE]

/** Doors of the rooms, below the folder of the runner. */
const DOORS = ['engine', 'bpf', 'demos'].map((room) => `tasks/${room}/index.ts`)

/** What is written whenever the runner is, below its folder too: one is in a checkout, one in the package. */
const RUNNER = ['dist/stamps', 'package.json']

/** A tick of a file system's clock is shorter, in milliseconds. */
const TICK = 25

/** Of one set of declarations. */
export class Dependencies {
  readonly #sources: Sources
  readonly #asked: Witness
  readonly #names = new Set(VARIABLES)
  /** What the answers are to be got from. */
  readonly world: Pick<World, 'disk' | 'setting'>

  constructor(sources: Sources, disk: Disk, setting: World['setting']) {
    this.#sources = sources
    this.#asked = new Witness(disk.root)
    // Beside this file every build plans, to keep it right.
    this.#asked.stat('compile_commands.json')
    this.world = {
      disk: this.#asked,
      setting: (name) => {
        this.#names.add(name)
        return setting(name)
      },
    }
  }

  /**
   * Keeps them, unless they may follow from what nobody can see.
   * @param began what the file system's clock said after this process began, and before anything was
   *   asked
   * @param age of this process when that was read, or later
   */
  keep(disk: Disk, state: string, keys: Keys, began: number, age: number): void {
    const { invocation, environment } = this.#sources
    const snapshot = disk.version(`${state}/snapshot`)
    if (snapshot === undefined || this.#asked.isBlind) return
    if (environment[ELSEWHERE] !== undefined) return
    const seen = modulesOf(this.#sources.script, disk.root)
    if (seen === undefined || seen.isBlind) return
    const [modules, asked] = [seen.looks, this.#asked.looks]
    // Modules were read at any time since the process began, all else since the build did.
    const isOld =
      (bound: number) =>
      ([, stat]: Look) =>
        stat === null || isBefore(stat.changed, bound)
    if (!modules.every(isOld(began - age - TICK)) || !asked.every(isOld(began))) return
    writeDeclaration(disk, state, keys, {
      invocation,
      environment: [...this.#names].map((name) => [name, environment[name] ?? null]),
      looks: [...modules, ...asked],
      led: [...seen.led, ...this.#asked.led],
      snapshot,
    })
  }
}

/** What was looked at of the modules and parts that run; undefined where others may have a say. */
function modulesOf(script: string, root: string): Witness | undefined {
  const seen = new Witness(root)
  const runner = runnerFolder()
  const doors = new Set(DOORS.map((door) => `${runner}/${door}`))
  if (!isSelfContained(script, seen, doors, runner)) return undefined
  for (const file of RUNNER) seen.stat(`${runner}/${file}`)
  return seen
}
