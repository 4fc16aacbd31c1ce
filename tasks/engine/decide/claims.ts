// Which edge makes which file. Refuses two edges whose files would get in each other's way.
import { dirname } from 'node:path'
import { type Fact, UserError } from '../base/index.ts'
import type { Edge } from '../declare/index.ts'

/** An edge by the files that it writes, by the names that the tree has for them. */
export interface Claim {
  readonly edge: Edge
  readonly outputs: readonly string[]
  readonly depfile: string | undefined
}

export class Claims<C extends Claim> {
  readonly #byOutput = new Map<string, C>()
  readonly #byDepfile = new Map<string, C>()
  /** A claim with an output below the directory. */
  readonly #byDirectory = new Map<string, C>()

  get outputs(): Iterable<string> {
    return this.#byOutput.keys()
  }

  maker(path: string): C | undefined {
    return this.#byOutput.get(path)
  }

  /** @throws UserError if another edge writes a file of this one, or one below or above it */
  add(claim: C): void {
    for (const path of claim.outputs) {
      this.#mustBeFree(path, claim, this.#byOutput.get(path))
      this.#mustBeFree(path, claim, this.#byDepfile.get(path))
      const below = this.#byDirectory.get(path)
      if (below !== undefined) throw nested(path, claim, below)
      this.#byOutput.set(path, claim)
      this.#claimAbove(path, claim)
    }
    const { depfile } = claim
    if (depfile === undefined) return
    this.#mustBeFree(depfile, claim, this.#byDepfile.get(depfile))
    const maker = this.#byOutput.get(depfile)
    if (maker !== claim) this.#mustBeFree(depfile, claim, maker)
    this.#byDepfile.set(depfile, claim)
  }

  #mustBeFree(path: string, claim: C, other: C | undefined): void {
    if (other !== undefined) throw taken(path, other, claim)
  }

  /** Stops at the first directory that is known: those above it are known too. */
  #claimAbove(path: string, claim: C): void {
    for (let at = dirname(path); at !== '.' && at !== '/'; at = dirname(at)) {
      if (this.#byDirectory.has(at)) return
      const maker = this.#byOutput.get(at)
      if (maker !== undefined) throw nested(at, maker, claim)
      this.#byDirectory.set(at, claim)
    }
  }
}

function taken(path: string, one: Claim, other: Claim): UserError {
  const isOutput = one.outputs.includes(path) && other.outputs.includes(path)
  if (one === other) {
    return new UserError({
      what: `an edge names one ${isOutput ? 'output' : 'file'} twice`,
      facts: [
        ['file', path],
        ['edge', textOf(one)],
      ],
      hint: 'name the file once: an absolute path below the root is the same file',
      status: 2,
    })
  }
  return clash(
    isOutput
      ? 'two edges make one file'
      : 'two edges write one file, and one of them as its depfile',
    [
      [isOutput ? 'output' : 'file', path],
      ['one', textOf(one)],
      ['the other', textOf(other)],
    ],
    isOutput
      ? 'give one of them another output, or declare the edge once and use its handle twice'
      : 'give each edge a depfile of its own, such as OUTPUT.d',
  )
}

function nested(path: string, one: Claim, below: Claim): UserError {
  return clash(
    'an output lies below another output, which cannot be a file and a directory',
    [
      ['output', path],
      ['made by', textOf(one)],
      ['below it', textOf(below)],
    ],
    'give one of them another output',
  )
}

function clash(what: string, facts: readonly Fact[], hint: string): UserError {
  return new UserError({ what, facts, hint, status: 2 })
}

function textOf({ edge, outputs }: Claim): string {
  return `${edge.rule} ${outputs.join(' ')}`
}
