// A file of the engine's own that counts only as its user wrote it: a seal, then the payload.
import { createHmac } from 'node:crypto'
import * as fs from 'node:fs'
import type { Disk } from './disk.ts'
import { isErrno } from './failure.ts'
import { readLog } from './logfile.ts'
import type { Keys } from './logkey.ts'

/** Bytes of the seal, HMAC-SHA-256, which stands first. */
const SEAL = 32

/**
 * @param form what the payload is, and in which version: it is sealed too
 * @returns undefined where there is none that this user wrote in that form
 */
export function readSealed(
  disk: Disk,
  path: string,
  form: string,
  keys: Pick<Keys, 'find'>,
): Buffer | undefined {
  const bytes = readLog(disk, path)
  if (bytes === undefined || bytes.length < SEAL) return undefined
  const key = keys.find()
  const payload = bytes.subarray(SEAL)
  const isOurs = key !== undefined && sealOf(key, form, payload).equals(bytes.subarray(0, SEAL))
  return isOurs ? payload : undefined
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
  try {
    fs.rmSync(half, { recursive: true, force: true })
    const seal = sealOf(keys.make(), form, payload)
    fs.writeFileSync(half, Buffer.concat([seal, payload]), { flag: 'wx', mode: 0o644 })
    fs.renameSync(half, disk.at(path))
    return true
  } catch (error) {
    if (!isErrno(error)) throw error
    fs.rmSync(half, { recursive: true, force: true })
    return false
  }
}

function sealOf(key: Buffer, form: string, payload: Buffer): Buffer {
  return createHmac('sha256', key).update(form).update(payload).digest()
}
