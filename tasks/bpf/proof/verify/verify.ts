// The verify task: lets the running kernel's verifier judge BPF objects, and shows what it said.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  isErrno,
  quoteCommand,
  type Row,
  type TaskContext,
  type Tone,
  UserError,
} from '../../../engine/index.ts'
import { asRoot, parseTaskArguments } from '../../system/index.ts'
import { type Budget, budgetOf, budgetText, changeRow, changesSince, readBudget } from './budget.ts'
import { type Report, readReport } from './report.ts'
import { rejection, reportTables } from './table.ts'

const OPTIONS = { save: 'FILE', against: 'FILE', allow: 'PERCENT' } as const

/**
 * The body of the task.
 * @param verifier path of the program that verify.c is built to
 * @param objects paths of the objects to load where none are named after `--`
 * @returns 1 when a program is rejected, or something grew beyond what is allowed
 * @throws UserError where nothing can be loaded at all
 */
export async function verify(
  ctx: TaskContext,
  verifier: string,
  objects: readonly string[],
): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const allowance = allowanceOf(asked.last('allow') ?? '0')
  const [save, against] = [asked.last('save'), asked.last('against')]
  const before = against === undefined ? undefined : loadBudget(ctx, against)
  const chosen = asked.rest.length > 0 ? asked.rest : objects
  const command = asRoot([verifier, ...chosen], ctx.environment)
  if (ctx.dryRun) {
    ctx.say(quoteCommand(command))
    return 0
  }
  const report = await loadAll(ctx, command)
  const status = showReport(ctx, report)
  const budget = budgetOf(report)
  if (save !== undefined) {
    writeFileSync(resolve(ctx.root, save), budgetText(budget))
    ctx.say(`saved to ${save}`)
  }
  if (before === undefined) return status
  return Math.max(status, showChanges(ctx, before, budget, allowance))
}

/** @throws UserError where the kernel lets us load nothing */
export async function loadAll(ctx: TaskContext, command: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await ctx.run(command, { output: 'capture', nothrow: true })
  const report = readReport(stdout)
  const facts = [['command', quoteCommand(command)] as const]
  if (!report.complete && !ctx.signal.aborted) {
    throw new UserError({ what: `verifying did not end: ${stderr.trim()}`, facts })
  }
  const denied = report.programs.find(({ verdict }) => verdict.kind === 'denied')?.verdict
  if (denied?.kind === 'denied') {
    throw new UserError({
      what: 'this kernel lets us load no BPF program',
      facts: [['it says', denied.reason], ...facts],
      hint: 'run it as root, outside of a container, or with CAP_BPF and CAP_PERFMON',
    })
  }
  return report
}

/** Shows tables, rejections and a last line; returns the exit status. */
function showReport(ctx: TaskContext, report: Report): number {
  const kernel = report.release ?? 'unknown'
  for (const table of reportTables(report)) ctx.emit(table)
  let rejected = 0
  let unsupported = 0
  for (const program of report.programs) {
    const block = rejection(program, kernel, ctx.root)
    if (block !== undefined) {
      rejected++
      ctx.emit({ type: 'failure', ...block })
    } else if (program.verdict.kind === 'unsupported') {
      unsupported++
      const { feature } = program.verdict
      ctx.emit({ type: 'note', text: `${program.name} is not supported here: ${feature}` })
    }
  }
  const ok = report.programs.length - rejected - unsupported
  ctx.say(
    `Linux ${kernel}: ${ok} OK, ${rejected} rejected` +
      (unsupported === 0 ? '' : `, ${unsupported} not supported here`),
  )
  return rejected > 0 ? 1 : 0
}

const changeTones: Readonly<Record<string, Tone>> = { grew: 'bad', shrank: 'good', gone: 'faint' }

function showChanges(ctx: TaskContext, before: Budget, after: Budget, allowance: number): number {
  if (before.kernel !== after.kernel) {
    ctx.emit({
      type: 'note',
      text: `compared with figures of another kernel, ${before.kernel}: its verifier may count otherwise`,
    })
  }
  const changes = changesSince(before, after, allowance)
  if (changes.length === 0) {
    ctx.say('nothing grew')
    return 0
  }
  const rows: Row[] = changes.map(changeRow)
  ctx.emit({
    type: 'table',
    name: 'changes',
    columns: [
      { key: 'what', title: 'what' },
      { key: 'count', title: 'count' },
      { key: 'before', title: 'before' },
      { key: 'after', title: 'after' },
      { key: 'change', title: 'change', tones: changeTones },
    ],
    rows,
  })
  const over = changes.filter(({ exceeds }) => exceeds).length
  ctx.say(over === 0 ? `nothing grew by more than ${allowance} %` : `${over} grew too much`)
  return over === 0 ? 0 : 1
}

function loadBudget(ctx: TaskContext, path: string): Budget {
  try {
    const budget = readBudget(readFileSync(resolve(ctx.root, path), 'utf8'))
    if (budget !== undefined) return budget
  } catch (error) {
    if (!isErrno(error)) throw error
  }
  throw new UserError({
    what: `${path} cannot be compared with: it holds no figures of verify`,
    hint: `make it: npx tsx tasks.ts verify -- --save ${path}`,
    status: 2,
  })
}

function allowanceOf(text: string): number {
  const number = Number(text.replace(/%$/, ''))
  if (Number.isFinite(number) && number >= 0 && text.trim() !== '') return number
  throw new UserError({ what: `--allow takes a percentage, not ${text}`, status: 2 })
}
