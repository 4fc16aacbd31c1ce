// A disk that records each path it is asked about, so the next run can tell whether the answers would be
// the same.
import type * as fs from 'node:fs'
import { bytesOfPath } from '../base/index.ts'
import { Disk, type FileStat, type FolderReader, isPseudo, wrapped } from '../files/index.ts'
import { contentOf, MISSING, statOrNothing, targetOf } from './recall.ts'

/** A growing column of eight-byte numbers: an object for each path would cost more than the path. */
class Numbers {
  values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float64Array(this.length * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.values[this.length++] = value
  }
}

export class RecordingDisk extends Disk {
  readonly #recorded = new Set<string>()
  /** Absolute, each once, in the state in which it was first seen. */
  readonly paths: string[] = []
  readonly changed = new Numbers()
  readonly inodes = new Numbers()
  readonly sizes = new Numbers()
  /** Targets of links; null: none. */
  readonly links = new Map<string, string | null>()
  /** Contents of files of the kernel. */
  readonly contents = new Map<string, string>()
  /** A path whose state a later run cannot compare; undefined if there is none. */
  unknowable: string | undefined

  /** Comes before the look itself, so that a change between the two shows as a change. */
  #record(path: string): void {
    const at = this.#absolute(path)
    // Names that are not UTF-8 cannot be stored as text.
    if (bytesOfPath(at) !== undefined || at.includes('\0')) {
      this.unknowable ??= path
      return
    }
    if (this.#recorded.has(at)) return
    this.#recorded.add(at)
    const stat = statOrNothing(at)
    if (isPseudo(at)) {
      const content = stat?.isFile() === true ? contentOf(at) : undefined
      if (content === undefined) this.unknowable ??= path
      else this.contents.set(at, content)
      return
    }
    this.paths.push(at)
    this.changed.push(stat?.ctimeMs ?? 0)
    this.inodes.push(stat?.ino ?? MISSING)
    this.sizes.push(stat?.size ?? 0)
  }

  override stat(path: string, at?: string | Buffer): FileStat | undefined {
    if (at !== undefined) return super.stat(path, at)
    this.#record(path)
    return super.stat(path)
  }

  override read(path: string): Buffer | undefined {
    this.#record(path)
    return super.read(path)
  }

  override digest(path: string): string | undefined {
    this.#record(path)
    return super.digest(path)
  }

  override startsWith(path: string, beginning: string): boolean {
    this.#record(path)
    return super.startsWith(path, beginning)
  }

  override list(folder: string): string[] {
    this.#record(folder)
    return super.list(folder)
  }

  override isExecutable(path: string): boolean {
    this.#record(path)
    return super.isExecutable(path)
  }

  override realPath(path: string): string | undefined {
    this.#recordLink(path)
    return super.realPath(path)
  }

  override lstat(path: string): fs.Stats | undefined {
    this.#record(path)
    this.#recordLink(path)
    return super.lstat(path)
  }

  override isFolder(path: string): boolean {
    this.#record(path)
    this.#recordLink(path)
    return super.isFolder(path)
  }

  override same(a: string, b: string): boolean {
    for (const path of [a, b]) this.#record(path)
    return super.same(a, b)
  }

  #recordLink(path: string): void {
    const at = this.#absolute(path)
    if (!this.links.has(at)) this.links.set(at, targetOf(at))
  }

  #absolute(path: string): string {
    const at = this.at(path)
    return at.startsWith('/') ? at : `${this.root}/${at}`
  }

  /** The directory reader for globs. */
  override get folders(): FolderReader {
    return wrapped(super.folders, (path) => this.#record(path))
  }
}
