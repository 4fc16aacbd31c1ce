// The clock of the file system that holds the build directory, which lags behind the processor's clock.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../base/index.ts'
import { changeTime, type Disk } from './disk.ts'
import { diskFailure } from './diskfailure.ts'

/** The longest wait for the next tick of the file system, in milliseconds. Ticks take 1 to 10. */
const LONGEST_TICK = 25

/**
 * Decides by change times whether a file changed before or after a command started. The first reading
 * waits for a new tick, so that everything edited before the build has an earlier time.
 */
export class Clock {
  readonly #fd: number
  readonly #path: string
  #settled = false

  /** Makes a file in the directory and unlinks it at once. @throws UserError */
  constructor(disk: Disk, path: string) {
    this.#path = path
    try {
      const at = disk.at(path)
      fs.mkdirSync(dirname(at), { recursive: true })
      // Never open an existing file: its length is going to be cut.
      fs.rmSync(at, { recursive: true, force: true })
      const { O_RDWR, O_CREAT, O_EXCL } = fs.constants
      this.#fd = fs.openSync(at, O_RDWR | O_CREAT | O_EXCL, 0o600)
      fs.unlinkSync(at)
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', path, error) : error
    }
  }

  /** Now, in milliseconds since 1970. */
  now(): number {
    if (!this.#settled) this.#waitForTick()
    return this.#read()
  }

  close(): void {
    fs.closeSync(this.#fd)
  }

  #waitForTick(): void {
    this.#settled = true
    const first = this.#read()
    const deadline = performance.now() + LONGEST_TICK
    while (this.#read() <= first && performance.now() < deadline);
  }

  #read(): number {
    try {
      // Truncating a file to its own length sets its times and needs no space.
      fs.ftruncateSync(this.#fd, 0)
      return changeTime(fs.fstatSync(this.#fd))
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', this.#path, error) : error
    }
  }
}
