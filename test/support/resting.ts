// A tree in which nothing is to be done, and that knows it by all that is kept of such a build.
import * as fs from 'node:fs'
import * as assert from 'uvu/assert'
import { isMadeOfThese } from '../../tasks/parts.ts'
import type { Runtime } from './runtimes.ts'
import { repository, Tree } from './tree.ts'

const STATE = 'build/.tasks'
export const SNAPSHOT = `${STATE}/snapshot`
export const DECLARATION = `${STATE}/declaration`

const TASKS = `
const FLAG = setting('FLAG', 'a flag', '0')
const cat = tool({ name: 'cat', names: ['mycat'], folders: [], hint: 'none',
  version: { args: ['--version'], pattern: /^(.+)$/m } })
const WORD = probe({ name: 'word', command: ['sh', '-c', 'cat word'], inputs: ['word'], read: ({ stdout }) => [stdout.trim()] })
const one = edge({ rule: 'CC', outputs: ['build/one.o'], inputs: ['one.c'], depfile: 'build/one.d', searchPath: ['first', 'second'],
  command: ['sh', '-c', 'cat one.c second/h.h > build/one.o; printf "build/one.o: one.c second/h.h" > build/one.d', FLAG] })
const all = edge({ rule: 'ALL', outputs: ['build/all'], inputs: [glob('parts/*.txt'), one, 'build/two'],
  command: [cat, glob('parts/*.txt'), WORD], captureStdout: true })
const two = edge({ rule: 'TWO', outputs: ['build/two'], inputs: ['two'], command: ['cp', 'two', 'build/two'] })
const other = edge({ rule: 'OTHER', outputs: ['build/other'], inputs: ['two'], command: ['cp', 'two', 'build/other'] })
await main({ build: task('Build it', [all]), two: task('Make two', [two]), other: task('Make the other', [other]) }, { settings: [FLAG] })
`

/** Is there a `dist` of these sources? Without it tasks.ts is evaluated by every build. */
export function hasDist(): boolean {
  try {
    return isMadeOfThese(`${repository}/`)
  } catch {
    return false
  }
}

/** What nobody can know the value of but by evaluating it. */
export const IMPURE = 'void process.version\n'

export class Resting extends Tree {
  readonly path: Readonly<Record<string, string>>
  /** Is the tree at rest only when a build need not evaluate tasks.ts any more? */
  readonly #isPure: boolean
  readonly #runtime: Runtime | undefined
  /** How many builds it may take: where times are cut to seconds, as many as are made in one. */
  readonly #most = 40

  /**
   * @param more text of tasks.ts
   * @param runtime what runs it, where that matters
   */
  constructor(more = '', runtime?: Runtime) {
    super()
    this.#runtime = runtime
    this.#isPure = !more.includes(IMPURE) && hasDist()
    this.tasks(more + TASKS)
    this.write('one.c', 'one\n')
    this.write('second/h.h', 'header\n')
    fs.mkdirSync(this.at('first'))
    this.write('parts/a.txt', 'a\n')
    this.write('word', 'parts/a.txt\n')
    this.write('two', 'two\n')
    this.write('more/name.json', '["name"]')
    this.write(
      'more/name.ts',
      "import names from './name.json' with { type: 'json' }\nexport const [name] = names\n",
    )
    this.write('bin/mycat', '#!/bin/sh\n[ "$1" = --version ] && echo 1 || exec cat "$@"\n')
    fs.chmodSync(this.at('bin/mycat'), 0o755)
    this.path = {
      ...runtime?.environment,
      PATH: `${this.at('bin')}:${process.env['PATH']}`,
    }
    this.build()
    this.rest()
  }

  override get command(): readonly string[] {
    return this.#runtime?.command ?? super.command
  }

  #identity(path: string): string {
    const stat = fs.statSync(this.at(path), { throwIfNoEntry: false })
    return `${stat?.ino} ${stat?.ctimeMs}`
  }

  /** Does a build know that nothing is to be done, without evaluating tasks.ts? */
  knows(args: readonly string[] = ['build', '--json'], environment = this.path): boolean {
    const before = this.#identity(STATE)
    const { status, stdout, stderr } = this.run(args, environment)
    assert.is(status, 0, stderr)
    // Whoever evaluates it has a lock in there.
    if (this.#identity(STATE) !== before) return false
    assert.not.match(stdout, '"start"')
    return true
  }

  build(...args: string[]): string[] {
    return this.ran(['build', ...args], this.path)
  }

  /** Builds what finds nothing to do, until all is kept that the next one can do without. */
  rest(): void {
    const before = this.#identity(SNAPSHOT)
    for (let times = 0; times < this.#most; times++) {
      assert.equal(this.build(), [])
      if (this.#identity(SNAPSHOT) !== before) break
    }
    assert.is.not(this.#identity(SNAPSHOT), before, 'no snapshot is kept')
    if (this.#isPure) this.untilKnown(this.#most, 'tasks.ts is evaluated whenever it is asked')
  }

  /** Builds, so often at most, until {@link knows} is true. @param what is said where it never is */
  untilKnown(most: number, what?: string, args?: readonly string[]): void {
    for (let times = 0; !this.knows(args); times++) assert.ok(times < most, what)
  }
}
