// A world for the engine that no machine is needed for: files in memory, made-up answers, seeds.
import { Answers, type Question, type World } from '../../tasks/engine/answer/answers.ts'
import { Disk, type FileStat } from '../../tasks/engine/files/disk.ts'

/** A disk whose files are in memory: what it says of times is what a test has set. */
export class FakeDisk extends Disk {
  readonly files = new Map<string, FileStat & { readonly content: string }>()
  /** Every path whose content was read, in order. */
  readonly digested: string[] = []
  /** Called with each path before its content is read. */
  onDigest: (path: string) => void = () => {}

  constructor() {
    super('/nowhere')
  }

  put(path: string, content: string, more: Partial<FileStat> = {}): void {
    const size = content.length
    this.files.set(path, { mtime: 1000, changed: 1000, type: 'file', size, content, ...more })
  }

  override stat(path: string): FileStat | undefined {
    const file = this.files.get(path)
    if (file === undefined) return undefined
    const { mtime, changed, size, type } = file
    return { mtime, changed, size, type }
  }

  override digest(path: string): string | undefined {
    this.onDigest(path)
    this.digested.push(path)
    const file = this.files.get(path)
    return file?.type === 'file' ? digestOf(file.content) : undefined
  }
}

/** Something like a digest: 32 hexadecimal digits that tell short contents apart. */
export function digestOf(content: string): string {
  return Buffer.from(`${content}\n`).toString('hex').padEnd(32, 'a').slice(0, 32)
}

export function fakeWorld(spec: Partial<World> = {}): World {
  return {
    disk: new FakeDisk(),
    setting: () => undefined,
    glob: () => [],
    remembered: () => undefined,
    isMade: () => false,
    path: [],
    colour: false,
    ...spec,
  }
}

export function fakeAnswers(spec: Partial<World> = {}): Answers {
  return new Answers(fakeWorld(spec))
}

/** Remembers every tool as working, with this version. */
export function everyTool(version = '1.0'): (question: Question) => readonly string[] {
  return () => ['ok', version]
}

/** The same numbers at every run, from 0 up to a bound (not included). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
