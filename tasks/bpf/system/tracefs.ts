// Where the kernel's tracing files are, or the command that puts them there. Mounts nothing.
import { lstatSync, readFileSync } from 'node:fs'
import { isErrno, unlessErrno } from '../../engine/index.ts'

/** `absent`: this kernel has no tracing, or nothing of it is shown here. */
export type Tracefs =
  | { readonly state: 'mounted'; readonly path: string }
  /** `mount` is the command, for root, after which it is at `path`. */
  | { readonly state: 'unmounted'; readonly path: string; readonly mount: readonly string[] }
  | { readonly state: 'absent' }

/** What a look at a path shows; `denied` when a folder on the way is closed to us. */
export type Sight = 'there' | 'denied' | 'missing'

/** What tracefs is looked for by. */
export interface TracefsSigns {
  readonly look: (path: string) => Sight
  /** The text of /proc/self/mounts: proc(5). */
  readonly mounts: string
  /** The text of /proc/filesystems. */
  readonly filesystems: string
}

/** Its own place since Linux 4.1, then the one that debugfs mounts when it is looked at. */
const places = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const

/** Looks at this machine. */
export function findTracefs(): Tracefs {
  return tracefsFrom({
    look,
    mounts: readText('/proc/self/mounts'),
    filesystems: readText('/proc/filesystems'),
  })
}

/**
 * Mounted where its files are seen, or, as only root may look into it, where the table of mounts
 * has it. A mere folder is no sign: the kernel makes /sys/kernel/tracing as an empty mount point.
 */
export function tracefsFrom({ look, mounts, filesystems }: TracefsSigns): Tracefs {
  for (const path of places) {
    const sights = [look(`${path}/trace_pipe`), look(`${path}/events`)]
    if (sights.every((sight) => sight === 'there')) return { state: 'mounted', path }
    if (sights.includes('denied') && isMounted(path, 'tracefs', mounts)) {
      return { state: 'mounted', path }
    }
  }
  const [own, underDebugfs] = places
  if (knows('tracefs', filesystems) && look(own) !== 'missing') {
    return { state: 'unmounted', path: own, mount: ['mount', '-t', 'tracefs', 'tracefs', own] }
  }
  const debugfs = '/sys/kernel/debug'
  if (
    knows('tracefs', filesystems) &&
    knows('debugfs', filesystems) &&
    look(debugfs) !== 'missing'
  ) {
    const mount = ['mount', '-t', 'debugfs', 'debugfs', debugfs]
    return { state: 'unmounted', path: underDebugfs, mount }
  }
  return { state: 'absent' }
}

/** A line of mounts: device, place, type, options. */
function isMounted(path: string, type: string, mounts: string): boolean {
  return mounts.split('\n').some((line) => {
    const [, place, kind] = line.split(' ')
    return place === path && kind === type
  })
}

/** A line of filesystems: `nodev` or nothing, a tab, the type. */
function knows(type: string, filesystems: string): boolean {
  return filesystems.split('\n').some((line) => line.split('\t')[1] === type)
}

function look(path: string): Sight {
  try {
    lstatSync(path)
    return 'there'
  } catch (error) {
    return isErrno(error, 'EACCES', 'EPERM') ? 'denied' : 'missing'
  }
}

function readText(path: string): string {
  return unlessErrno(() => readFileSync(path, 'utf8')) ?? ''
}
