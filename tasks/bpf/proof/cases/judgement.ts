// Evidence of a run to a judgement: what holds for every loader, and what the tool asserts.
import type { Loader } from '../../rules/index.ts'
import { startPath } from '../../system/index.ts'
import type { Evidence } from './evidence.ts'
import type { Check, CheckCase, Checked } from './toolcheck.ts'

export type Judgement =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly problems: readonly string[] }
  | { readonly kind: 'unsupported'; readonly feature: string }

export interface Judged {
  readonly tool: string
  readonly case: string
  readonly judgement: Judgement
  readonly evidence: Evidence | undefined
  /** Wall time of the case, where it was measured, in milliseconds. */
  readonly ms?: number
}

/** The word for a judgement. */
export function judgementWord({ kind }: Judgement): string {
  return kind === 'ok' ? 'OK' : kind === 'failed' ? 'failed' : 'not supported here'
}

/**
 * @param evidence undefined where runcase did not get to its end
 * @param said what it wrote to standard error instead
 */
export function judge(
  { name, check }: Pick<Checked, 'name' | 'check'>,
  one: CheckCase,
  evidence: Evidence | undefined,
  said = '',
): Judged {
  const judgement =
    evidence === undefined
      ? failed(['its run was not reported to the end', said.trim()])
      : judgementOf(check, one, evidence)
  return { tool: name, case: one.name, judgement, evidence }
}

function judgementOf(check: Check, one: CheckCase, evidence: Evidence): Judgement {
  if (!evidence.ready) {
    const feature = check.lacks?.(evidence)
    if (feature !== undefined) return { kind: 'unsupported', feature }
    const said = evidence.stderr.slice(-3).join('\n')
    return failed([`it did not get ready: it ${howEnded(evidence.loader)}`, said])
  }
  const problems = [...commonProblems(one, evidence), ...ownProblems(one, evidence)]
  return problems.length === 0 ? { kind: 'ok' } : failed(problems)
}

/** A judge that fails to read what it was given says something of that, not of itself. */
function ownProblems({ judge }: CheckCase, evidence: Evidence): readonly string[] {
  try {
    return judge(evidence)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return [`what it printed cannot be judged: ${error.message}`]
  }
}

function commonProblems(
  { trigger }: CheckCase,
  { held, left, loader, triggered }: Evidence,
): string[] {
  const problems: string[] = []
  if (trigger.length > 0 && triggered?.status !== 0)
    problems.push(`the trigger ${howEnded(triggered)}`)
  if (loader?.status !== 0) problems.push(`asked to end by SIGINT it ${howEnded(loader)}`)
  if (!held.some(({ kind }) => kind === 'prog')) problems.push('it held no program while attached')
  for (const { kind, id } of left)
    problems.push(`it left a ${kind} behind: bpftool ${kind} show id ${id}`)
  return problems
}

function howEnded(ended: Evidence['loader']): string {
  if (ended === undefined) return 'was not run'
  if (!ended.inTime) return 'did not end and was killed'
  if (ended.signal !== null) return `was ended by a signal: ${ended.signal}`
  return `ended with status ${ended.status}`
}

function failed(problems: readonly string[]): Judgement {
  return { kind: 'failed', problems: problems.filter((problem) => problem !== '') }
}

/** The job of a guest that loads every program. */
export const VERIFY_JOB = 'verify'

/** The name of the job of a guest that runs one case. */
export function caseJob(tool: string, at: number): string {
  return `${tool} ${at}`
}

/**
 * The command that runs one case. Programs are found by the same paths in a guest.
 * @param tracePipe path of the kernel's trace_pipe
 */
export function caseCommand(
  runcase: Loader,
  { loader, check }: Checked,
  one: CheckCase,
  tracePipe: string,
): readonly string[] {
  return [
    startPath(runcase),
    ...(one.count === undefined ? [] : ['--count', one.count]),
    ...(one.trace === true ? ['--trace-pipe', tracePipe] : []),
    ...(one.stall === true ? ['--stall', 'yes'] : []),
    ...(check.ready === undefined ? [] : ['--ready', check.ready]),
    ...(one.trigger.length === 0 ? [] : ['--trigger', ...one.trigger.map(wordOf)]),
    ...['--loader', startPath(loader), ...(one.arguments ?? [])],
  ]
}

function wordOf(word: string | Loader): string {
  return typeof word === 'string' ? word : startPath(word)
}
