// Tasks and families by their names: what a word of the command line names. It looks at data only.
import { didYouMean, normalPath, UserError } from '../base/index.ts'
import type { Input } from './edge.ts'
import { familyName, type TaskFamily } from './family.ts'
import type { Task } from './task.ts'

/**
 * Tasks by name, in the order in which they are listed; families by a name such as `run:NAME`.
 * @example
 * const tasks: Tasks = { greet: task('Greet', [], ({ say }) => say('hello')) }
 */
export type Tasks = Readonly<Record<string, Task | TaskFamily>>

/**
 * Those that are none, for people who write plain JavaScript, and families of another name than `run:NAME`.
 * @throws UserError for the first one
 */
export function checkTasks(tasks: Readonly<Record<string, unknown>>): void {
  for (const [name, task] of Object.entries(tasks)) {
    const kind = (task as { kind?: unknown } | null | undefined)?.kind
    if (kind === 'family' && familyName(name) === undefined) {
      throw new UserError({
        what: `${name} is not a name for a task family`,
        facts: [
          ['needed', 'a name that ends in a colon and a word in capitals, for which names stand'],
        ],
        hint: `in tasks.ts: ${JSON.stringify(`${name.replace(/:.*/, '')}:NAME`)}: taskFamily(…)`,
        status: 2,
      })
    }
    if (kind === 'task' || kind === 'family') continue
    throw new UserError({
      what: `${name} is not a task`,
      facts: [['given', Array.isArray(task) ? 'a list' : typeof task]],
      hint: `in tasks.ts: ${JSON.stringify(name)}: task('What it does', [what it needs])`,
      status: 2,
    })
  }
}

/** The targets of all tasks that are not among those asked for. */
export function otherTargets(tasks: Tasks, targets: readonly Input[]): readonly Input[] {
  const all = Object.values(tasks).flatMap((task) => task.targets)
  // Of many trees one task has all there is; a set of thousands takes longer than the comparison.
  if (all.length === targets.length && all.every((target, at) => target === targets[at])) return []
  const asked = new Set(targets)
  return all.filter((target) => !asked.has(target))
}

/** The tasks that have a path among their targets, where these say so themselves. */
export function tasksNaming(path: string, tasks: Tasks): readonly string[] {
  const names = (target: Input): boolean =>
    isList(target) ? target.some(names) : typeof target === 'string' && normalPath(target) === path
  return Object.entries(tasks).flatMap(([name, { targets }]) => (targets.some(names) ? [name] : []))
}

function isList(input: Input): input is readonly Input[] {
  return Array.isArray(input)
}

/** A task that was asked for as a member of a family. */
export interface Member {
  /** The name of the family: `run:NAME`. */
  readonly of: string
  readonly family: TaskFamily
  /** What stands for NAME; empty where nothing does. */
  readonly name: string
}

/** What a word names among the tasks. */
export interface NamedTask {
  readonly name: string
  readonly task: Task
  /** Undefined for a task that is declared by itself. */
  readonly member: Member | undefined
}

/** The families among the tasks, by their names. */
export function familiesOf(tasks: Tasks): readonly (readonly [name: string, family: TaskFamily])[] {
  return Object.entries(tasks).flatMap(([name, task]) =>
    task.kind === 'family' ? [[name, task] as const] : [],
  )
}

/**
 * The task that a word names: one of its own, or a member of a family, whether or not the family has that
 * name. The stem of a family alone is a member without a name.
 */
export function taskNamed(tasks: Tasks, word: string): NamedTask | undefined {
  const own = Object.hasOwn(tasks, word) ? tasks[word] : undefined
  if (own?.kind === 'task') return { name: word, task: own, member: undefined }
  let found: (Omit<Member, 'name'> & { readonly stem: string }) | undefined
  for (const [of, family] of familiesOf(tasks)) {
    const { stem = '' } = familyName(of) ?? {}
    if (word !== stem && !word.startsWith(`${stem}:`)) continue
    if (found === undefined || stem.length > found.stem.length) found = { of, family, stem }
  }
  if (found === undefined) return undefined
  const { of, family, stem } = found
  const name = word.slice(stem.length + 1)
  return { name: word, task: family.member(name), member: { of, family, name } }
}

/** A member, by what stands for NAME and as it is typed. */
export interface MemberName {
  readonly name: string
  /** `run:hello`. */
  readonly word: string
}

/** The members of a family. */
export function memberNames(of: string, names: readonly string[]): readonly MemberName[] {
  const { stem = of } = familyName(of) ?? {}
  return names.map((name) => ({ name, word: `${stem}:${name}` }))
}

/** How many tasks are suggested for one file: those that are declared first are the usual ones. */
const SUGGESTED = 3

/** Members that may be meant by a path: their name is that of the file, with or without its endings. */
export function likelyMembers(path: string, members: readonly MemberName[]): readonly string[] {
  const parts = (path.split('/').at(-1) ?? '').split('.')
  const names = new Set(parts.map((_, at) => parts.slice(0, at + 1).join('.')))
  const likely = members.flatMap(({ name, word }) => (names.has(name) ? [word] : []))
  return likely.slice(0, SUGGESTED)
}

/** Words of which one may be meant, as a person lists them. */
export function eitherOf(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)]
    .filter((part) => part !== '')
    .join(' or ')
}

/** @throws UserError where the family has no such name */
export function mustHave({ of, name }: Member, names: readonly string[]): void {
  if (names.includes(name)) return
  const { stem = of, placeholder = '' } = familyName(of) ?? {}
  const isPlaceholder = name === placeholder || name === ''
  const near = isPlaceholder ? names[0] : didYouMean(name, names)
  throw new UserError({
    what: isPlaceholder ? `${stem} of what? ${of} needs a name` : `there is no ${stem}:${name}`,
    facts: [[placeholder, names.length === 0 ? 'there is none' : names.join(' ')]],
    hint:
      near === undefined
        ? 'npx tsx tasks.ts --list shows the tasks'
        : isPlaceholder
          ? `for example: npx tsx tasks.ts ${stem}:${near}`
          : `did you mean ${stem}:${near}?`,
    status: 2,
  })
}
