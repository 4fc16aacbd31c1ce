// What a guest showed, judged: the same findings as of any other kernel, and what fails an edge. Pure.
import type { Fact, FailureBlock } from '../../../engine/index.ts'
import type { VerifyOptions } from '../../tree/index.ts'
import { type Check, caseJob, judge, readEvidence, smoke, VERIFY_JOB } from '../cases/index.ts'
import { findingsOf } from '../check/index.ts'
import { type Finding, type KernelFindings, kernelTitle } from '../verdict/index.ts'
import { columnOf, readReport, rejection } from '../verify/index.ts'
import type { GuestEvidence, ProvenTool } from './evidence.ts'
import { machines } from './machine.ts'

/** What a tree says of its tools. */
export interface Judging {
  /** By the tool's name; others are attached and detached. */
  readonly checks: Readonly<Record<string, Check>>
  readonly verify: Readonly<Record<string, VerifyOptions>>
  /** Absolute; files in there are shown by their relative paths. */
  readonly root: string
}

/** A kernel as it was asked for: `6.12-x86`, `x86`. */
export interface JudgedKernel {
  readonly name: string
  readonly arch: string
}

/** A guest's findings, with what is only shown. */
export interface GuestVerdict {
  readonly findings: KernelFindings
  /** Rejections by the verifier that nobody expected. */
  readonly rejections: readonly FailureBlock[]
  readonly console: readonly string[]
}

/** @throws UserError where a program is declared that an object does not have */
export function verdictOf(
  { name, arch }: JudgedKernel,
  evidence: GuestEvidence,
  judging: Judging,
): GuestVerdict {
  const said = outputOf(evidence, VERIFY_JOB)
  const report = said === undefined ? undefined : readReport(said)
  const objects = evidence.objects.map((one) => ({
    ...one,
    options: judging.verify[one.tool] ?? {},
  }))
  const by = evidence.by as KernelFindings['by']
  const from = { by, host: name, ms: evidence.ms }
  const verified =
    report === undefined ? undefined : columnOf(report, objects, { ...from, root: judging.root })
  const programs = verified?.findings ?? []
  const checked = evidence.tools.flatMap((tool) => {
    const own = programs.filter((finding) => finding.tool === tool.name)
    return checkFindings(tool, own, evidence, judging.checks[tool.name] ?? smoke)
  })
  const unread = report?.complete === true ? undefined : 'it did not report what it verified'
  const problem = evidence.problem === null ? unread : `the guest ${evidence.problem.what}`
  const findings: KernelFindings = {
    kernel: evidence.release ?? '',
    machine: report?.machine ?? machines.get(arch)?.name ?? '',
    ...from,
    findings: [...programs, ...checked],
    maps: verified?.maps ?? [],
    ...(problem === undefined ? {} : { problem }),
  }
  const refused = programs.filter(({ outcome, expected }) => outcome === 'rejected' && !expected)
  return {
    findings,
    rejections: refused.flatMap(({ tool, name: own }) => {
      const paths = objects.filter((one) => one.tool === tool).map(({ path }) => path)
      const isIt = (one: { readonly object: string; readonly name: string }): boolean =>
        one.name === own && paths.includes(one.object)
      const program = report?.programs.find(isIt)
      return (program && rejection(program, kernelTitle(findings), judging.root)) ?? []
    }),
    console: evidence.problem?.console ?? [],
  }
}

/** Why an edge fails that proves programs on a kernel; undefined where all is as expected. */
export function failureOf({
  findings: column,
  ...verdict
}: GuestVerdict): FailureBlock | undefined {
  const { findings, problem } = column
  const wrong = findings.filter(({ expected }) => !expected)
  if (wrong.length === 0 && problem === undefined) return undefined
  const facts: Fact[] = []
  if (problem !== undefined) {
    const console = verdict.console.length === 0 ? 'silent' : verdict.console.join('\n')
    facts.push(['problem', problem], ['console', console])
  }
  for (const { what, facts: more = [], hint } of verdict.rejections)
    facts.push(
      ['rejected', what],
      ...more,
      ...(hint === undefined ? [] : [['hint', hint] as const]),
    )
  for (const { kind, tool, name, outcome, why = '' } of wrong) {
    if (kind === 'verify' && outcome === 'rejected') continue
    facts.push(['failed', `${tool}: ${name}`], ['because', why.split('\n').slice(0, 8).join('\n')])
  }
  const count = wrong.length + (problem === undefined ? 0 : 1)
  const [first] = verdict.rejections
  return {
    what: `${kernelTitle(column)}: ${count === 1 ? 'one thing is' : `${count} things are`} not as expected`,
    facts,
    ...(first?.at === undefined ? {} : { at: first.at }),
  }
}

/**
 * A tool whose program this kernel refuses, as is expected, cannot run there; and what its programs lack, it lacks.
 * @param programs the findings of its programs
 */
function checkFindings(
  { name: tool, cases }: ProvenTool,
  programs: readonly Finding[],
  evidence: GuestEvidence,
  check: Check,
): readonly Finding[] {
  const refused = programs.find(({ outcome, expected }) => outcome === 'rejected' && expected)
  const lacking = programs.find(({ outcome }) => outcome === 'unsupported')
  return cases.flatMap((name, at): readonly Finding[] => {
    const one = check.cases[at]
    const text = outputOf(evidence, caseJob(tool, at))
    if (one === undefined || text === undefined) return []
    const common = { kind: 'check', tool, name, ms: 0, expected: true } as const
    const judged = judge({ name: tool, check }, one, readEvidence(text))
    if (judged.judgement.kind === 'failed' && judged.evidence?.ready !== true) {
      if (refused !== undefined)
        return [{ ...common, outcome: 'left out', why: 'it is rejected, as expected' }]
      if (lacking !== undefined)
        return [{ ...common, outcome: 'unsupported', why: lacking.why ?? '' }]
    }
    return findingsOf([judged]).findings
  })
}

function outputOf({ results }: GuestEvidence, job: string): string | undefined {
  return results.find(({ name }) => name === job)?.output
}
