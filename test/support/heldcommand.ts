// A command that says where it is and waits there until the test lets it go on.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { Socket } from 'node:net'
import type { Tree } from './tree.ts'

export class Gate {
  /** What the command's shell runs to come to the gate; relative to the root of the tree. */
  readonly pass: string
  readonly #at: Socket
  readonly #go: number
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []
  #arrivals = 0

  constructor(tree: Tree, name = 'gate') {
    const [at, go] = [tree.at(`${name}.at`), tree.at(`${name}.go`)]
    const { status } = spawnSync('mkfifo', [at, go])
    if (status !== 0) throw new Error(`mkfifo ${at} ${go} failed`)
    this.pass = `echo > ${name}.at; read line < ${name}.go`
    // Open for both directions: so neither side waits for the other to open, or sees an end.
    const both = fs.constants.O_RDWR | fs.constants.O_NONBLOCK
    this.#at = new Socket({ fd: fs.openSync(at, both), readable: true, writable: false })
    this.#go = fs.openSync(go, both)
    this.#at.on('data', (bytes) => {
      this.#arrivals += bytes.length
      for (const { count, resolve } of this.#waiting) if (this.#arrivals >= count) resolve()
    })
    this.#at.unref()
  }

  /** How many have come so far. */
  get arrivals(): number {
    return this.#arrivals
  }

  /** Resolves when so many have come since the gate was made; rejects when `ended` comes first. */
  arrived(ended: Promise<unknown>, count = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve })
      if (this.#arrivals >= count) resolve()
      const missed = (): void => reject(new Error(`ended before ${count} came to the gate`))
      ended.then(missed, missed)
    })
  }

  /** Lets so many go on, those that are still to come included. */
  open(count = 1): void {
    fs.writeSync(this.#go, '\n'.repeat(count))
  }

  [Symbol.dispose](): void {
    this.#at.destroy()
    fs.closeSync(this.#go)
  }
}
