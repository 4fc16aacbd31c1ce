// A disk that keeps in mind what it was asked: who asked decided by that, and by nothing else of it.
import * as fs from 'node:fs'
import { Disk, type FileStat, type FolderReader, isPseudo } from '../files/disk.ts'
import type { Look } from './snapshot.ts'

/** A path, and where it led with all links followed; null: nowhere. */
export type Led = readonly [path: string, to: string | null]

export class Witness extends Disk {
  readonly #looks = new Map<string, FileStat | null>()
  readonly #led = new Map<string, string | null>()
  /** It was asked something that a later look cannot tell to be the same. */
  isBlind = false

  get looks(): readonly Look[] {
    return [...this.#looks]
  }

  get led(): readonly Led[] {
    return [...this.#led]
  }

  /** Before whatever else is asked of it: what changes in between will be seen to have changed. */
  #note(path: string): void {
    if (!this.#looks.has(path)) this.#looks.set(path, super.stat(path) ?? null)
  }

  override stat(path: string, at?: string | Buffer): FileStat | undefined {
    if (at !== undefined) return super.stat(path, at)
    this.#note(path)
    return this.#looks.get(path) ?? undefined
  }

  override read(path: string): Buffer | undefined {
    this.#noteContent(path)
    return super.read(path)
  }

  override digest(path: string): string | undefined {
    this.#noteContent(path)
    return super.digest(path)
  }

  /** Times of the kernel's files say nothing of what is in them. */
  #noteContent(path: string): void {
    if (isPseudo(path)) this.isBlind = true
    this.#note(path)
  }

  override list(folder: string): string[] {
    this.#noteContent(folder)
    return super.list(folder)
  }

  override realPath(path: string): string | undefined {
    const to = super.realPath(path)
    this.#led.set(path, to ?? null)
    return to
  }

  override isExecutable(path: string): boolean {
    this.#note(path)
    return super.isExecutable(path)
  }

  override lstat(path: string): fs.Stats | undefined {
    this.isBlind = true
    return super.lstat(path)
  }

  override isFolder(path: string): boolean {
    this.isBlind = true
    return super.isFolder(path)
  }

  override identity(path: string): string | undefined {
    this.isBlind = true
    return super.identity(path)
  }

  override same(a: string, b: string): boolean {
    this.isBlind = true
    return super.same(a, b)
  }

  /** What finds files by patterns reads folders through this. */
  override get folders(): FolderReader {
    const noted = <Found>(call: (path: string, options: never) => Found) => {
      return (path: string, options: never): Found => {
        this.#noteContent(path)
        return call(path, options)
      }
    }
    return {
      lstatSync: noted(fs.lstatSync) as typeof fs.lstatSync,
      statSync: noted(fs.statSync) as typeof fs.statSync,
      readdirSync: noted(fs.readdirSync) as typeof fs.readdirSync,
    }
  }
}
