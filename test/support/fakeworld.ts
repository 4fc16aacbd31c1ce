// A world for the engine that no machine is needed for: files in memory, made-up answers, seeds.
import { Answers, type World } from '../../tasks/engine/answer/answers.ts'
import type { CommandQuestion } from '../../tasks/engine/answer/question.ts'
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
    const usual = { mtime: 1000, changed: 1000, ino: 1, type: 'file' as const }
    this.files.set(path, { ...usual, size, content, ...more })
  }

  override stat(path: string): FileStat | undefined {
    const file = this.files.get(path)
    if (file === undefined) return undefined
    const { mtime, changed, size, ino, type } = file
    return { mtime, changed, size, ino, type }
  }

  override startsWith(path: string, beginning: string): boolean {
    return this.files.get(path)?.content.startsWith(beginning) === true
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

/** A world as tests describe it. */
export interface WorldSpec extends Partial<Omit<World, 'known'>> {
  readonly glob?: (patterns: readonly string[]) => readonly string[] | undefined
  /** The words of an answer; undefined where the question is open. */
  readonly remembered?: (question: CommandQuestion) => readonly string[] | undefined
}

export function fakeWorld({
  glob = () => [],
  remembered = () => undefined,
  ...spec
}: WorldSpec = {}): World {
  return {
    disk: new FakeDisk(),
    setting: () => undefined,
    known: (question) => {
      const words = question.kind === 'glob' ? glob(question.patterns) : remembered(question)
      return words && { words }
    },
    isMade: () => false,
    path: [],
    colour: false,
    ...spec,
  }
}

export function fakeAnswers(spec: WorldSpec = {}): Answers {
  return new Answers(fakeWorld(spec))
}

/** Remembers every tool as working, with this version. */
export function everyTool(version = '1.0'): (question: CommandQuestion) => readonly string[] {
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
