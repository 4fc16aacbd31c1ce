// The check tasks: run tools on this kernel or on other machines and show whether they saw what they should.
import { machine, release } from 'node:os'
import {
  type Event,
  quoteCommand,
  type Row,
  type TaskContext,
  type Tone,
  UserError,
} from '../../../engine/index.ts'
import { mountedTracefs } from '../../live/index.ts'
import { asRoot, isRoot, parseTaskArguments } from '../../system/index.ts'
import {
  type Checked,
  caseCommand,
  type Judged,
  judge,
  judgementWord,
  type ProofPrograms,
  readEvidence,
} from '../cases/index.ts'
import { type HostFile, hostsOf, onEachHost, type Session, sayHostCommand } from '../host/index.ts'
import {
  type Finding,
  isWell,
  type KernelFindings,
  kernelTitle,
  matrixTable,
  writeResults,
} from '../verdict/index.ts'

const OPTIONS = { on: 'HOST', junit: 'FILE' } as const

/** What is checked, and with what. */
export interface Checking {
  readonly programs: ProofPrograms
  readonly tools: readonly Checked[]
  /** For other machines: programs linked statically, with the paths that they have here. */
  readonly abroad: readonly HostFile[]
  /** What they are built for, as the kernel names it. */
  readonly arch: string
}

/** Where cases run. */
interface Place {
  readonly tracePipe: string
  run(words: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>
}

/**
 * The body of the tasks.
 * @returns 1 when something is not as it should be
 */
export async function checkTools(ctx: TaskContext, checking: Checking): Promise<number> {
  const { programs, tools } = checking
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const hosts = hostsOf(asked.all('on'))
  if (ctx.dryRun) {
    for (const words of tools.flatMap((tool) => commandsOf(programs, tool))) {
      if (hosts.length === 0) ctx.say(quoteCommand(words))
      for (const host of hosts) sayHostCommand(ctx, host, words)
    }
    return 0
  }
  const columns: KernelFindings[] = []
  if (hosts.length === 0) {
    const started = performance.now()
    const judged: Judged[] = []
    for (const tool of tools) judged.push(...(await checkHere(ctx, programs, tool)))
    ctx.emit(checkTable(judged))
    for (const one of judged) showProblems(ctx, one)
    const ms = performance.now() - started
    columns.push({ kernel: release(), machine: machine(), by: 'here', ms, ...findingsOf(judged) })
  } else columns.push(...(await checkOnHosts(ctx, checking, hosts)))
  if (ctx.signal.aborted) return 130
  writeResults(ctx, 'check', columns, asked.last('junit'))
  return columns.every(isWell) ? 0 : 1
}

async function checkOnHosts(
  ctx: TaskContext,
  { programs, tools, abroad, arch }: Checking,
  hosts: ReturnType<typeof hostsOf>,
): Promise<KernelFindings[]> {
  const needs = { arch, files: abroad, tracefs: true }
  const results = await onEachHost(ctx, hosts, needs, async (session) => {
    const place = placeOn(session)
    const judged: Judged[] = []
    for (const tool of tools) judged.push(...(await checkAt(ctx, place, programs, tool)))
    return { judged, greeting: session.greeting }
  })
  const columns = results.map(({ host, ms, value, problem }): KernelFindings => {
    const { release: kernel = '', machine: kind = '' } = value?.greeting ?? {}
    const from = { by: 'ssh', host: host.name, ms } as const
    const column = { kernel, machine: kind, ...from, ...findingsOf(value?.judged ?? []) }
    return problem === undefined ? column : { ...column, problem }
  })
  ctx.emit(matrixTable(columns))
  results.forEach(({ value }, at) => {
    const column = columns[at]
    if (column === undefined) return
    for (const one of value?.judged ?? []) showProblems(ctx, one, kernelTitle(column))
  })
  return columns
}

function placeOn(session: Session): Place {
  const { tracefs } = session.greeting
  if (tracefs === '') {
    throw new UserError({
      what: `the kernel of ${session.host.name} shows no tracefs`,
      hint: 'boot a kernel there with CONFIG_TRACING=y',
    })
  }
  return {
    tracePipe: `${tracefs}/trace_pipe`,
    run: (words) => session.capture(words, 'while a check ran'),
  }
}

function commandsOf({ runcase }: ProofPrograms, tool: Checked): (readonly string[])[] {
  const pipe = '/sys/kernel/tracing/trace_pipe'
  return tool.check.cases.map((one) => caseCommand(runcase, tool, one, pipe))
}

/** Runs all cases of a tool, one after the other, until one shows that this kernel lacks something. */
export async function checkHere(
  ctx: TaskContext,
  programs: ProofPrograms,
  tool: Checked,
): Promise<readonly Judged[]> {
  const tracefs = await mountedTracefs(ctx, isRoot())
  const place: Place = {
    tracePipe: `${tracefs}/trace_pipe`,
    run: (words) => ctx.run(asRoot(words, ctx.environment), { output: 'capture', nothrow: true }),
  }
  return await checkAt(ctx, place, programs, tool)
}

async function checkAt(
  ctx: TaskContext,
  { tracePipe, run }: Place,
  { runcase }: ProofPrograms,
  tool: Checked,
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  for (const one of tool.check.cases) {
    if (ctx.signal.aborted) break
    const started = performance.now()
    const { stdout, stderr } = await run(caseCommand(runcase, tool, one, tracePipe))
    const ms = performance.now() - started
    const result = { ...judge(tool, one, readEvidence(stdout), stderr), ms }
    judged.push(result)
    if (result.judgement.kind === 'unsupported') break
  }
  return judged
}

/** The same for reports. */
export function findingsOf(judged: readonly Judged[]): Pick<KernelFindings, 'findings' | 'maps'> {
  const findings = judged.map(({ tool, case: name, judgement, ms = 0 }): Finding => {
    const common = { kind: 'check', tool, name, ms } as const
    switch (judgement.kind) {
      case 'ok':
        return { ...common, outcome: 'ok', expected: true }
      case 'unsupported':
        return { ...common, outcome: 'unsupported', expected: true, why: judgement.feature }
      case 'failed': {
        const why = judgement.problems.join('\n')
        return { ...common, outcome: 'failed', expected: false, why }
      }
      default:
        return judgement satisfies never
    }
  })
  return { findings, maps: [] }
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
