// What was asked for by a name that only the world knows: files by path, and members of task families.
import { type Answers, OPEN, type Open } from '../answer/index.ts'
import { UserError } from '../base/index.ts'
import { Graph } from '../decide/index.ts'
import {
  eitherOf,
  familiesOf,
  type Input,
  likelyMembers,
  type Member,
  type MemberName,
  memberNames,
  mustHave,
  otherTargets,
  type TaskFamily,
  type Tasks,
} from '../declare/index.ts'
import type { Disk } from '../files/index.ts'

/**
 * Does every family have the name that it was asked for? False while something is open.
 * @throws UserError where one does not
 */
export function areKnown(members: readonly Member[], answers: Answers): boolean {
  for (const member of members) {
    const names = answers.tryAsk(member.family.names)
    if (names !== OPEN) mustHave(member, names)
  }
  return answers.open.size === 0
}

/**
 * What files are that were asked for by path: an edge, whichever task it belongs to, or a source.
 * @throws UserError for a path that is neither
 */
export function edgesOf(
  paths: readonly string[],
  answers: Answers,
  { tasks, disk }: { readonly tasks: Tasks; readonly disk: Disk },
): readonly Input[] | Open {
  const graph = new Graph(answers, { asksOfAll: true })
  graph.add([], otherTargets(tasks, []))
  if (answers.open.size > 0) return OPEN
  const found: Input[] = []
  for (const path of paths) {
    const isMade = graph.producer(path) !== undefined
    if (!isMade && disk.stat(path)?.type === 'file') {
      found.push(path)
      continue
    }
    // The names of families are only asked for where they may help.
    const members = isMade ? [] : membersKnown(tasks, answers)
    if (answers.open.size > 0) return OPEN
    const plain = Object.keys(tasks).filter((name) => tasks[name]?.kind === 'task')
    const names = [...plain, ...members.map(({ word }) => word)]
    found.push(graph.target(path, names, likelyMembers(path, members)).edge)
  }
  return found
}

/** The members of all families; of a family whose names cannot be known, none. */
function membersKnown(tasks: Tasks, answers: Answers): MemberName[] {
  return familiesOf(tasks).flatMap(([of, { names }]) => memberNames(of, namesKnown(names, answers)))
}

function namesKnown(names: TaskFamily['names'], answers: Answers): readonly string[] {
  try {
    const known = answers.tryAsk(names)
    return known === OPEN ? [] : known
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

/** For sources among the targets, which nothing makes: what may be meant by them. */
export function sourceNotes(targets: readonly Input[], tasks: Tasks, answers: Answers): string[] {
  return targets.flatMap((path) => {
    if (typeof path !== 'string') return []
    const likely = likelyMembers(path, membersKnown(tasks, answers))
    return likely.length === 0 ? [] : [`${path} is a source; you may mean ${eitherOf(likely)}`]
  })
}
