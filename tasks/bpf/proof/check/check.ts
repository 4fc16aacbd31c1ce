// The check tasks: run a tool on the running kernel and show whether it saw what it should.
import {
  type Event,
  quoteCommand,
  type Row,
  type TaskContext,
  type Tone,
} from '../../../engine/index.ts'
import { mountedTracefs } from '../../live/index.ts'
import { asRoot, isRoot } from '../../system/index.ts'
import { readEvidence } from './evidence.ts'
import { caseCommand, type Judged, judge, judgementWord } from './judgement.ts'
import type { Checked, ProofPrograms } from './toolcheck.ts'

/**
 * The body of the tasks.
 * @returns 1 when something is not as it should be
 */
export async function checkTools(
  ctx: TaskContext,
  programs: ProofPrograms,
  tools: readonly Checked[],
): Promise<number> {
  const judged: Judged[] = []
  for (const tool of tools) {
    if (ctx.dryRun) sayCommands(ctx, programs, tool)
    else judged.push(...(await checkHere(ctx, programs, tool)))
  }
  if (ctx.dryRun) return 0
  ctx.emit(checkTable(judged))
  for (const one of judged) showProblems(ctx, one)
  return judged.some(({ judgement }) => judgement.kind === 'failed') ? 1 : 0
}

function sayCommands(ctx: TaskContext, { runcase }: ProofPrograms, tool: Checked): void {
  for (const one of tool.check.cases) {
    const words = caseCommand(runcase, tool, one, '/sys/kernel/tracing/trace_pipe')
    ctx.say(quoteCommand(words))
  }
}

/** Runs all cases of a tool, one after the other, until one shows that this kernel lacks something. */
export async function checkHere(
  ctx: TaskContext,
  { runcase }: ProofPrograms,
  tool: Checked,
): Promise<readonly Judged[]> {
  const tracefs = await mountedTracefs(ctx, isRoot())
  const judged: Judged[] = []
  for (const one of tool.check.cases) {
    if (ctx.signal.aborted) break
    const words = caseCommand(runcase, tool, one, `${tracefs}/trace_pipe`)
    const command = asRoot(words, ctx.environment)
    const { stdout, stderr } = await ctx.run(command, { output: 'capture', nothrow: true })
    const result = judge(tool, one, readEvidence(stdout), stderr)
    judged.push(result)
    if (result.judgement.kind === 'unsupported') break
  }
  return judged
}

const tones: Readonly<Record<string, Tone>> = { OK: 'good', failed: 'bad', not: 'doubtful' }

export function checkTable(judged: readonly Judged[]): Event {
  return {
    type: 'table',
    name: 'check',
    columns: [
      { key: 'tool', title: 'tool' },
      { key: 'case', title: 'case' },
      { key: 'verdict', title: 'verdict', tones },
    ],
    rows: judged.map(checkRow),
  }
}

function checkRow({ tool, case: name, judgement, evidence }: Judged): Row {
  const { kind, ...more } = judgement
  return {
    tool,
    case: name,
    verdict: judgementWord(judgement),
    ...more,
    held: evidence?.held ?? [],
    counted: evidence?.counted ?? 0,
  }
}

/** @param kernel where it was run, if not on the running kernel */
export function showProblems(ctx: TaskContext, judged: Judged, kernel?: string): void {
  const { tool, case: name, judgement } = judged
  const where = kernel === undefined ? '' : ` on Linux ${kernel}`
  if (judgement.kind === 'failed') {
    ctx.emit({
      type: 'failure',
      what: `${tool} fails its check${where}: ${name}`,
      facts: judgement.problems.slice(0, 8).map((problem) => ['problem', problem] as const),
    })
  } else if (judgement.kind === 'unsupported') {
    const text = `${tool} is not supported here${where}: ${judgement.feature}`
    ctx.emit({ type: 'note', text })
  }
}
