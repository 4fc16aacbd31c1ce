// The text of --help and of help TASK. Pure.

import { didYouMean, UserError } from '../base/index.ts'
import {
  type Arg,
  type Askable,
  type Edge,
  familyName,
  type Input,
  type Member,
  mustHave,
  type Setting,
  type Task,
  type Tasks,
  taskNamed,
} from '../declare/index.ts'
import type { FamilyNames } from './familynames.ts'
import { COMMANDS, declared, OPTIONS } from './options.ts'

const USAGE = `usage: npx tsx tasks.ts [options] [task | file | NAME=VALUE]… [-- arguments]

Brings tasks and files up to date and runs nothing that need not run.
Without a task it lists the tasks. Several tasks run in the order given.
`

/** The help on everything, or on what the words name. @throws UserError where nothing is so called */
export function helpOn(
  [topic]: readonly string[],
  tasks: Tasks,
  settings: readonly Setting[],
  names: FamilyNames,
): string {
  if (topic === undefined) return helpText(settings)
  const named = taskNamed(tasks, topic)
  const member = named?.member
  if (member !== undefined && named !== undefined) {
    const known = names.get(member.of)
    const isFamily = topic === member.of || member.name === ''
    if (isFamily) return familyHelp(member, known, tasks, settings)
    if (known !== undefined) mustHave(member, known)
    return taskHelp(topic, named.task, settings)
  }
  if (named !== undefined) return taskHelp(topic, named.task, settings)
  if (topic === 'settings') return ['Settings', ...settingRows(settings)].join('\n')
  const near = didYouMean(topic, [...Object.keys(tasks), 'settings'])
  throw new UserError({
    what: `there is no task ${topic}`,
    hint:
      near === undefined ? 'npx tsx tasks.ts --list shows the tasks' : `did you mean help ${near}?`,
    status: 2,
  })
}

function helpText(settings: readonly Setting[]): string {
  const options = Object.values(OPTIONS).map((option): readonly [string, string] => {
    const value = 'value' in option ? option.value : undefined
    const shown = value === undefined ? '' : 'optional' in option ? `[=${value}]` : ` ${value}`
    return [option.names.join(' ') + shown, option.about]
  })
  const sections = [USAGE, ...table(options), '', ...table(Object.entries(COMMANDS))]
  if (settings.length > 0) {
    const names = settings.map(({ name }) => name)
    sections.push('', ...wrapped(`NAMEs, also from the environment: ${names.join(' ')}`))
  }
  return sections.join('\n')
}

/** What holds for each member, and which there are. */
function familyHelp(
  { of, family }: Member,
  names: readonly string[] | undefined,
  tasks: Tasks,
  settings: readonly Setting[],
): string {
  const { placeholder = '' } = familyName(of) ?? {}
  const each = { ...(declared(tasks, of) ?? family.member(placeholder)), about: family.about }
  const list =
    names === undefined
      ? ['  not known now: the build says why']
      : names.length === 0
        ? ['  none']
        : wrapped(names.join(' ')).map((line) => `  ${line.trim()}`)
  return [taskHelp(of, each, settings), '', `What may stand for ${placeholder}`, ...list].join('\n')
}

function taskHelp(name: string, task: Task, settings: readonly Setting[]): string {
  const own = task.takesRest ? task.arguments : undefined
  const rest = own ?? (task.arguments === undefined ? undefined : '[-- arguments]')
  const call = ['npx tsx tasks.ts', name, rest].filter((word) => word !== undefined)
  const lines = [call.join(' '), '', task.about]
  const edges = directEdges(task.targets)
  const paths = edges.flatMap(({ outputs }) => outputs.map(({ path }) => path))
  if (paths.length > 0) lines.push('', 'Builds', ...paths.map((path) => `  ${path}`))
  if (task.body !== undefined) {
    lines.push(
      '',
      task.watch ? 'Runs, anew after each build that changed something' : 'Runs a body',
    )
  }
  if (task.arguments !== undefined && own === undefined) {
    lines.push('', 'Arguments after --', `  ${task.arguments}`)
  }
  const options = Object.entries(task.options)
  if (options.length > 0) {
    lines.push('', 'Options', ...table(options.map(([option, about]) => [`--${option}`, about])))
  }
  const used = settingsOf(task.targets)
  const heeded = settings.filter((setting) => used.has(setting))
  if (heeded.length > 0) lines.push('', 'Settings', ...settingRows(heeded))
  return lines.join('\n')
}

function settingRows(settings: readonly Setting[]): string[] {
  return table(
    settings.map(({ name, about, default: value }) => [
      name,
      value === undefined ? about : `${about} (${value})`,
    ]),
  )
}

function directEdges(input: Input): Edge[] {
  if (typeof input === 'string') return []
  if (isList(input)) return input.flatMap(directEdges)
  if (input.kind === 'edge') return [input]
  return input.kind === 'output' ? [input.edge] : []
}

/** Every setting that what the targets lead to may ask for. */
function settingsOf(targets: readonly Input[]): Set<Setting> {
  const found = new Set<Setting>()
  const seen = new Set<unknown>()
  const follow = (part: Part | undefined): void => {
    if (part === undefined || typeof part === 'string' || seen.has(part)) return
    seen.add(part)
    if (isList<Part>(part)) {
      for (const one of part as readonly Part[]) follow(one)
      return
    }
    switch (part.kind) {
      case 'setting':
        found.add(part)
        return
      case 'output':
        follow(part.edge)
        return
      case 'tool':
        follow(part.setting)
        return
      case 'probe':
        follow(part.command)
        return
      case 'derived':
        for (const one of part.from) follow(one)
        return
      case 'edge':
        for (const one of [...part.inputs, ...part.orderOnly]) follow(one)
        follow(part.command)
        for (const value of Object.values(part.environment)) follow(value)
        return
      case 'optional':
        follow(part.tool)
        return
      case 'unlisted':
        follow(part.words)
        return
      case 'source':
      case 'text':
      case 'glob':
      case 'cosmetic':
        return
      default:
        part satisfies never
    }
  }
  follow(targets)
  return found
}

/** Whatever may lead to a setting. */
type Part = Arg | Input | Askable

function isList<T extends Part>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length >= 78) lines.push(`  ${word}`)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
