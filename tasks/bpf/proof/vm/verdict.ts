// What a guest showed, judged: the same findings as of any other kernel, and what fails an edge. Pure.
import type { Fact, FailureBlock } from '../../../engine/index.ts'
import {
  type Check,
  caseJob,
  type Judged,
  judge,
  readEvidence,
  smoke,
  VERIFY_JOB,
} from '../check/index.ts'
import type { Finding, KernelFindings } from '../verdict/index.ts'
import {
  readReport,
  rejection,
  type VerifiedProgram,
  type VerifyOptions,
  withExpectation,
} from '../verify/index.ts'
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

/** The plain form of a verdict, as it is kept: doc/verdict.schema.json. */
export interface GuestFindings extends KernelFindings {
  /** What `uname -r` said in it; null where it did not get to that. */
  readonly release: string | null
}

/** A guest's findings, with what is not part of the plain form. */
export interface GuestVerdict {
  readonly findings: GuestFindings
  /** Rejections by the verifier, as they are shown. */
  readonly rejections: readonly FailureBlock[]
  readonly console: readonly string[]
}

export function verdictOf(
  { name, arch }: JudgedKernel,
  evidence: GuestEvidence,
  judging: Judging,
): GuestVerdict {
  const said = outputOf(evidence, VERIFY_JOB)
  const report = said === undefined ? undefined : readReport(said)
  const release = evidence.release ?? name
  const programs = report?.programs ?? []
  const findings: Finding[] = []
  for (const object of new Set(programs.map((program) => program.object))) {
    const tool = evidence.tools.find((one) => one.object === object)?.name ?? nameOf(object)
    const own = programs.filter((program) => program.object === object)
    const found = own.map((program) => programFinding(program, tool, judging.root))
    findings.push(...withExpectation(tool, found, judging.verify[tool] ?? {}, release, false))
  }
  for (const tool of evidence.tools) {
    const own = findings.filter((finding) => finding.tool === tool.name)
    findings.push(...checkFindings(tool, own, evidence, judging.checks[tool.name] ?? smoke))
  }
  const unread = report?.complete === true ? undefined : 'it did not report what it verified'
  const problem = evidence.problem === null ? unread : `the guest ${evidence.problem.what}`
  const rejected = findings.filter(({ outcome, expected }) => outcome === 'rejected' && !expected)
  return {
    findings: {
      kernel: name,
      machine: machines.get(arch)?.name ?? '',
      release: evidence.release,
      by: evidence.by,
      ms: evidence.ms,
      findings,
      maps: (report?.maps ?? []).map(({ object, name: map, memory }) => ({
        tool: nameOf(object),
        name: map,
        memory,
      })),
      ...(problem === undefined ? {} : { problem }),
    },
    rejections: programs
      .filter((program) => rejected.some((one) => one.name === program.name))
      .flatMap((program) => rejection(program, release, judging.root) ?? []),
    console: evidence.problem?.console ?? [],
  }
}

/** Why an edge fails that proves programs on a kernel; undefined where all is as expected. */
export function failureOf(verdict: GuestVerdict): FailureBlock | undefined {
  const { kernel, findings, problem, release } = verdict.findings
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
    facts.push(['failed', `${tool}: ${name}`], ['because', why])
  }
  const count = wrong.length + (problem === undefined ? 0 : 1)
  const where = release === null ? '' : ` (Linux ${release})`
  return {
    what: `${kernel}${where}: ${count === 1 ? 'one thing is' : `${count} things are`} not as expected`,
    facts,
  }
}

function programFinding(program: VerifiedProgram, tool: string, root: string): Finding {
  const { name, instructions, figures, loadMs, verdict } = program
  const common = { kind: 'verify', tool, name, ms: loadMs } as const
  switch (verdict.kind) {
    case 'ok': {
      const { verified, peakStates, stack } = figures
      const whole = stack?.reduce((sum, bytes) => sum + bytes, 0) ?? null
      const counted = { instructions, verified, peakStates, stack: whole }
      return { ...common, outcome: 'ok', expected: true, figures: counted }
    }
    case 'unsupported':
      return { ...common, outcome: 'unsupported', expected: true, why: verdict.feature }
    case 'rejected': {
      const { reason, excerpt, hint, at } = verdict
      const place = at === undefined ? undefined : placeIn(at, root)
      return {
        ...common,
        ...{ outcome: 'rejected', expected: false, why: reason, log: excerpt },
        ...(place === undefined ? {} : { at: place }),
        ...(hint === undefined ? {} : { hint }),
      }
    }
    case 'denied':
      return { ...common, outcome: 'failed', expected: false, why: verdict.reason }
    default:
      return verdict satisfies never
  }
}

/** `file:line  text` of the verifier's place; `/proc/self/cwd` is the root's name in what was compiled there. */
function placeIn(at: string, root: string): Finding['at'] {
  const [, file, line] = /^(.+?):(\d+)/.exec(at) ?? []
  if (file === undefined || line === undefined) return undefined
  const shown = file.replace(`${root}/`, '').replace(/^\/proc\/self\/cwd\//, '')
  return { file: shown, line: Number(line) }
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
): Finding[] {
  const refused = programs.find(({ outcome, expected }) => outcome === 'rejected' && expected)
  const lacking = programs.find(({ outcome }) => outcome === 'unsupported')
  return cases.flatMap((name, at): Finding[] => {
    const one = check.cases[at]
    const text = outputOf(evidence, caseJob(tool, at))
    if (one === undefined || text === undefined) return []
    const common = { kind: 'check', tool, name, ms: 0 } as const
    const judged = judge({ name: tool, check }, one, readEvidence(text))
    if (judged.judgement.kind === 'failed' && isNotReady(judged)) {
      if (refused !== undefined)
        return [
          { ...common, outcome: 'left out', expected: true, why: 'it is rejected, as expected' },
        ]
      if (lacking !== undefined)
        return [{ ...common, outcome: 'unsupported', expected: true, why: lacking.why ?? '' }]
    }
    return [{ ...common, ...outcomeOf(judged) }]
  })
}

function isNotReady({ evidence }: Judged): boolean {
  return evidence?.ready !== true
}

function outcomeOf({ judgement }: Judged): Pick<Finding, 'outcome' | 'expected' | 'why'> {
  switch (judgement.kind) {
    case 'ok':
      return { outcome: 'ok', expected: true }
    case 'unsupported':
      return { outcome: 'unsupported', expected: true, why: judgement.feature }
    case 'failed':
      return { outcome: 'failed', expected: false, why: judgement.problems.slice(0, 8).join('\n') }
    default:
      return judgement satisfies never
  }
}

function outputOf({ results }: GuestEvidence, job: string): string | undefined {
  return results.find(({ name }) => name === job)?.output
}

/** An object that no tool has is called by its file. */
function nameOf(object: string): string {
  return object.replace(/^.*\//, '').replace(/(\.bpf)?\.o$/, '')
}
