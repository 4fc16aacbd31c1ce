// The check tasks: run a demo on the running kernel and show whether it saw what it should.
import {
  type Event,
  quoteCommand,
  type Row,
  type TaskContext,
  type Tone,
  UserError,
} from '../../../engine/index.ts'
import { mountedTracefs } from '../../live/runloader.ts'
import type { BpftoolChoice } from '../../rules/choices.ts'
import { isObject } from '../../system/jsonlines.ts'
import { asRoot, isRoot } from '../../system/sudo.ts'
import type { Demo, ProofPrograms } from './demo.ts'
import { type Held, readEvidence } from './evidence.ts'
import { type Judged, judge, judgementWord, witnessWords } from './judgement.ts'

/**
 * The body of the tasks.
 * @returns 1 when something is not as it should be
 */
export async function check(
  ctx: TaskContext,
  programs: ProofPrograms,
  demos: readonly Demo[],
): Promise<number> {
  const judged: Judged[] = []
  for (const demo of demos) {
    if (ctx.dryRun) sayCommands(ctx, programs, demo)
    else judged.push(...(await checkHere(ctx, programs, demo)))
  }
  if (ctx.dryRun) return 0
  ctx.emit(checkTable(judged))
  for (const one of judged) showProblems(ctx, one)
  return judged.some(({ judgement }) => judgement.kind === 'failed') ? 1 : 0
}

function sayCommands(ctx: TaskContext, { witness }: ProofPrograms, demo: Demo): void {
  for (const one of demo.check.cases) {
    const words = witnessWords(
      witness.here.output.path,
      demo,
      one,
      '/sys/kernel/tracing/trace_pipe',
    )
    ctx.say(quoteCommand(words))
  }
}

/** Runs all cases of a demo, one after the other, until one shows that this kernel lacks something. */
export async function checkHere(
  ctx: TaskContext,
  { witness, bpftool }: ProofPrograms,
  demo: Demo,
): Promise<readonly Judged[]> {
  const tracefs = await mountedTracefs(ctx, isRoot())
  const judged: Judged[] = []
  for (const one of demo.check.cases) {
    if (ctx.signal.aborted) break
    const words = witnessWords(witness.here.output.path, demo, one, `${tracefs}/trace_pipe`)
    const command = asRoot(words, ctx.environment)
    const { stdout, stderr } = await ctx.run(command, { output: 'capture', nothrow: true })
    const result = judge(demo, one, readEvidence(stdout), stderr)
    judged.push(result)
    if (result.judgement.kind === 'unsupported') break
  }
  return await withBpftool(ctx, bpftool, judged)
}

/** Asks bpftool as well whether what the loaders held is gone: the witness is our own program. */
async function withBpftool(
  ctx: TaskContext,
  bpftool: BpftoolChoice,
  judged: readonly Judged[],
): Promise<readonly Judged[]> {
  const present = new Set<string>()
  for (const kind of ['prog', 'map', 'link'] as const) {
    const command = [asRoot([], ctx.environment), bpftool.program, '-j', kind, 'show']
    const { stdout } = await ctx.run(command, { output: 'capture', nothrow: true })
    for (const id of idsOf(stdout, kind)) present.add(`${kind} ${id}`)
  }
  return judged.map((one) => {
    const left = one.evidence?.held.filter((held) => present.has(nameOf(held))) ?? []
    if (left.length === 0) return one
    const problem = `bpftool still shows: ${left.map(nameOf).join(', ')}`
    const before = one.judgement.kind === 'failed' ? one.judgement.problems : []
    return { ...one, judgement: { kind: 'failed', problems: [...before, problem] } }
  })
}

function nameOf({ kind, id }: Held): string {
  return `${kind} ${id}`
}

/** @throws UserError where bpftool shows no list */
function idsOf(text: string, kind: string): number[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) {
      return list.filter(isObject).flatMap(({ id }) => (typeof id === 'number' ? [id] : []))
    }
  } catch {
    // What it said instead is told below.
  }
  throw new UserError({
    what: 'bpftool does not show what is loaded',
    facts: [
      ['command', `bpftool -j ${kind} show`],
      ['it said', text.slice(0, 200)],
    ],
  })
}

const tones: Readonly<Record<string, Tone>> = { OK: 'good', failed: 'bad', not: 'doubtful' }

export function checkTable(judged: readonly Judged[]): Event {
  return {
    type: 'table',
    name: 'check',
    columns: [
      { key: 'demo', title: 'demo' },
      { key: 'case', title: 'case' },
      { key: 'verdict', title: 'verdict', tones },
    ],
    rows: judged.map(checkRow),
  }
}

function checkRow({ demo, case: name, judgement, evidence }: Judged): Row {
  const { kind, ...more } = judgement
  return {
    demo,
    case: name,
    verdict: judgementWord(judgement),
    ...more,
    held: evidence?.held ?? [],
    counted: evidence?.counted ?? 0,
  }
}

/** @param kernel where it was run, if not on the running kernel */
export function showProblems(ctx: TaskContext, judged: Judged, kernel?: string): void {
  const { demo, case: name, judgement } = judged
  const where = kernel === undefined ? '' : ` on Linux ${kernel}`
  if (judgement.kind === 'failed') {
    ctx.emit({
      type: 'failure',
      what: `${demo} fails its check${where}: ${name}`,
      facts: judgement.problems.slice(0, 8).map((problem) => ['problem', problem] as const),
    })
  } else if (judgement.kind === 'unsupported') {
    const text = `${demo} is not supported here${where}: ${judgement.feature}`
    ctx.emit({ type: 'note', text })
  }
}
