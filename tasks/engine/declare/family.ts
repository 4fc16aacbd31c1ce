// A task family: one task for each of some names, such as `run:NAME` for each tool. The names are answered
// late, so a family is data like a task, and asks for nothing.
import { checkOptions, checks, described, wrong } from './checks.ts'
import { type Derived, derive, type Input } from './edge.ts'
import type { Task } from './task.ts'

/**
 * What {@link taskFamily} gives. Its place in the tasks is a name such as `run:NAME`.
 * @example
 * const tests: TaskFamily = taskFamily('Run one test', derive([glob('*.test.sh')], (files) => files), (file) =>
 *   task(`Run ${file}`, [file], ({ run }) => run(['sh', file])),
 * )
 */
export interface TaskFamily {
  readonly kind: 'family'
  readonly about: string
  /** What may stand for NAME. */
  readonly names: Derived<readonly string[]>
  /** The task of one name. It is declared before the names are known, so the name may be unknown. */
  readonly member: (name: string) => Task
  /** The targets of all members. */
  readonly targets: readonly Input[]
}

/** `run:NAME`: what comes before NAME, and what NAME is called. */
const FAMILY = /^(.+):([A-Z][A-Z0-9_]*)$/

const familyChecks = {
  about: checks.text,
  names: checks.handle('derived'),
  member: checks.callable,
} as const

/**
 * Declares a family of tasks, to stand in the tasks under a name such as `run:NAME`. It is listed once, with
 * its names; each member is completed, described and asked for like any task. Asked for as `run`, it takes
 * the name from the first argument after `--`.
 * @param about one line for the list of tasks
 * @param names what may stand for NAME; nothing runs while a name is not among them
 * @param member declares the task of one name; called for any name, so it must not look whether there is one
 * @throws UserError for what the types would refuse
 * @example
 * const sources = derive([glob('*.c')], (paths) => paths.map((path) => path.replace('.c', '')))
 * const counts = taskFamily('Count the lines of NAME.c', sources, (name) =>
 *   task(`Count the lines of ${name}.c`, [`${name}.c`], ({ run }) => run(['wc', '-l', `${name}.c`])),
 * )
 * await main({ 'count:NAME': counts })
 */
export function taskFamily(
  about: string,
  names: Derived<readonly string[]>,
  member: (name: string) => Task,
): TaskFamily {
  checkOptions(
    `family '${about}'`,
    { about, names, member },
    familyChecks,
    Object.keys(familyChecks),
  )
  const declared = new Map<string, Task>()
  /** Of one name always the same task: who asks twice has the same handles. */
  const memberOf = (name: string): Task => {
    const known = declared.get(name)
    if (known !== undefined) return known
    const made = member(name)
    if ((made as { kind?: unknown } | null | undefined)?.kind !== 'task') {
      throw wrong(`family '${about}' gives no task for ${name}`, [['given', described(made)]])
    }
    declared.set(name, made)
    return made
  }
  const known = derive([names], (all: unknown): readonly string[] => {
    const problem = checks.words(all)
    if (problem === undefined) return all as readonly string[]
    throw wrong(`the list of names of family '${about}' ${problem}`)
  })
  const targets = derive([known], (all): Input => all.map((name) => memberOf(name).targets))
  return Object.freeze({
    kind: 'family',
    about,
    names: known,
    member: memberOf,
    targets: Object.freeze([targets]),
  })
}

/** What comes before NAME in the name of a family, and what NAME is called; undefined for any other name. */
export function familyName(
  name: string,
): { readonly stem: string; readonly placeholder: string } | undefined {
  const [, stem, placeholder] = FAMILY.exec(name) ?? []
  return stem === undefined || placeholder === undefined ? undefined : { stem, placeholder }
}
