// Files that the kernel gives, and does not change while it runs: which boot says what is in them.
import * as fs from 'node:fs'
import { isErrno } from '../base/failure.ts'

/** `SYSFS_MAGIC` of linux/magic.h. */
const SYSFS = 0x62656572

const BOOT = '/proc/sys/kernel/random/boot_id'

/** A name of this boot of this kernel. @throws an error of Node's where /proc has none */
export function bootId(): string {
  return fs.readFileSync(BOOT, 'latin1').trim()
}

/** What is as good as the content of such a file; undefined where something else lies there. */
export function contentByBoot(path: string): string | undefined {
  try {
    return fs.statfsSync(path).type === SYSFS ? `boot ${bootId()}` : undefined
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
}
