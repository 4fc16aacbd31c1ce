// The file of a log: read only where it can be one, written only where it is ours. Knows no frames.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from '../files/index.ts'

/** No log, nor any other file of ours, has as many bytes as this. */
export const LARGEST = 1 << 29

/**
 * How a log was found: `whole`; `damaged` (what was written after the damage is lost); `foreign`: of
 * another version or byte order; `elsewhere`: not written here, and so not believed; `missing`.
 */
export type LogState = 'whole' | 'damaged' | 'foreign' | 'elsewhere' | 'missing'

/** Undefined where nothing can be a log; links are not followed. */
export function readLog(disk: Disk, path: string): Buffer | undefined {
  if (disk.lstat(dirname(path))?.isDirectory() !== true) return undefined
  const stat = disk.lstat(path)
  const bytes = stat?.isFile() === true && stat.size <= LARGEST ? disk.read(path) : undefined
  // Numbers are read in place, which asks for a buffer that starts on a multiple of four.
  return bytes === undefined || bytes.byteOffset % 4 === 0
    ? bytes
    : Buffer.from(new Uint8Array(bytes).buffer)
}

/**
 * Opens it to write behind its first bytes; its folder is made where there is none.
 * @param length of what is good of it; 0: what is there may be anything, and is replaced
 */
export function openLog(disk: Disk, path: string, length: number): number {
  const at = disk.at(path)
  fs.mkdirSync(dirname(at), { recursive: true })
  // Another name of somebody's file, for one.
  if (length === 0) fs.rmSync(at, { recursive: true, force: true })
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants
  const fd = fs.openSync(at, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
  fs.ftruncateSync(fd, length)
  return fd
}

/** A full disk takes a part of a write without an error; the next one then says so. */
export function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
  }
}
