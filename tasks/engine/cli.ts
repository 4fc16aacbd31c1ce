// Arguments of the command line to options. Pure: touches no environment and no disk.
import { didYouMean, UserError } from './failure.ts'
import type { Tasks } from './task.ts'

export type ColourChoice = 'auto' | 'always' | 'never'

/** One thing that was asked for, in order. */
export type Goal =
  | { readonly kind: 'task'; readonly name: string; readonly options: ReadonlySet<string> }
  | { readonly kind: 'file'; readonly path: string }

export interface Options {
  readonly goals: readonly Goal[]
  /** Arguments after `--`. */
  readonly args: readonly string[]
  /** NAME=VALUE, the last of each name. */
  readonly settings: ReadonlyMap<string, string>
  readonly mode: 'build' | 'list' | 'help' | 'version'
  /** How many commands run at once; undefined: as many as there are processors. */
  readonly jobs: number | undefined
  readonly keepGoing: boolean
  readonly force: boolean
  readonly dryRun: boolean
  readonly check: boolean
  readonly explain: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly digest: boolean
  readonly colour: ColourChoice
  /** Root instead of the folder of tasks.ts. */
  readonly directory: string | undefined
}

interface OptionSpec {
  readonly names: readonly string[]
  /** What its value is called; undefined where it takes none. */
  readonly value?: string
  readonly about: string
}

/** Every option, in the order of the help. */
export const OPTIONS = {
  list: { names: ['-l', '--list'], about: 'list the tasks' },
  help: { names: ['-h', '--help'], about: 'show this help' },
  version: { names: ['--version'], about: 'show the version' },
  jobs: {
    names: ['-j', '--jobs'],
    value: 'N',
    about: 'run N commands at once (default: one a processor)',
  },
  keepGoing: {
    names: ['-k', '--keep-going'],
    about: 'after a failure go on with what does not need it',
  },
  force: { names: ['-B', '--force'], about: 'run everything, up to date or not' },
  directory: { names: ['-C', '--directory'], value: 'DIR', about: 'work in DIR' },
  dryRun: { names: ['-n', '--dry-run'], about: 'show what would run; run and write nothing' },
  check: { names: ['--check'], about: 'exit 1 if anything is stale, silently' },
  explain: { names: ['--explain'], about: 'say why each stale edge is stale' },
  verbose: { names: ['-v', '--verbose'], about: 'show commands' },
  quiet: { names: ['-q', '--quiet'], about: 'show errors only' },
  colour: {
    names: ['--color'],
    value: 'auto|always|never',
    about: 'when to colour (default: on a terminal)',
  },
  json: { names: ['--json'], about: 'one JSON event a line' },
  digest: { names: ['--digest'], about: 'sources count as changed only when their bytes differ' },
} as const satisfies Record<string, OptionSpec>

type OptionName = keyof typeof OPTIONS

const SETTING = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s

/**
 * @param argv without the runtime and the script
 * @param settingNames the NAMEs that may be set
 * @throws UserError with status 2
 */
export function parseArguments(
  argv: readonly string[],
  tasks: Tasks,
  settingNames: readonly string[],
): Options {
  const goals: Goal[] = []
  const settings = new Map<string, string>()
  const on = new Set<OptionName>()
  const values = new Map<OptionName, string>()
  const split = argv.indexOf('--')
  const own = split === -1 ? argv : argv.slice(0, split)
  const args = split === -1 ? [] : argv.slice(split + 1)

  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? ''
    if (word.startsWith('-') && word !== '-') {
      const found = findOption(word)
      if (found === undefined) {
        if (!addTaskOption(goals, tasks, word)) throw unknownOption(word, tasks)
        continue
      }
      const { name, value } = found
      if (!('value' in OPTIONS[name])) {
        if (value === undefined) on.add(name)
        else if (word.startsWith('--')) throw usage(`${word.split('=')[0]} takes no value`)
        else for (const letter of word.slice(1)) on.add(flagOf(letter, word))
        continue
      }
      const given = value ?? own[++at]
      if (given === undefined) throw usage(`${word} needs a value: ${word} ${OPTIONS[name].value}`)
      values.set(name, given)
      continue
    }
    const set = SETTING.exec(word)
    if (set !== null) {
      const [, name = '', value = ''] = set
      if (!settingNames.includes(name)) throw unknownSetting(name, settingNames)
      settings.set(name, value)
    } else if (Object.hasOwn(tasks, word)) {
      goals.push({ kind: 'task', name: word, options: new Set() })
    } else {
      goals.push({ kind: 'file', path: word })
    }
  }
  if (
    args.length > 0 &&
    !goals.some((goal) => goal.kind === 'task' && takesArguments(tasks, goal.name))
  ) {
    throw new UserError({
      what: 'arguments after -- are for a task that takes some, and none here does',
      facts: [['arguments', args.join(' ')]],
      hint: 'put the name of a task such as run:helloworld before the --',
      status: 2,
    })
  }
  return {
    goals,
    args,
    settings,
    mode: on.has('help')
      ? 'help'
      : on.has('version')
        ? 'version'
        : on.has('list') || goals.length === 0
          ? 'list'
          : 'build',
    jobs: jobsOf(values.get('jobs')),
    keepGoing: on.has('keepGoing'),
    force: on.has('force'),
    dryRun: on.has('dryRun'),
    check: on.has('check'),
    explain: on.has('explain'),
    verbose: on.has('verbose'),
    quiet: on.has('quiet'),
    json: on.has('json'),
    digest: on.has('digest'),
    colour: colourOf(values.get('colour')),
    directory: values.get('directory'),
  }
}

/** An option by how it is written: `-j4`, `-j 4`, `--jobs=4`, `-kn`. */
function findOption(
  word: string,
): { readonly name: OptionName; readonly value: string | undefined } | undefined {
  const [long = '', ...rest] = word.split('=')
  for (const [name, { names }] of Object.entries(OPTIONS) as [OptionName, OptionSpec][]) {
    if (names.includes(word)) return { name, value: undefined }
    if (word.startsWith('--')) {
      if (names.includes(long) && rest.length > 0) return { name, value: rest.join('=') }
    } else if (names.includes(word.slice(0, 2))) {
      return { name, value: word.slice(2) }
    }
  }
  return undefined
}

/** A letter among several behind one dash. */
function flagOf(letter: string, word: string): OptionName {
  const found = findOption(`-${letter}`)
  if (found === undefined) throw usage(`there is no option -${letter} (in ${word})`)
  if ('value' in OPTIONS[found.name])
    throw usage(`-${letter} takes a value, so it cannot stand within ${word}`)
  return found.name
}

/** Gives an option such as `--yes` to the last task before it that has it. */
function addTaskOption(goals: Goal[], tasks: Tasks, word: string): boolean {
  const name = word.replace(/^--/, '')
  for (let at = goals.length - 1; at >= 0; at--) {
    const goal = goals[at]
    if (goal?.kind !== 'task' || !Object.hasOwn(tasks[goal.name]?.options ?? {}, name)) continue
    goals[at] = { ...goal, options: new Set([...goal.options, name]) }
    return true
  }
  return false
}

function takesArguments(tasks: Tasks, name: string): boolean {
  return tasks[name]?.arguments !== undefined
}

function jobsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw usage(`-j needs a number of at least 1, not ${text}`)
  return Number(text)
}

function colourOf(text: string | undefined): ColourChoice {
  if (text === undefined) return 'auto'
  if (text === 'auto' || text === 'always' || text === 'never') return text
  throw usage(`--color is auto, always or never, not ${text}`)
}

function unknownOption(word: string, tasks: Tasks): UserError {
  const name = word.split('=')[0] ?? word
  const owners = Object.entries(tasks).filter(([, task]) =>
    Object.hasOwn(task.options, name.replace(/^--/, '')),
  )
  if (owners.length > 0) {
    if (word.includes('=')) return usage(`${name} takes no value`)
    return usage(
      `${name} is an option of ${owners.map(([owner]) => owner).join(', ')}: name the task before it`,
    )
  }
  const near = didYouMean(name, [
    ...Object.values(OPTIONS).flatMap(({ names }) => [...names]),
    ...Object.values(tasks).flatMap(({ options }) => Object.keys(options).map((own) => `--${own}`)),
  ])
  return usage(`there is no option ${name}`, near)
}

function unknownSetting(name: string, known: readonly string[]): UserError {
  const near = didYouMean(name, known)
  return new UserError({
    what: `there is no NAME ${name} to set`,
    facts: [['known', known.join(' ')]],
    hint:
      near === undefined
        ? 'npx tsx tasks.ts --help says what each does'
        : `did you mean ${near}=…?`,
    status: 2,
  })
}

function usage(what: string, near?: string): UserError {
  return new UserError({
    what,
    hint:
      near === undefined ? 'npx tsx tasks.ts --help shows the options' : `did you mean ${near}?`,
    status: 2,
  })
}
