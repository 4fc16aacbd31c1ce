// Standard output and error, written at once. The runtime's own stream is made for a terminal alone: for
// a pipe or a file it writes at once too, but to make it takes Node 2 to 6 ms, and Deno 20.
import * as fs from 'node:fs'
import { isErrno, unlessErrno } from '../base/index.ts'
import type { Stream } from './console.ts'

/** Device number of /dev/null on Linux: major 1, minor 3. */
const NULL_DEVICE = 0x103

/** More than this many characters are not kept. */
const LITTLE = 4096

export class Standard implements Stream {
  readonly #fd: 1 | 2
  readonly #onClosed: () => void
  #stream: NodeJS.WriteStream | undefined
  #isClosed = false
  #hasFailed = false
  readonly #texts: string[] = []
  #length = 0

  /** @param onClosed called soon after it can be written to no more; what is written then is lost */
  constructor(fd: 1 | 2, onClosed: () => void = () => {}) {
    this.#fd = fd
    this.#onClosed = onClosed
    if (isPerhapsTerminal(fd)) this.#stream = this.#open()
  }

  /** Could something not be written, other than because nobody reads it? */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get isTTY(): boolean {
    return this.#stream?.isTTY === true
  }

  get columns(): number | undefined {
    return this.#stream?.columns
  }

  /** What was written so far, where that is little. */
  get said(): readonly (readonly [stream: 1 | 2, text: string])[] | undefined {
    if (this.#length > LITTLE) return undefined
    return this.#length === 0 ? [] : [[this.#fd, this.#texts.join('')]]
  }

  write(text: string): void {
    this.#length += text.length
    if (this.#length <= LITTLE) this.#texts.push(text)
    if (this.#isClosed) return
    if (this.#stream !== undefined) {
      this.#stream.write(text)
      return
    }
    let rest: Uint8Array = Buffer.from(text)
    try {
      while (rest.length > 0) rest = rest.subarray(fs.writeSync(this.#fd, rest))
    } catch (error) {
      // A pipe that does not block and is full: from now on by who can wait for it.
      if (isErrno(error, 'EAGAIN')) {
        this.#stream = this.#open()
        this.#stream.write(rest)
      } else this.#failed(error)
    }
  }

  #open(): NodeJS.WriteStream {
    const stream = this.#fd === 1 ? process.stdout : process.stderr
    stream.on('error', (error) => this.#failed(error))
    return stream
  }

  #failed(error: unknown): void {
    if (!isErrno(error)) throw error
    if (this.#isClosed) return
    this.#isClosed = true
    if (error.code !== 'EPIPE') {
      process.exitCode = 1
      this.#hasFailed = true
      if (this.#fd === 1)
        fs.writeSync(2, `error: cannot write to standard output: ${error.message}\n`)
    }
    setImmediate(this.#onClosed)
  }
}

/** Empties the terminal: the screen, and what was scrolled out of it. */
export function clearScreen(): void {
  new Standard(1).write('\u001b[2J\u001b[3J\u001b[H')
}

function isPerhapsTerminal(fd: number): boolean {
  const stat = unlessErrno(() => fs.fstatSync(fd))
  return stat === undefined || (stat.isCharacterDevice() && stat.rdev !== NULL_DEVICE)
}
