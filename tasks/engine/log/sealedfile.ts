// A file of the engine's own that counts only as its user wrote it: a seal, then the payload.
import { createHmac } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../base/failure.ts'
import type { Disk } from '../files/disk.ts'
import { LARGEST, writeAll } from './logfile.ts'
import type { Keys } from './logkey.ts'
import { readPlain } from './privatefolder.ts'

/** Bytes of the seal, HMAC-SHA-256, which stands first. */
const SEAL = 32

/**
 * @param form what the payload is, and in which version: it is sealed too
 * @returns undefined where there is none that this user wrote in that form; else at a multiple of four
 */
export function readSealed(disk: Disk, path: string, form: string, keys: Keys): Buffer | undefined {
  if (disk.lstat(dirname(path))?.isDirectory() !== true) return undefined
  const read = readPlain(disk.at(path), LARGEST)
  if (read === undefined || read.bytes.length < SEAL) return undefined
  const { bytes, stat } = read
  const payload = bytes.subarray(SEAL)
  if (keys.written.has(form, stat)) return payload
  const key = keys.find()
  if (key === undefined || !sealOf(key, form, payload).equals(bytes.subarray(0, SEAL)))
    return undefined
  keys.written.add(form, stat)
  return payload
}

/** Puts one in the place of what was there. False where the disk does not take it. */
export function writeSealed(
  disk: Disk,
  path: string,
  form: string,
  keys: Keys,
  payload: Buffer,
): boolean {
  const half = disk.at(`${path}.new`)
  let fd: number | undefined
  try {
    fs.rmSync(half, { recursive: true, force: true })
    const seal = sealOf(keys.make(), form, payload)
    fd = fs.openSync(half, 'wx', 0o644)
    writeAll(fd, Buffer.concat([seal, payload]), 0)
    fs.renameSync(half, disk.at(path))
    // Of the file that was written, whatever stands in its place by now.
    keys.written.add(form, fs.fstatSync(fd))
    return true
  } catch (error) {
    if (!isErrno(error)) throw error
    fs.rmSync(half, { recursive: true, force: true })
    return false
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

function sealOf(key: Buffer, form: string, payload: Buffer): Buffer {
  return createHmac('sha256', key).update(form).update(payload).digest()
}
