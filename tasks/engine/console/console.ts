// How events are shown. The only file that says what the terminal shows, and that imports picocolors.
import picocolors from 'picocolors'
import {
  asCalled,
  blockText,
  type Event,
  type FailureBlock,
  type Invocation,
  quoteCommand,
  quoteWord,
  tableLines,
} from '../base/index.ts'
import { annotations, failureAnnotation } from './annotations.ts'
import { HeldEvents } from './heldevents.ts'
import { nothingToDo, Progress, seconds } from './progress.ts'
import { reasonText } from './reasontext.ts'
import { familyLines } from './tasklist.ts'

export { seconds } from './progress.ts'

export interface ConsoleOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly explain: boolean
  readonly dryRun: boolean
  /** Say nothing at all about the build. */
  readonly silent: boolean
  readonly colour: boolean
  /** The terminal cannot take back what it shows, so there is no status line. */
  readonly dumb?: boolean
  /** On GitHub: the folder of the tree in its repository, as a prefix. Elsewhere undefined. */
  readonly annotate?: string | undefined
}

/** Everything is shown, without colours. */
export const PLAIN: ConsoleOptions = {
  json: false,
  quiet: false,
  verbose: false,
  explain: false,
  dryRun: false,
  silent: false,
  colour: false,
}

/** A stream as the console needs it; process.stdout is one. */
export interface Stream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** How often the status line is written anew while nothing happens, in milliseconds. */
const TICK = 100

type Finish = Extract<Event, { type: 'finish' }>

const same = (text: string): string => text

type Paint = Record<'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow', (text: string) => string>

/** Without colours, and without loading what knows them. */
const UNPAINTED: Paint = { bold: same, cyan: same, dim: same, green: same, red: same, yellow: same }

export interface Console {
  readonly emit: (event: Event) => void
}

export function makeConsole(options: ConsoleOptions, out: Stream, err: Stream): Console {
  if (options.json) return { emit: (event) => void out.write(`${JSON.stringify(called(event))}\n`) }
  const human = new HumanConsole(options, out, err)
  const held = new HeldEvents((event) => human.emit(called(event)))
  return { emit: held.emit }
}

/** An event whose hint names commands as this run was called. */
function called(event: Event): Event {
  switch (event.type) {
    case 'failure':
    case 'check':
      return event.hint === undefined ? event : { ...event, hint: asCalled(event.hint) }
    case 'finish': {
      const { failure } = event
      if (failure?.hint === undefined) return event
      return { ...event, failure: { ...failure, hint: asCalled(failure.hint) } }
    }
    default:
      return event
  }
}

class HumanConsole implements Console {
  readonly #options: ConsoleOptions
  readonly #out: Stream
  readonly #err: Stream
  readonly #paint: Paint
  readonly #failures: Finish[] = []
  /** Has anything been said after the last of them? */
  #isBuried = false
  readonly #progress = new Progress()
  #statusShown = false
  /** A command writes to the terminal itself. */
  #isTaken = false
  /** While something runs: it shows how long that has taken. */
  #ticker: NodeJS.Timeout | undefined

  constructor(options: ConsoleOptions, out: Stream, err: Stream) {
    this.#options = options
    this.#out = out
    this.#err = err
    this.#paint = options.colour ? picocolors.createColors(true) : UNPAINTED
  }

  readonly emit = (event: Event): void => {
    const { quiet, silent, explain, verbose, dryRun } = this.#options
    if (this.#live) this.#progress.hear(event, performance.now())
    switch (event.type) {
      case 'plan':
        return
      case 'stale':
        if (explain && !silent) {
          for (const reason of event.reasons) {
            const text = oneLine(`${event.outputs[0]}: ${reasonText(reason)}`)
            this.#line(`${this.#paint.yellow('stale')} ${text}`)
          }
        }
        return
      case 'start':
        this.#isTaken = event.takesTerminal === true
        if (dryRun || (this.#isTaken && !quiet && !silent))
          this.#line(verbose ? shownCommand(event) : this.#edgeLine(event))
        this.#status()
        return
      case 'finish':
        this.#finish(event)
        return
      case 'summary':
        this.#summary(event)
        return
      case 'query':
        for (const path of event.files) this.#line(oneLine(path))
        return
      case 'watch': {
        const [first = '', ...more] = event.changed
        const rest = more.length === 0 ? '' : ` and ${more.length} more`
        if (!quiet) this.#line(this.#paint.dim(`build ${event.build}: ${first}${rest} changed`))
        return
      }
      case 'waiting':
        if (!quiet) {
          const { files, folders } = event
          this.#line(this.#paint.dim(`waiting for a change (${files} files, ${folders} folders)`))
        }
        return
      case 'started':
        this.#line(this.#paint.cyan(`── build ${event.build}: ${event.task} ──`))
        return
      case 'body':
        this.#line(`${this.#paint.cyan('task')}  ${event.task}: would run its body`)
        return
      case 'note':
        if (!silent) this.#error(`${this.#paint.cyan('note:')} ${safe(event.text, false)}`)
        return
      case 'output':
      case 'result':
        this.#line(safe(event.text, this.#options.colour))
        return
      case 'tasks': {
        const width = Math.max(...event.tasks.map(({ name }) => name.length))
        for (const { name, about } of event.tasks) {
          this.#line(`  ${this.#paint.cyan(name.padEnd(width))}  ${about}`)
        }
        const families = familyLines(event.tasks, (this.#out.columns || 80) - 1)
        if (families.length > 0) this.#line('')
        for (const line of families) this.#line(oneLine(line))
        return
      }
      case 'removed':
        if (!quiet) this.#line(`${this.#paint.dim('removed')} ${oneLine(event.path)}`)
        return
      case 'check': {
        const colour = {
          ok: this.#paint.green,
          warning: this.#paint.yellow,
          missing: this.#paint.red,
        }
        const label = event.status === 'ok' ? 'OK' : event.status
        this.#line(
          `${safe(event.name, false).padEnd(16)} ${colour[event.status](label.padEnd(7))}  ${safe(event.detail, false)}`,
        )
        if (event.hint !== undefined)
          this.#line(`${' '.repeat(26)}${this.#paint.dim('→')} ${safe(event.hint, false)}`)
        return
      }
      case 'table': {
        const paint = {
          good: this.#paint.green,
          bad: this.#paint.red,
          doubtful: this.#paint.yellow,
          faint: this.#paint.dim,
          head: this.#paint.bold,
        }
        for (const cells of tableLines(event.columns, event.rows)) {
          const parts = cells.map(({ text, tone }) =>
            tone === undefined ? text : paint[tone](text),
          )
          this.#line(parts.join('  ').trimEnd())
        }
        return
      }
      case 'failure':
        this.#error(this.#block(event))
        if (this.#options.annotate !== undefined)
          this.#line(failureAnnotation(event, this.#options.annotate))
        return
      default:
        unknown(event)
    }
  }

  #finish(event: Finish): void {
    const { quiet, verbose, colour } = this.#options
    this.#isTaken = false
    if (event.status === 'failed') {
      this.#failures.push(event)
      this.#error(this.#failed(event))
      this.#isBuried = false
    } else if (event.status === 'ok' && event.takesTerminal !== true) {
      const from =
        event.from === undefined ? '' : ` from the ${event.from === 'folder' ? 'cache' : 'server'}`
      if (verbose && from === '') this.#line(shownCommand(event))
      // On a terminal the status line tells; a line for each edge stays only where there is none.
      else if (!quiet && !this.#live) this.#line(`${this.#edgeLine(event)}${this.#paint.dim(from)}`)
      // A warning is not asked to be quiet.
      if (event.output !== '') this.#error(safe(event.output.trimEnd(), colour))
    }
    if (this.#options.annotate !== undefined) this.#annotate(event, this.#options.annotate)
    this.#status()
  }

  #annotate(event: Finish, folder: string): void {
    const title = `${event.rule} ${event.outputs[0]}`
    const lines = annotations(event.output, title, folder)
    if (lines.length === 0 && event.status === 'failed') {
      const [what = ''] = annotations(`tasks.ts:1: error: ${event.failure?.what}`, title, folder)
      lines.push(what)
    }
    for (const line of lines) this.#line(line)
  }

  #failed(event: Finish): string {
    const lines = [`${this.#paint.red('FAILED')} ${this.#edgeLine(event)}`]
    if (event.output !== '') lines.push(safe(event.output.trimEnd(), this.#options.colour))
    const facts = [...(event.failure?.facts ?? [])]
    facts.push(['command', shownCommand(event)])
    if (event.path !== undefined && event.path.length > 1)
      facts.push(['needed by', event.path.join(' → ')])
    const block = { ...event.failure, what: event.failure?.what ?? 'it failed', facts }
    lines.push(
      ...this.#block(block)
        .split('\n')
        .map((line) => `  ${line}`),
    )
    return lines.join('\n')
  }

  #summary(event: Extract<Event, { type: 'summary' }>): void {
    const { ran, upToDate, failed, skipped, interrupted, wouldRun, ms } = event
    const { fromCache = 0, cacheBytes = 0 } = event
    this.#status()
    if (this.#options.silent) return
    // A single one that is the last thing said needs no reminder.
    const isPlain = this.#failures.length === 1 && !this.#isBuried
    for (const failure of isPlain ? [] : this.#failures) {
      const why = failure.failure?.what ?? 'failed'
      this.#error(`${this.#paint.red('failed:')} ${this.#edgeLine(failure)} (${why})`)
    }
    this.#failures.length = 0
    if (this.#options.quiet) return
    const time = seconds(ms)
    if (wouldRun !== undefined) {
      this.#line(`${wouldRun} would run, ${upToDate} up to date`)
    } else if (ran + fromCache === 0 && failed === 0 && skipped === 0) {
      this.#line(nothingToDo(upToDate))
    } else {
      const left = skipped === 0 ? '' : `, ${skipped} ${interrupted ? 'not done' : 'not tried'}`
      const how = interrupted ? `${this.#paint.yellow('interrupted:')} ` : ''
      const fail = failed === 0 ? '0 failed' : this.#paint.red(`${failed} failed`)
      const known = fromCache === 0 ? '' : `${fromCache} from the cache (${size(cacheBytes)}), `
      this.#line(`${how}${ran} ran, ${known}${upToDate} up to date, ${fail}${left} in ${time}`)
    }
  }

  /** A failure block, its first line in red. */
  #block(block: FailureBlock): string {
    const [what = '', ...rest] = blockText({ ...block, what: `${block.what}` }).split('\n')
    const text = [this.#paint.red(`error: ${what}`), ...rest].join('\n')
    return safe(text, this.#options.colour)
  }

  #edgeLine(event: { readonly rule: string; readonly outputs: readonly string[] }): string {
    return `${this.#paint.bold(oneLine(event.rule).padEnd(5))} ${oneLine(event.outputs.join(' '))}`
  }

  get #live(): boolean {
    const { dumb, quiet, dryRun, verbose } = this.#options
    return this.#out.isTTY === true && dumb !== true && !quiet && !dryRun && !verbose
  }

  /** One line that is written over: how far the build is, and what runs longest. */
  #status(): void {
    if (!this.#live || this.#options.silent || this.#isTaken) return
    const columns = (this.#out.columns || 80) - 1
    const text = this.#progress.text(performance.now(), columns)
    if (text === undefined) {
      clearInterval(this.#ticker)
      this.#ticker = undefined
      this.#clearStatus()
      return
    }
    this.#ticker ??= setInterval(() => this.#status(), TICK).unref()
    this.#out.write(`\r\u001b[2K${shorten(text, columns)}`)
    this.#statusShown = true
  }

  #clearStatus(): void {
    if (this.#statusShown) this.#out.write('\r\u001b[2K')
    this.#statusShown = false
  }

  #line(text: string): void {
    this.#isBuried = true
    this.#clearStatus()
    this.#out.write(`${text}\n`)
  }

  #error(text: string): void {
    this.#isBuried = true
    this.#clearStatus()
    this.#err.write(`${text}\n`)
  }
}

/**
 * Text that a terminal can be shown: colours (CSI … m) stay where colours are wanted and go where
 * not; every other control character is shown as an escape instead of acting. A colour that is left
 * on is ended with the text.
 */
export function safe(text: string, colour: boolean): string {
  let last: string | undefined
  const shown = text.replace(
    /\u001b\[[\d;:]*m|\r\n|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (found) => {
      if (found === '\r\n') return '\n'
      if (found.length === 1) return `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`
      last = found
      return colour ? found : ''
    },
  )
  const ended = last === undefined || /^\u001b\[0?m$/.test(last)
  return colour && !ended ? `${shown}\u001b[0m` : shown
}

/** The same of a name or a reason: a line break in it would begin a line that nobody wrote. */
function oneLine(text: string): string {
  return safe(text, false).replaceAll('\n', '\\x0a')
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1000)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** The longest command that the kernel starts with the usual 8 MiB of stack: execve(2). In bytes. */
const ARG_MAX = 1 << 21

/** As much as is shown of a longer one. */
const SHOWN_OF_LONG = 4096

/** A command as it can be pasted. One that no shell could start is cut: nobody can paste it. */
function shownCommand({ command, directory, environment = {} }: Invocation): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `${name}=${quoteWord(value)} `,
  )
  const started = `${variables.join('')}${quoteCommand(command)}`
  const text = directory === undefined ? started : `(cd ${quoteWord(directory)} && ${started})`
  if (text.length <= ARG_MAX) return text
  return `${text.slice(0, SHOWN_OF_LONG)} … (${text.length} characters, too long to be pasted)`
}

/** Cuts a line without colours to a number of columns. */
function shorten(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}

function unknown(event: never): never {
  throw new TypeError(`no way to show ${JSON.stringify(event)}`)
}
