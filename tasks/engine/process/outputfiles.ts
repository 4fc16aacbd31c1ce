// Files that commands write their output to. Nobody else sees them, and they end with this process.
//
// Making one costs as much as starting a small command, and most commands write nothing: a file that is
// still empty serves the next command. (A process that outlives its command and writes later is then
// heard with the next one.)
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { isErrno, UserError } from '../base/index.ts'
import { type Disk, diskFailure } from '../files/index.ts'

/** A disk with less free than this counts as full, in bytes. */
const LITTLE_ROOM = 1 << 20

/** The most of an output that is shown, in bytes: nobody reads more, and it is held in memory. */
const MOST = 64 << 20

/** Bytes that are copied at once. */
const PIECE = 1 << 20

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

export class OutputFiles {
  readonly #disk: Disk
  readonly #folder: string
  readonly #longFolder: string | undefined
  readonly #empty: number[] = []
  #opened = 0

  /**
   * @param folder where the files are: made where it does not exist
   * @param longFolder where output is kept that is too long to be shown; what is in there goes now
   */
  constructor(disk: Disk, folder: string, longFolder?: string) {
    this.#disk = disk
    this.#folder = folder
    this.#longFolder = longFolder
    if (longFolder !== undefined) removeLongOutputs(disk, longFolder)
  }

  /** An open file with nothing in it. @throws UserError */
  open(): number {
    return this.#empty.pop() ?? openUnnamed(this.#disk, this.#folder, `output.${this.#opened++}`)
  }

  /**
   * What was written to the file, which is not to be used any more. Of more than 64 MiB only the first
   * and last half of that; then the text says where all of it is.
   * @param label whose output it is
   */
  readAndClose(fd: number, label = ''): string {
    const { size } = fs.fstatSync(fd)
    if (size === 0) {
      this.#empty.push(fd)
      return ''
    }
    try {
      if (size <= MOST) return readPart(fd, 0, size).toString('utf8')
      const first = wholeText(readPart(fd, 0, MOST / 2))
      const last = wholeText(readPart(fd, size - MOST / 2, MOST / 2))
      const where = this.#keepLong(fd, size, label)
      const left = Math.round((size - MOST) / (1 << 20))
      return `${first}\n… ${left} MiB are not shown here${where} …\n${last}`
    } finally {
      fs.closeSync(fd)
    }
  }

  close(): void {
    for (const fd of this.#empty.splice(0)) fs.closeSync(fd)
  }

  /** Where all of it is kept, as the end of a sentence. */
  #keepLong(fd: number, size: number, label: string): string {
    if (this.#longFolder === undefined) return ''
    const path = `${this.#longFolder}/${label.replaceAll(/[^\w.-]/g, '_').slice(-100)}.txt`
    try {
      this.#disk.makeFolder(this.#longFolder)
      const copy = openNew(this.#disk, path)
      try {
        for (let at = 0; at < size; at += PIECE)
          fs.writeSync(copy, readPart(fd, at, Math.min(PIECE, size - at)))
      } finally {
        fs.closeSync(copy)
      }
      return `; all of it is in ${path}`
    } catch (error) {
      if (!(error instanceof UserError) && !isErrno(error)) throw error
      return `, and could not be kept: ${error.message}`
    }
  }
}

/** Removes all output that was kept because it was too long to be shown. */
export function removeLongOutputs(disk: Disk, longFolder: string): void {
  // A link in its place is removed itself, not what it points to.
  fs.rmSync(disk.at(longFolder), { recursive: true, force: true })
}

/**
 * A file without a name, for output of any size.
 * @param folder where it is, unless that disk is full: then nobody could be told that it is
 * @param name for the moment in which it must have one, where the file system asks for that
 */
function openUnnamed(disk: Disk, folder: string, name: string): number {
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

function readPart(fd: number, from: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count)
  let length = 0
  while (length < count) {
    const read = fs.readSync(fd, bytes, length, count - length, from + length)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}

/** Without parts of characters at its ends. */
function wholeText(bytes: Buffer): string {
  let [from, to] = [0, bytes.length]
  while (from < to && isContinuation(bytes[from])) from++
  let back = to - 1
  while (back > from && isContinuation(bytes[back])) back--
  const lead = bytes[back] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  if (back + length > to) to = back
  return bytes.toString('utf8', from, to)
}

/** Every byte of a UTF-8 character but its first. */
function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80
}
