// Reads and opens the file of a log, and replaces anything in its place that is not a log. Knows no frames.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from '../files/index.ts'

/** Larger than any log and any other file of ours, in bytes. */
export const LARGEST = 1 << 29

/**
 * The state of a log: `whole`; `damaged`: what follows the damage is lost; `foreign`: of another version or
 * byte order; `elsewhere`: not written here, so not believed; `missing`.
 */
export type LogState = 'whole' | 'damaged' | 'foreign' | 'elsewhere' | 'missing'

/** Undefined if nothing there can be a log. Links are not followed. */
export function readLog(disk: Disk, path: string): Buffer | undefined {
  if (disk.lstat(dirname(path))?.isDirectory() !== true) return undefined
  const stat = disk.lstat(path)
  const bytes = stat?.isFile() === true && stat.size <= LARGEST ? disk.read(path) : undefined
  // Numbers are read in place, so the buffer must start at a multiple of four.
  return bytes === undefined || bytes.byteOffset % 4 === 0
    ? bytes
    : Buffer.from(new Uint8Array(bytes).buffer)
}

/**
 * Opens a log for appending, and makes its directory.
 * @param length of its valid part, in bytes; 0: whatever is there is replaced
 */
export function openLog(disk: Disk, path: string, length: number): number {
  const at = disk.at(path)
  fs.mkdirSync(dirname(at), { recursive: true })
  // It may be another name of somebody's file.
  if (length === 0) fs.rmSync(at, { recursive: true, force: true })
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants
  const fd = fs.openSync(at, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
  fs.ftruncateSync(fd, length)
  return fd
}

/** On a full disk a write may be partial and succeed; the next one then fails. */
export function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
  }
}
