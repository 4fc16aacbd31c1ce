// GNU make's jobserver, as its client: how many commands run at once, over all that make started.
//
// https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html
import * as fs from 'node:fs'
import { isErrno, unlessErrno } from '../base/index.ts'
import type { Bound } from './slots.ts'

/** How often an empty jobserver is asked again, in milliseconds. Nothing reports that it has a token. */
const AGAIN = 10

/** What make's flags say of a jobserver: the two ends of a pipe, or the path of a fifo. */
export type Address =
  | { readonly kind: 'pipe'; readonly read: number; readonly write: number }
  | { readonly kind: 'fifo'; readonly path: string }

/** Of several the last counts, as make's manual has it. Undefined where there is none. */
export function jobserverAddress(makeFlags: string | undefined): Address | undefined {
  // Words after a ` -- ` are variables, which may say anything.
  const [flags = ''] = (makeFlags ?? '').split(/(?:^| )--(?: |$)/)
  const all = [...flags.matchAll(/(?:^| )--jobserver-(?:auth|fds)=(\S+)/g)]
  const value = all.at(-1)?.[1]
  if (value === undefined) return undefined
  if (value.startsWith('fifo:')) return { kind: 'fifo', path: value.slice('fifo:'.length) }
  const pipe = /^(\d+),(\d+)$/.exec(value)
  // Negative numbers: make has closed the pipe to this command.
  if (pipe === null) return undefined
  return { kind: 'pipe', read: Number(pipe[1]), write: Number(pipe[2]) }
}

/** Both ends of a jobserver's pipe, for a child process. */
export interface PipeEnds {
  readonly read: number
  readonly write: number
  readonly close: () => void
}

/** The tokens of one jobserver. All that are held are given back when this process exits. */
export class Jobserver implements Bound {
  readonly #read: number
  readonly #write: number
  /** The bytes that were read: they may differ, and the same ones must be given back. */
  readonly #held: number[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #onExit = (): void => this.close()

  private constructor(read: number, write: number) {
    this.#read = read
    this.#write = write
    process.once('exit', this.#onExit)
  }

  /**
   * Undefined where the address is not that of a usable pipe: make passes it only to commands that it
   * takes for makes, with a `+` before them.
   */
  static open(address: Address): Jobserver | undefined {
    const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = fs.constants
    if (address.kind === 'fifo') {
      // For both, so that opening it never waits.
      const fd = openPipe(address.path, O_RDWR | O_NONBLOCK)
      return fd === undefined ? undefined : new Jobserver(fd, fd)
    }
    // Opened anew, because O_NONBLOCK belongs to an open file, which make shares with us.
    if (!isOfMake(address.write)) return undefined
    const read = openPipe(`/proc/self/fd/${address.read}`, O_RDONLY | O_NONBLOCK)
    const write = openPipe(`/proc/self/fd/${address.write}`, O_WRONLY)
    if (read !== undefined && write !== undefined) return new Jobserver(read, write)
    for (const fd of [read, write]) if (fd !== undefined) fs.closeSync(fd)
    return undefined
  }

  /**
   * A jobserver of our own, by a fifo that was just made: it is removed at once, and lives on while it is open.
   * Undefined where it cannot be opened.
   * @param tokens how many commands may run besides the first one
   */
  static serve(path: string, tokens: number): Jobserver | undefined {
    const server = Jobserver.open({ kind: 'fifo', path })
    unlessErrno(() => fs.unlinkSync(path))
    if (server !== undefined && tokens > 0) fs.writeSync(server.#write, '+'.repeat(tokens))
    return server
  }

  /** Opened anew: whether reading waits belongs to an open file, and a child may decide that otherwise. */
  forChild(): PipeEnds {
    const read = fs.openSync(`/proc/self/fd/${this.#read}`, fs.constants.O_RDONLY)
    const write = fs.openSync(`/proc/self/fd/${this.#write}`, fs.constants.O_WRONLY)
    const close = (): void => {
      for (const fd of [read, write]) fs.closeSync(fd)
    }
    return { read, write, close }
  }

  acquire(): boolean {
    const byte = Buffer.allocUnsafe(1)
    try {
      if (fs.readSync(this.#read, byte, 0, 1, null) !== 1) return false
    } catch (error) {
      if (isErrno(error, 'EAGAIN', 'EINTR')) return false
      throw error
    }
    this.#held.push(byte[0] ?? 0)
    return true
  }

  release(): void {
    const token = this.#held.pop()
    if (token !== undefined) fs.writeSync(this.#write, Uint8Array.of(token))
  }

  whenFree(retry: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      retry()
    }, AGAIN)
  }

  /** Gives everything back. */
  close(): void {
    process.off('exit', this.#onExit)
    clearTimeout(this.#timer)
    try {
      while (this.#held.length > 0) this.release()
    } catch (error) {
      // Make itself has ended: nobody is left to take them.
      if (!isErrno(error, 'EPIPE')) throw error
    }
    fs.closeSync(this.#read)
    if (this.#write !== this.#read) fs.closeSync(this.#write)
  }
}

/**
 * Where make has closed its pipe, the runtime may have a pipe of its own under that number. Those are
 * non-blocking; make's is not.
 */
function isOfMake(write: number): boolean {
  const info = unlessErrno(() => fs.readFileSync(`/proc/self/fdinfo/${write}`, 'latin1')) ?? ''
  const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8)
  return (flags & (fs.constants.O_NONBLOCK | ACCESS)) === fs.constants.O_WRONLY
}

/** The bits that say whether one may read or write: O_ACCMODE of fcntl(2). */
const ACCESS = 3

function openPipe(path: string, flags: number): number | undefined {
  let fd: number
  try {
    fd = fs.openSync(path, flags)
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
  if (fs.fstatSync(fd).isFIFO()) return fd
  fs.closeSync(fd)
  return undefined
}
