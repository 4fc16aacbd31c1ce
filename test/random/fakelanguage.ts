// The language of the property test's files and commands. Pure: what a command reads and gives, out
// of its arguments and of a function that reads files.
//
// A line is a comment (`# …`), an include (`include NAME`), an order to fail (`fail`, before
// anything is written, or `fail late`, after), or text. Comments never reach an output.
import { createHash } from 'node:crypto'

/** What one command is told to do. Paths are as the tree knows them: relative to it, or absolute. */
export interface Job {
  /** `copy` gives the lines that count, `digest` a digest of them and of the rest of the job. */
  readonly action: 'copy' | 'digest'
  readonly inputs: readonly string[]
  /** Where included files are looked for, after the folder of the file that includes. */
  readonly folders: readonly string[]
  /** Follow includes? Else they are text. */
  readonly follow: boolean
  readonly outputs: readonly string[]
  /** Everything else that the result depends on. */
  readonly words: readonly string[]
  /** The program: its content is a part of the result. Undefined: a program without a file. */
  readonly tool: string | undefined
  /** Let only a little of the content through: different inputs often give the same output. */
  readonly coarse: boolean
}

export interface Result {
  readonly failed: 'early' | 'late' | undefined
  /** Every file that was read, in order: the inputs too, the tool not. */
  readonly read: readonly string[]
  /** One text for each output. */
  readonly texts: readonly string[]
}

/** What a command gives; always the same for the same files. */
export function compute(job: Job, read: (path: string) => string | undefined): Result {
  const seen = new Set<string>()
  const lines: string[] = []
  let failed: Result['failed']
  const take = (path: string): boolean => {
    if (seen.has(path)) return true
    const text = read(path)
    if (text === undefined) return false
    seen.add(path)
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      if (line === 'fail') failed = 'early'
      else if (line === 'fail late') failed ??= 'late'
      else if (!job.follow || !line.startsWith('include ')) lines.push(line)
      else {
        const name = line.slice('include '.length)
        const folders = [folderOf(path), ...job.folders]
        if (!folders.some((folder) => take(`${folder}/${name}`))) failed = 'early'
      }
    }
    return true
  }
  for (const input of job.inputs) if (!take(input)) failed = 'early'
  const version = job.tool === undefined ? '' : read(job.tool)
  if (version === undefined) failed = 'early'
  const texts = job.outputs.map((_, at) => {
    if (job.action === 'copy' && at === 0) return `${lines.join('\n')}\n`
    // Outputs after the first know less of the content: they often stay as they are.
    const content = at === 0 ? lines.join('\n') : (lines[0] ?? '')
    const whole = digest([version ?? '', ...job.words, content].join('\0'))
    return `${at} ${job.coarse ? Number.parseInt(whole.slice(0, 2), 16) % 3 : whole}\n`
  })
  return { failed, read: [...seen], texts }
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '.' : path.slice(0, slash)
}

export function digest(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
