// The command line to an exit status: what can be answered at once is; builds are handed on.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { asksForJson, calledFrom } from '../../directoryoption.ts'
import { asCalled, type Event, packageFile, UserError } from '../base/index.ts'
import type { Options } from '../build/index.ts'
import {
  type Console,
  type ConsoleOptions,
  makeConsole,
  PLAIN,
  Standard,
} from '../console/index.ts'
import {
  cacheSettings,
  checkOptions,
  checks,
  checkTasks,
  PASS_ENV,
  type Setting,
  type Tasks,
  WATCH_POLL,
} from '../declare/index.ts'
import type { Describe } from '../inspect/index.ts'
import type { Memo } from '../memo/index.ts'
import type { FamilyNames } from './familynames.ts'
import { optionsOfMake } from './makeflags.ts'
import { parseArguments } from './options.ts'

/**
 * What {@link main} takes besides the tasks.
 * @example
 * const options: MainOptions = { out: 'out', settings: [setting('DEBUG', 'build with assertions')] }
 */
export interface MainOptions {
  /** Everything that may be set as NAME=VALUE. */
  readonly settings?: readonly Setting[]
  /** Folder of what is generated; the engine's state is in its `.tasks`. Default: `build`. */
  readonly out?: string
  /** `import.meta.dirname`, for a tasks.ts that another one may import: there its `main` does nothing. */
  readonly root?: string
  /** What the report says of an output; loaded when a report is written. */
  readonly describe?: () => Promise<Describe>
}

const mainChecks = {
  settings: checks.list,
  out: checks.path,
  root: checks.text,
  describe: checks.callable,
} as const satisfies Record<keyof MainOptions, unknown>

/** Does what the command line asks for, and sets process.exitCode. */
export async function answerCommandLine(tasks: Tasks, options: MainOptions): Promise<void> {
  checkOptions('main', options, mainChecks)
  const { out = 'build' } = options
  const settings = [...(options.settings ?? []), PASS_ENV, WATCH_POLL, ...cacheSettings]
  const { from, rest: argv } = calledFrom(process.argv.slice(2))
  // Whoever reads our output may end first (`| head`): then there is nobody to build for.
  let onClosedPipe = (): void => {}
  const output = new Standard(1, () => onClosedPipe())
  const errors = new Standard(2, () => onClosedPipe())
  const show = (shown: ConsoleOptions): Console => consoleOn(output, errors, shown)
  const script = process.argv[1] ?? 'tasks.ts'
  const environment = process.env
  const stateFiles = ['last.json', '../report.html']
  const partsFor = (console: Console, colour: boolean, memo: Memo | undefined) => ({
    ...{ tasks, out, console, colour, environment, script, memo, stateFiles },
    ...{ argv: process.argv.slice(2), typed: argv },
  })
  const namesOf = async (console: Console, asked: Options): Promise<FamilyNames> => {
    const { familyNames } = await import('./familynames.ts')
    return await familyNames(partsFor(console, false, undefined), asked)
  }
  if (argv[0] === '--complete') {
    const { completeText } = await import('./completion.ts')
    const plain = show(PLAIN)
    const names = await namesOf(plain, parseArguments([], tasks, [], from))
    const text = completeText(argv.slice(1), tasks, settings, names)
    // An empty line would be a candidate.
    if (text !== '') plain.emit({ type: 'output', text })
    return
  }
  // Failures of the command line itself are shown as it asks, as far as it can be read.
  let console = show({ ...PLAIN, json: asksForJson(argv) })
  try {
    checkTasks(tasks)
    const asked = parseArguments(
      [...optionsOfMake(process.env['MAKEFLAGS']), ...argv],
      tasks,
      settings.map(({ name }) => name),
      from,
    )
    mustBeNoSecret(asked.settings.get('ACTION_CACHE'))
    const colour = wantsColour(asked, output)
    const { json, quiet, explain, dryRun, check } = asked
    // As in the Makefiles of the kernel, where the tree has such a setting.
    const loud =
      settings.some(({ name }) => name === 'V') &&
      (asked.settings.get('V') ?? process.env['V']) === '1'
    const verbose = asked.verbose || loud
    const annotate = json ? undefined : annotationFolder(process.env, asked.directory)
    console = show({ json, quiet, verbose, explain, dryRun, colour, silent: check, annotate })
    switch (asked.mode) {
      case 'help': {
        const { helpOn } = await import('./help.ts')
        const names = asked.words.length === 0 ? new Map() : await namesOf(console, asked)
        const text = asCalled(helpOn(asked.words, tasks, settings, names))
        console.emit({ type: 'output', text })
        break
      }
      case 'version':
        console.emit({ type: 'output', text: `bpf-tasks ${version()}` })
        break
      case 'list':
        console.emit({ type: 'tasks', tasks: listed(tasks, await namesOf(console, asked)) })
        break
      case 'completion': {
        const { completionScript } = await import('./completion.ts')
        console.emit({ type: 'output', text: completionScript(asked.shell) })
        break
      }
      case 'graph':
      case 'compdb':
      case 'query':
      case 'report':
      case 'build': {
        const { Run } = await import('../build/index.ts')
        const { dispatch } = await import('./dispatch.ts')
        const memo = asked.noMemo ? undefined : await openMemo(script, asked.directory, out)
        const { describe } = options
        const parts = { ...partsFor(console, colour, memo), describe }
        const run = new Run(parts, asked)
        onClosedPipe = () => run.end('SIGPIPE')
        const status = await dispatch(run, asked, parts)
        process.exitCode = output.hasFailed || errors.hasFailed ? 1 : status
        const why = await memo?.keep([output, errors].flatMap(({ said }) => said ?? []))
        if (asked.verbose && memo !== undefined && why !== undefined)
          console.emit({ type: 'note', text: `no memo: ${why}` })
        break
      }
      default:
        asked.mode satisfies never
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.emit({ type: 'failure', ...error.block })
    process.exitCode = error.block.status ?? 1
  }
}

/** The tasks with what they do; of a family the names, and nothing at all where it has none. */
function listed(tasks: Tasks, names: FamilyNames): Extract<Event, { type: 'tasks' }>['tasks'] {
  return Object.entries(tasks).flatMap(([name, { about, kind }]) => {
    const known = kind === 'family' ? names.get(name) : undefined
    if (known === undefined) return [{ name, about }]
    return known.length === 0 ? [] : [{ name, about, names: known }]
  })
}

/** Defined by what bundles `dist`; the sources do not have it. */
declare const IN_DIST: true | undefined

/**
 * Undefined where no later run could recall it: Deno loads tasks.ts before anything can be asked, and the
 * sources are for who changes them, but for the check.
 */
async function openMemo(
  script: string,
  directory: string | undefined,
  out: string,
): Promise<Memo | undefined> {
  const isChecked = process.env['BPF_TASKS_CHECK_MEMO'] === '1'
  const isDist = typeof IN_DIST === 'boolean'
  if ('deno' in process.versions || !(isDist || isChecked)) return undefined
  const root = resolve(directory ?? dirname(script))
  if (!existsSync(root)) return undefined
  const { Memo, memoPartsOf } = await import('../memo/index.ts')
  const real = realpathSync(root)
  return new Memo(memoPartsOf(process, script, real, `${real}/${out}/.tasks`, isDist))
}

function consoleOn(out: Standard, err: Standard, options: ConsoleOptions): Console {
  const dumb = process.env['TERM'] === 'dumb'
  return makeConsole({ ...options, dumb }, out, err)
}

function wantsColour({ colour, json }: ReturnType<typeof parseArguments>, out: Standard): boolean {
  if (colour !== 'auto') return colour === 'always'
  if (json || (process.env['NO_COLOR'] ?? '') !== '') return false
  // https://bixense.com/clicolors and Node's own.
  if (isOn('FORCE_COLOR') || isOn('CLICOLOR_FORCE')) return true
  return out.isTTY && process.env['TERM'] !== 'dumb'
}

/** Is a variable set to anything that does not say no? */
function isOn(name: string): boolean {
  return !['', '0', 'false'].includes(process.env[name] ?? '')
}

/** On GitHub: where the tree is in the repository, as a prefix of its paths. */
function annotationFolder(
  { CI, GITHUB_ACTIONS, GITHUB_WORKSPACE }: NodeJS.ProcessEnv,
  directory: string | undefined,
): string | undefined {
  if (GITHUB_ACTIONS !== 'true' || CI !== 'true') return undefined
  const root = resolve(directory ?? dirname(process.argv[1] ?? 'tasks.ts'))
  const folder = relative(GITHUB_WORKSPACE ?? root, root)
  return folder === '' || folder.startsWith('..') ? '' : `${folder}/`
}

function version(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8')
  const data: unknown = JSON.parse(text)
  return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : '?'
}

/** @throws UserError for a password on the command line, which is in the lock, and for everybody to see */
function mustBeNoSecret(address: string | undefined): void {
  if (address === undefined || !URL.canParse(address) || new URL(address).password === '') return
  throw new UserError({
    what: 'a password stands on the command line',
    facts: [['in', 'ACTION_CACHE']],
    hint: 'put it into the environment: ACTION_CACHE_TOKEN, or ACTION_CACHE with the password; or into ~/.netrc',
    status: 2,
  })
}
