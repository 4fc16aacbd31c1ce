// Arguments of the command line to options. Pure: touches no environment and no disk.
import { didYouMean, UserError } from '../base/index.ts'
import { type CommandWord, type Goal, GRAPH_FORMATS, type Options, SHELLS } from '../build/index.ts'
import { familyName, type NamedTask, type Task, type Tasks, taskNamed } from '../declare/index.ts'

/** Words that ask for something else than a build; a task of the same name goes first. */
export const COMMANDS = {
  query: 'inputs FILE, users FILE, path FILE FILE: who reads what',
  report: 'write a page on the last build: build/report.html',
  help: 'TASK or settings: what it builds, runs and takes',
} as const satisfies Record<CommandWord, string>

interface OptionSpec {
  readonly names: readonly string[]
  /** What its value is called; undefined where it takes none. */
  readonly value?: string
  /** It may stand without a value, and takes one only after `=`. */
  readonly optional?: true
  readonly about: string
}

/** Every option, in the order of the help. */
export const OPTIONS = {
  list: { names: ['-l', '--list'], about: 'list the tasks' },
  help: { names: ['-h', '--help'], about: 'show this help' },
  version: { names: ['--version'], about: 'show the version' },
  watch: { names: ['-w', '--watch'], about: 'watch: rebuild when any input changes' },
  poll: {
    names: ['--poll'],
    value: 'SECONDS',
    optional: true,
    about: 'with -w: look at files every 0.5 s; for shared folders',
  },
  jobs: {
    names: ['-j', '--jobs'],
    value: 'N',
    about: 'run N commands at once (default: all cores)',
  },
  keepGoing: {
    names: ['-k', '--keep-going'],
    about: 'after a failure, build what does not depend on it',
  },
  force: { names: ['-B', '--force'], about: 'run everything, up to date or not' },
  directory: { names: ['-C', '--directory'], value: 'DIR', about: 'work in DIR' },
  dryRun: { names: ['-n', '--dry-run'], about: 'show what would run; run and write nothing' },
  check: { names: ['--check'], about: 'exit 1 if anything is stale, and print nothing' },
  explain: { names: ['--explain'], about: 'say why edges are stale; for a FILE, why or why not' },
  verbose: { names: ['-v', '--verbose'], about: 'show commands' },
  quiet: { names: ['-q', '--quiet'], about: 'show errors and warnings only' },
  colour: { names: ['--color'], value: 'WHEN', about: 'auto, always or never' },
  json: { names: ['--json'], about: 'one JSON event a line' },
  noMemo: { names: ['--no-memo'], about: 'do not use the memo of an earlier build' },
  digest: { names: ['--digest'], about: 'a source counts as changed only if its content differs' },
  graph: {
    names: ['--graph'],
    value: 'FORMAT',
    optional: true,
    about: 'print the graph: dot, mermaid or svg',
  },
  trace: { names: ['--trace'], value: 'FILE', about: 'write a trace of the build, for Perfetto' },
  compdb: { names: ['--compdb'], about: 'write compile_commands.json and keep it current' },
  completion: {
    names: ['--completion'],
    value: 'SHELL',
    about: 'completion for bash, zsh or fish',
  },
} as const satisfies Record<string, OptionSpec>

type OptionName = keyof typeof OPTIONS

const SETTING = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s

/**
 * @param argv without the runtime and the script
 * @param settingNames the NAMEs that may be set
 * @param from where they were typed, if that is not the folder of this process
 * @throws UserError with status 2
 */
export function parseArguments(
  argv: readonly string[],
  tasks: Tasks,
  settingNames: readonly string[],
  from?: string,
): Options {
  const goals: Goal[] = []
  const settings = new Map<string, string>()
  const on = new Set<OptionName>()
  const values = new Map<OptionName, string>()
  const words: string[] = []
  let command: CommandWord | undefined
  const split = argv.indexOf('--')
  const own = split === -1 ? argv : argv.slice(0, split)
  const args = split === -1 ? [] : argv.slice(split + 1)
  let isNameTaken = false
  let rest: readonly string[] = []

  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? ''
    if (word.startsWith('-') && word !== '-') {
      const found = findOption(word)
      if (found === undefined) {
        if (!addTaskOption(goals, word)) throw unknownOption(word, tasks)
        continue
      }
      const { name, value } = found
      if (!('value' in OPTIONS[name])) {
        if (value === undefined) on.add(name)
        else if (word.startsWith('--')) throw usage(`${word.split('=')[0]} takes no value`)
        else for (const letter of word.slice(1)) on.add(flagOf(letter, word))
        continue
      }
      if (isOptional(name)) {
        on.add(name)
        if (value !== undefined) values.set(name, value)
        continue
      }
      const given = value ?? own[++at]
      if (given === undefined) throw usage(`${word} needs a value: ${word} ${OPTIONS[name].value}`)
      on.add(name)
      values.set(name, given)
      continue
    }
    if (command === 'query' || command === 'help') {
      words.push(word)
      continue
    }
    if (command === undefined && goals.length === 0 && isCommand(word, tasks)) {
      command = word
      continue
    }
    const set = SETTING.exec(word)
    let named = set === null ? taskNamed(tasks, word) : undefined
    if (set !== null) {
      const [, name = '', value = ''] = set
      if (!settingNames.includes(name)) throw unknownSetting(name, settingNames)
      settings.set(name, value)
    } else if (named !== undefined) {
      // As in `run -- NAME`.
      if (named.member?.name === '' && args[0] !== undefined) {
        named = memberNamed(tasks, named, args[0])
        isNameTaken = true
      }
      goals.push({ kind: 'task', ...named, options: new Set() })
      if (!named.task.takesRest) continue
      rest = own.slice(at + 1)
      if (OPTIONS.help.names.some((help) => help === rest[0])) {
        on.add('help')
        words.push(word)
      }
      break
    } else {
      goals.push({ kind: 'file', path: word })
    }
  }
  const left = isNameTaken ? args.slice(1) : args
  if (left.length > 0 && !goals.some(takesArguments)) throw needless(left, tasks)
  const mode = modeOf(on, command, goals)
  if (on.has('check') && mode === 'list' && !on.has('list'))
    throw usage('--check of what? name a task or a file')
  const number = on.has('list') ? goals.find(isNumber) : undefined
  if (number !== undefined)
    throw usage(`-l lists the tasks, and limits no load; -j ${number.path} limits the commands`)
  const watch = on.has('watch') || goals.some((goal) => goal.kind === 'task' && goal.task.watch)
  if (on.has('poll') && !watch) throw usage('--poll says how -w watches: -w --poll')
  return {
    goals,
    args: [...rest, ...left],
    settings,
    mode,
    words,
    watch,
    poll: on.has('poll') ? (values.get('poll') ?? '0.5') : undefined,
    graph: oneOf('--graph', GRAPH_FORMATS, values.get('graph') ?? 'dot'),
    shell: oneOf('--completion', SHELLS, values.get('completion') ?? 'bash'),
    trace: values.get('trace'),
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
    noMemo: on.has('noMemo'),
    colour: oneOf('--color', ['auto', 'always', 'never'], values.get('colour') ?? 'auto'),
    from,
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
function addTaskOption(goals: Goal[], word: string): boolean {
  const name = word.replace(/^--/, '')
  for (let at = goals.length - 1; at >= 0; at--) {
    const goal = goals[at]
    if (goal?.kind !== 'task' || !Object.hasOwn(goal.task.options, name)) continue
    goals[at] = { ...goal, options: new Set([...goal.options, name]) }
    return true
  }
  return false
}

/** As in `-l 4`, which limits the load in make. */
function isNumber(goal: Goal): goal is Extract<Goal, { kind: 'file' }> {
  return goal.kind === 'file' && /^\d+(?:\.\d+)?$/.test(goal.path)
}

function takesArguments(goal: Goal): boolean {
  return goal.kind === 'task' && goal.task.arguments !== undefined
}

/** The member of a family that is named apart from it. */
function memberNamed(tasks: Tasks, { name: stem, ...named }: NamedTask, name: string): NamedTask {
  return taskNamed(tasks, `${stem}:${name}`) ?? { name: stem, ...named }
}

function needless(args: readonly string[], tasks: Tasks): UserError {
  const taking = Object.keys(tasks).find((name) => declared(tasks, name)?.arguments !== undefined)
  return new UserError({
    what: 'arguments after -- are for a task that takes some, and none here does',
    facts: [['arguments', args.join(' ')]],
    hint:
      taking === undefined
        ? 'no task here takes any'
        : `put the name of a task such as ${taking} before the --`,
    status: 2,
  })
}

/** A task by its name; for that of a family, what each of its members is. */
export function declared(tasks: Tasks, name: string): Task | undefined {
  const task = tasks[name]
  if (task?.kind !== 'family') return task
  return task.member(familyName(name)?.placeholder ?? name)
}

function jobsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw usage(`-j needs a number of at least 1, not ${text}`)
  return Number(text)
}

function oneOf<T extends string>(option: string, known: readonly T[], text: string): T {
  const found = known.find((value) => value === text)
  if (found !== undefined) return found
  const list = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`
  throw usage(`${option} is ${list}, not ${text}`, didYouMean(text, known))
}

function isOptional(name: OptionName): boolean {
  return 'optional' in OPTIONS[name]
}

function isCommand(word: string, tasks: Tasks): word is CommandWord {
  return Object.hasOwn(COMMANDS, word) && taskNamed(tasks, word) === undefined
}

/** What is asked for; what only shows goes before what builds. */
function modeOf(
  on: ReadonlySet<OptionName>,
  command: CommandWord | undefined,
  goals: readonly Goal[],
): Options['mode'] {
  for (const mode of ['help', 'version', 'list', 'completion', 'graph', 'compdb'] as const) {
    if (on.has(mode)) return mode
  }
  return command ?? (goals.length === 0 ? 'list' : 'build')
}

function unknownOption(word: string, tasks: Tasks): UserError {
  const name = word.split('=')[0] ?? word
  const optionsOf = (task: string) => declared(tasks, task)?.options ?? {}
  const owners = Object.keys(tasks).filter((task) =>
    Object.hasOwn(optionsOf(task), name.replace(/^--/, '')),
  )
  if (owners.length > 0) {
    if (word.includes('=')) return usage(`${name} takes no value`)
    return usage(`${name} is an option of ${owners.join(', ')}: name the task before it`)
  }
  const near = didYouMean(name, [
    ...Object.values(OPTIONS).flatMap(({ names }) => [...names]),
    ...Object.keys(tasks).flatMap((task) => Object.keys(optionsOf(task)).map((own) => `--${own}`)),
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
