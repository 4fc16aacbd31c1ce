// The time as the file system under the build folder counts it, which lags behind the processor's.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../base/index.ts'
import { changeTime, type Disk } from './disk.ts'
import { diskFailure } from './diskfailure.ts'

/** How long to wait at most for the file system's next tick, in milliseconds; a tick is 1 to 10. */
const LONGEST_TICK = 25

/**
 * Tells whether a file changed before or after a command started, by change times alone. The first
 * reading waits for a new tick: so whatever was edited before the build began has an earlier time.
 */
export class Clock {
  readonly #fd: number
  readonly #path: string
  #settled = false

  /** Makes and at once unlinks a file in the folder. @throws UserError */
  constructor(disk: Disk, path: string) {
    this.#path = path
    try {
      const at = disk.at(path)
      fs.mkdirSync(dirname(at), { recursive: true })
      // Never what stands there: its length is going to be cut.
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
      // Cut to the length that it has: that sets its times, and needs no room on the disk.
      fs.ftruncateSync(this.#fd, 0)
      return changeTime(fs.fstatSync(this.#fd))
    } catch (error) {
      throw isErrno(error) ? diskFailure('write', this.#path, error) : error
    }
  }
}
