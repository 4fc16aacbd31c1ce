// Budgets on disk: what verify saves, and what it shows of what grew.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isErrno, type TaskContext, type Tone, UserError } from '../../../engine/index.ts'
import { type KernelFindings, kernelTitle } from '../verdict/index.ts'
import {
  type Budget,
  budgetOf,
  budgetText,
  type Change,
  changeRow,
  changesSince,
  nearestBudget,
  readBudgets,
  withBudget,
} from './budget.ts'

/** Into a file that may hold what other kernels showed, and other tools. */
export function saveBudgets(
  ctx: TaskContext,
  path: string,
  columns: readonly KernelFindings[],
): void {
  const known = readIfThere(ctx, path) ?? []
  const all = columns.reduce<readonly Budget[]>(
    (budgets, column) => withBudget(budgets, budgetOf(column)),
    known,
  )
  writeFileSync(resolve(ctx.root, path), budgetText(all))
  ctx.say(`saved to ${path}`)
}

/** @throws UserError where it holds no figures of verify */
export function loadBudgets(ctx: TaskContext, path: string): readonly Budget[] {
  const budgets = readIfThere(ctx, path)
  if (budgets !== undefined && budgets.length > 0) return budgets
  throw new UserError({
    what: `${path} cannot be compared with: it holds no figures of verify`,
    hint: `make it: npx tsx tasks.ts verify -- --save ${path}`,
    status: 2,
  })
}

/** @throws UserError where it is of something else, which must not be written over */
function readIfThere(ctx: TaskContext, path: string): readonly Budget[] | undefined {
  let text: string
  try {
    text = readFileSync(resolve(ctx.root, path), 'utf8')
  } catch (error) {
    if (!isErrno(error)) throw error
    return undefined
  }
  const budgets = text.trim() === '' ? [] : readBudgets(text)
  if (budgets !== undefined) return budgets
  throw new UserError({
    what: `${path} holds something else than figures of this version of verify`,
    hint: `make it anew: rm ${path} && npx tsx tasks.ts verify -- --save ${path}`,
    status: 2,
  })
}

const changeTones: Readonly<Record<string, Tone>> = { grew: 'bad', shrank: 'good', gone: 'faint' }

/** @returns 1 where something grew by more than is allowed */
export function showChanges(
  ctx: TaskContext,
  before: readonly Budget[],
  column: KernelFindings,
  allowance: number,
): number {
  const after = budgetOf(column)
  const old = nearestBudget(before, after)
  if (old === undefined) return 0
  if (old.kernel !== after.kernel || old.machine !== after.machine) {
    ctx.emit({
      type: 'note',
      text: `compared with figures of another kernel, ${old.kernel} ${old.machine}: its verifier may count otherwise`,
    })
  }
  const changes = changesSince(old, after, allowance, column)
  const where = column.host === undefined ? '' : `${column.host}: `
  if (changes.length === 0) {
    ctx.say(`${where}nothing grew`)
    return 0
  }
  ctx.emit({
    type: 'table',
    name: 'changes',
    columns: [
      { key: 'tool', title: 'tool' },
      { key: 'what', title: 'what' },
      { key: 'count', title: 'count' },
      { key: 'before', title: 'before' },
      { key: 'after', title: 'after' },
      { key: 'change', title: 'change', tones: changeTones },
    ],
    rows: changes.map(changeRow),
  })
  const over = changes.filter(({ exceeds }) => exceeds)
  for (const change of over) ctx.emit({ type: 'failure', ...tooMuch(change, column, allowance) })
  ctx.say(
    over.length === 0
      ? `${where}nothing grew by more than ${allowance} %`
      : `${where}${over.length} grew too much`,
  )
  return over.length === 0 ? 0 : 1
}

function tooMuch(
  { tool, what, count, before, after, at }: Change,
  on: KernelFindings,
  allowance: number,
) {
  return {
    what: `${tool} ${what}: ${count} grew from ${before} to ${after}`,
    facts: [
      ['kernel', `${kernelTitle(on)} ${on.machine}`],
      ['allowed', `${allowance} %`],
    ] as const,
    hint: 'if that is meant, save the figures anew: verify -- --save FILE',
    ...(at === undefined ? {} : { at }),
  }
}

/** @throws UserError where it is not a percentage */
export function allowanceOf(text: string): number {
  const number = Number(text.replace(/%$/, ''))
  if (Number.isFinite(number) && number >= 0 && text.trim() !== '') return number
  throw new UserError({ what: `--allow takes a percentage, not ${text}`, status: 2 })
}
