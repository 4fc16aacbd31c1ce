// Files that commands write their output to: nobody else sees them, and they end with this process.
//
// To make one costs as much as to start a small command, and most commands write nothing: a file that
// is still empty serves the next one. (What outlives its command unseen and writes later is then heard
// with that one.)
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { isErrno } from '../base/failure.ts'
import { type Disk, diskFailure } from '../files/disk.ts'

/** Bytes. */
const LITTLE_ROOM = 1 << 20

/** `__O_TMPFILE` of the kernel's asm-generic/fcntl.h; alone it means nothing. */
const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY

/** A file at a path where there is none then. @throws UserError */
export function openNew(disk: Disk, path: string): number {
  try {
    disk.remove(path)
    const { O_RDWR, O_CREAT, O_EXCL, O_APPEND } = fs.constants
    return fs.openSync(disk.at(path), O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o644)
  } catch (error) {
    throw isErrno(error) ? diskFailure('write', path, error) : error
  }
}

/** Where commands that run at once hold their output. */
export class HeldOutputs {
  readonly #disk: Disk
  readonly #folder: string
  readonly #empty: number[] = []
  #opened = 0
  #gate: number | undefined

  /** @param folder where the files are held: made where it is not there */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  /** An open file with nothing in it. @throws UserError */
  take(): number {
    return this.#empty.pop() ?? openHeld(this.#disk, this.#folder, `output.${this.#opened++}`)
  }

  /** All that was written to the file, which is not to be used any more. */
  give(fd: number): string {
    const text = readWhole(fd)
    if (text === '') this.#empty.push(fd)
    else fs.closeSync(fd)
    return text
  }

  /** An open file in which something is until {@link shut}: so long commands may start early. */
  get gate(): number {
    if (this.#gate === undefined) {
      this.#gate = this.take()
      fs.writeSync(this.#gate, '+')
    }
    return this.#gate
  }

  shut(): void {
    if (this.#gate !== undefined) fs.ftruncateSync(this.#gate)
  }

  close(): void {
    if (this.#gate !== undefined) fs.closeSync(this.#gate)
    this.#gate = undefined
    for (const fd of this.#empty.splice(0)) fs.closeSync(fd)
  }
}

/**
 * A file without a name, for output of any size.
 * @param folder where it is held, unless that disk is full: then nobody would hear that it is
 * @param name for the moment in which it must have one, where the file system asks for that
 */
function openHeld(disk: Disk, folder: string, name: string): number {
  disk.makeFolder(folder)
  const { bavail, bsize } = fs.statfsSync(disk.at(folder))
  const room = bavail * bsize < LITTLE_ROOM ? tmpdir() : folder
  try {
    return fs.openSync(
      disk.at(room),
      O_TMPFILE | fs.constants.O_RDWR | fs.constants.O_APPEND,
      0o600,
    )
  } catch (error) {
    if (!isErrno(error)) throw error
    // Not on every file system: what is wrong with the disk itself is said below.
    const path = `${room}/${process.pid}.${name}`
    const fd = openNew(disk, path)
    disk.remove(path)
    return fd
  }
}

/** All that was written to it. */
function readWhole(fd: number): string {
  const { size } = fs.fstatSync(fd)
  if (size === 0) return ''
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const read = fs.readSync(fd, bytes, length, size - length, length)
    if (read === 0) break
    length += read
  }
  return bytes.toString('utf8', 0, length)
}
