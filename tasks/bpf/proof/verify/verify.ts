// The verify task: lets the verifier of this kernel or of other machines judge BPF objects, and shows what it said.
import { quoteCommand, type TaskContext, UserError } from '../../../engine/index.ts'
import type { Loader } from '../../rules/index.ts'
import { asRoot, parseTaskArguments } from '../../system/index.ts'
import {
  type Host,
  type HostFile,
  hostsOf,
  onEachHost,
  placeThere,
  sayHostCommand,
} from '../host/index.ts'
import {
  countsOf,
  countsText,
  type Finding,
  isWell,
  type KernelFindings,
  kernelTitle,
  lackingBy,
  matrixTable,
  writeResults,
} from '../verdict/index.ts'
import { type ColumnOptions, columnOf, type Verified, verifiedFile, verifyWords } from './column.ts'
import { allowanceOf, loadBudgets, saveBudgets, showChanges } from './comparison.ts'
import { type Report, readReport } from './report.ts'
import { rejection, reportTables } from './table.ts'

const OPTIONS = {
  on: 'HOST',
  save: 'FILE',
  against: 'FILE',
  allow: 'PERCENT',
  junit: 'FILE',
  strict: '',
  all: '',
} as const

/** As many programs are named that lack the same; tables have all. */
const SHOWN_NAMES = 8

/** What the task verifies, and with what. */
export interface Verifying {
  readonly verifier: Loader
  /** Those of the tree; where others are named after `--`, these. */
  readonly objects: readonly Verified[]
  /** The verifier for other machines: linked statically, with the path that it has here. */
  readonly abroad: readonly HostFile[]
  /** What the objects and programs are built for, as the kernel names it. */
  readonly arch: string
}

/** What one kernel said: the report where it got to one. */
interface Verification {
  readonly column: KernelFindings
  readonly report: Report | undefined
  /** What was verified, by the paths that it had there. */
  readonly objects: readonly Verified[]
}

/**
 * The body of the task.
 * @returns 1 when something is not as expected, or grew beyond what is allowed
 * @throws UserError where nothing can be loaded at all
 */
export async function verify(ctx: TaskContext, verifying: Verifying): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const allowance = allowanceOf(asked.last('allow') ?? '0')
  const hosts = hostsOf(asked.all('on'))
  const [save, against] = [asked.last('save'), asked.last('against')]
  const before = against === undefined ? undefined : loadBudgets(ctx, against)
  const objects = asked.rest.length > 0 ? chosen(asked.rest, verifying) : verifying.objects
  const words = verifyWords(verifying.verifier, objects)
  const isStrict = asked.last('strict') !== undefined
  if (ctx.dryRun) {
    if (hosts.length === 0) ctx.say(quoteCommand(asRoot(words, ctx.environment)))
    for (const host of hosts) sayHostCommand(ctx, host, words)
    return 0
  }
  const options = { root: ctx.root, strict: isStrict }
  const verifications =
    hosts.length === 0
      ? [await verifyHere(ctx, words, objects, options)]
      : await verifyOnHosts(ctx, hosts, verifying, objects, options)
  if (ctx.signal.aborted) return 130
  const columns = verifications.map(({ column }) => column)
  show(ctx, verifications, asked.last('all') !== undefined)
  let status = columns.every(isWell) ? 0 : 1
  const whole = columns.filter(({ problem }) => problem === undefined)
  if (save !== undefined && whole.length > 0) saveBudgets(ctx, save, whole)
  for (const column of before === undefined ? [] : whole)
    status = Math.max(status, showChanges(ctx, before ?? [], column, allowance))
  writeResults(ctx, 'verify', columns, asked.last('junit'))
  return status
}

type JudgingOptions = Pick<ColumnOptions, 'root' | 'strict'>

async function verifyHere(
  ctx: TaskContext,
  words: readonly string[],
  objects: readonly Verified[],
  options: JudgingOptions,
): Promise<Verification> {
  const started = performance.now()
  const report = await loadAll(ctx, asRoot(words, ctx.environment))
  const ms = performance.now() - started
  return { report, objects, column: columnOf(report, objects, { by: 'here', ms, ...options }) }
}

async function verifyOnHosts(
  ctx: TaskContext,
  hosts: readonly Host[],
  { verifier, arch, abroad }: Verifying,
  here: readonly Verified[],
  options: JudgingOptions,
): Promise<Verification[]> {
  const objects = here.map((one) => ({ ...one, path: placeThere(one.path) }))
  const files = [...abroad, ...here.map(({ path }) => ({ path: placeThere(path), from: path }))]
  const words = verifyWords(verifier, objects)
  const results = await onEachHost(ctx, hosts, { arch, files }, async (session) => {
    const run = await session.capture(words, 'while it was verifying')
    return reportOf(run, run.command, ctx.signal.aborted, ` on ${session.host.name}`)
  })
  return results.map(({ host, ms, value: report, problem }) => {
    const from = { by: 'ssh', host: host.name, ms }
    const column: KernelFindings =
      report === undefined
        ? { kernel: '', machine: '', ...from, findings: [], maps: [] }
        : columnOf(report, objects, { ...from, ...options })
    return { report, objects, column: problem === undefined ? column : { ...column, problem } }
  })
}

/** Objects that were named; those of the tree with what it says of them. */
function chosen(paths: readonly string[], { objects }: Verifying): Verified[] {
  const all = paths.map((path) => objects.find((one) => one.path === path) ?? verifiedFile(path))
  const isTwice = (tool: string): boolean => all.filter((one) => one.tool === tool).length > 1
  return all.map((one) => (isTwice(one.tool) ? { ...one, tool: one.path } : one))
}

/** @throws UserError where the kernel lets us load nothing */
export async function loadAll(ctx: TaskContext, command: readonly string[]): Promise<Report> {
  const result = await ctx.run(command, { output: 'capture', nothrow: true })
  return reportOf(result, command, ctx.signal.aborted)
}

/** @param where ` on HOST`, for messages; '' here */
function reportOf(
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  command: readonly string[],
  isAborted: boolean,
  where = '',
): Report {
  const report = readReport(stdout)
  const facts = [['command', quoteCommand(command)] as const]
  if (!report.complete && !isAborted) {
    throw new UserError({ what: `verifying${where} did not end: ${stderr.trim()}`, facts })
  }
  const denied = report.programs.find(({ verdict }) => verdict.kind === 'denied')?.verdict
  if (denied?.kind === 'denied') {
    throw new UserError({
      what:
        where === ''
          ? 'this kernel lets us load no BPF program'
          : `the kernel${where} lets us load no BPF program`,
      facts: [['it says', denied.reason], ...facts],
      hint: 'run it as root, outside of a container, or with CAP_BPF and CAP_PERFMON',
    })
  }
  return report
}

/** A summary for each kernel, tables, then what is wrong. */
function show(ctx: TaskContext, verifications: readonly Verification[], isWhole: boolean): void {
  const columns = verifications.map(({ column }) => column)
  for (const column of columns) {
    const { kernel, host, findings, problem } = column
    const where = host === undefined ? '' : `${host}: `
    if (problem === undefined) ctx.say(`${where}Linux ${kernel}: ${countsText(countsOf(findings))}`)
  }
  const isAll = isWhole || ctx.json
  if (columns.length > 1) ctx.emit(matrixTable(columns))
  for (const { column, report, objects } of verifications) {
    if (report === undefined || (columns.length > 1 && !isAll)) continue
    for (const table of reportTables(report, column, objects, isAll)) ctx.emit(table)
  }
  for (const verification of verifications) showProblems(ctx, verification)
}

function showProblems(ctx: TaskContext, { column, report, objects }: Verification): void {
  const { host, findings } = column
  const where = host === undefined ? '' : ` on ${host}`
  for (const finding of findings) {
    const { tool, name, outcome, expected } = finding
    if (expected || outcome === 'unsupported') continue
    const path = objects.find((one) => one.tool === tool)?.path
    const program = report?.programs.find((one) => one.object === path && one.name === name)
    const block = program && rejection(program, kernelTitle(column), ctx.root)
    ctx.emit({ type: 'failure', ...(block ?? blockOf(finding, column)) })
  }
  for (const [feature, names] of lackingBy(findings)) {
    const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : ''
    const shown = names.slice(0, SHOWN_NAMES).join(', ')
    const text = `not supported here${where}: ${feature}, by ${shown}${more}`
    ctx.emit({ type: 'note', text })
  }
}

function blockOf({ tool, name, why = '', hint }: Finding, column: KernelFindings) {
  return {
    what: `${tool} ${name}: ${why}`,
    facts: [['kernel', kernelTitle(column)]] as const,
    ...(hint === undefined ? {} : { hint }),
  }
}
