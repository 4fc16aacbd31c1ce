// What was asked for, cut into builds: each goes up to the next task with a body.
import type { Member, Task } from '../declare/index.ts'
import type { Goal } from './asked.ts'

/** Goals that are built together, and the task whose body runs then. */
export type Phase = readonly Goal[]

/** Goals up to each task with a body: those build together, then the body runs. */
export function phases(goals: readonly Goal[]): Phase[] {
  const phases: Goal[][] = [[]]
  for (const goal of goals) {
    phases.at(-1)?.push(goal)
    if (taskOf(goal)?.body !== undefined) phases.push([])
  }
  return phases.filter((phase) => phase.length > 0)
}

export function taskOf(goal: Goal): Task | undefined {
  return goal.kind === 'task' ? goal.task : undefined
}

export function memberOf(goal: Goal): readonly Member[] {
  return goal.kind === 'task' && goal.member !== undefined ? [goal.member] : []
}
