// What files hold, as whole SHA-256: names that other trees and machines give to the same bytes too.
import { createHash } from 'node:crypto'
import { type Disk, type FileStat, isPastTick } from '../files/index.ts'

/** The digest of bytes or of a text, in hexadecimal digits. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Keeps digests of tools from one run to the next: they are large, and seldom other ones. */
export interface ToolMemory {
  recall(path: string): string | undefined
  remember(path: string, text: string): void
}

interface Seen {
  readonly version: string
  readonly digest: string
}

/** Each version of a file is read once. */
export class Contents {
  readonly #disk: Disk
  readonly #tools: ToolMemory
  readonly #seen = new Map<string, Seen>()

  constructor(disk: Disk, tools: ToolMemory) {
    this.#disk = disk
    this.#tools = tools
  }

  /** Undefined where there is no file. */
  of(path: string): string | undefined {
    const stat = this.#disk.stat(path)
    if (stat === undefined || stat.type === 'folder') return undefined
    const version = versionOf(stat)
    const known = this.#seen.get(path)
    if (known?.version === version) return known.digest
    const bytes = stat.type === 'file' ? this.#disk.read(path) : Buffer.alloc(0)
    if (bytes === undefined) return undefined
    const digest = sha256(bytes)
    if (isPastTick(stat)) this.#seen.set(path, { version, digest })
    return digest
  }

  /** The same for a tool, remembered against its time and size. '' where there is none. */
  ofTool(path: string): string {
    const stat = this.#disk.stat(path)
    if (stat === undefined) return ''
    const version = versionOf(stat)
    const [before, digest] = this.#tools.recall(path)?.split('\n') ?? []
    if (before === version && digest !== undefined) return digest
    const found = this.of(path) ?? ''
    if (isPastTick(stat)) this.#tools.remember(path, `${version}\n${found}`)
    return found
  }
}

function versionOf({ mtime, changed, size, ino }: FileStat): string {
  return `${mtime} ${changed} ${size} ${ino}`
}
