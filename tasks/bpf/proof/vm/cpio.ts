// Files to an archive that the kernel unpacks at boot: cpio in the form "newc". Pure.
//
// The form is in the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.

export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'device'
      readonly path: string
      readonly major: number
      readonly minor: number
    }

/** The type and permissions of an entry: inode(7). All belongs to root. */
const MODES = { folder: 0o040755, file: 0o100755, link: 0o120777, device: 0o020600 } as const

/** @param entries a folder before what is in it; paths without a leading slash */
export function cpio(entries: readonly Entry[]): Buffer {
  const records = entries.map((entry, at) => record(entry, at + 1))
  return Buffer.concat([...records, header(0, 0, 'TRAILER!!!', 0), padding(0)])
}

/** The folders that paths lie in, each before those in it. */
export function foldersOf(paths: readonly string[]): Entry[] {
  const folders = new Set<string>()
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1)
    for (let length = 1; length <= parts.length; length++) {
      folders.add(parts.slice(0, length).join('/'))
    }
  }
  return [...folders].sort().map((path) => ({ kind: 'folder', path }))
}

function record(entry: Entry, inode: number): Buffer {
  const bytes = contentOf(entry)
  const device = entry.kind === 'device' ? [entry.major, entry.minor] : undefined
  const head = header(inode, MODES[entry.kind], entry.path, bytes.length, device)
  return Buffer.concat([head, bytes, padding(bytes.length)])
}

function contentOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case 'file':
      return entry.bytes
    case 'link':
      return Buffer.from(entry.target)
    case 'folder':
    case 'device':
      return new Uint8Array()
    default:
      return entry satisfies never
  }
}

function header(
  inode: number,
  mode: number,
  path: string,
  size: number,
  [major = 0, minor = 0]: readonly number[] = [],
): Buffer {
  const name = Buffer.from(`${path}\0`)
  const [uid, gid, links, time, fileMajor, fileMinor, check] = [0, 0, 1, 0, 0, 0, 0]
  const fields = [inode, mode, uid, gid, links, time, size, fileMajor, fileMinor]
  const text = [...fields, major, minor, name.length, check].map(hex).join('')
  return Buffer.concat([Buffer.from(`070701${text}`), name, padding(6 + text.length + name.length)])
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0').toUpperCase()
}

/** Names and contents begin at multiples of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}
