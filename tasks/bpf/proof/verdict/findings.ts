// What kernels made of programs and checks, as plain data: one shape for this kernel, other machines and guests.

/** A line of a source. */
export interface SourceLine {
  /** Relative to the root where it lies in there. */
  readonly file: string
  readonly line: number
}

/** What the verifier and the kernel count; null where this kernel does not say. */
export interface FindingFigures {
  readonly instructions: number | null
  /** Instructions that the verifier went through, those of all paths. */
  readonly verified: number | null
  readonly peakStates: number | null
  /** Bytes, those of all functions of the program together. */
  readonly stack: number | null
}

/**
 * `rejected`: by the verifier, or by libbpf before it. `failed`: a check saw something else than it should.
 * `unsupported`: the kernel lacks something, so nothing is said of the program. `left out`: by declaration.
 */
export type Outcome = 'ok' | 'rejected' | 'failed' | 'unsupported' | 'left out'

/** One program, or one case of a check, on one kernel. */
export interface Finding {
  readonly kind: 'verify' | 'check'
  readonly tool: string
  /** Of the program, or of the case. */
  readonly name: string
  readonly outcome: Outcome
  /** False where this outcome makes the run fail. */
  readonly expected: boolean
  /** The verifier's sentence, what the kernel lacks, or what a check found wrong: a sentence a line. */
  readonly why?: string
  /** Where the verifier stopped, or where the program begins. */
  readonly at?: SourceLine
  /** The end of the verifier's log. */
  readonly log?: readonly string[]
  readonly hint?: string
  readonly ms: number
  readonly figures?: FindingFigures
}

/** The memory of one map. */
export interface MapMemory {
  readonly tool: string
  readonly name: string
  /** Bytes; null where the kernel does not say. */
  readonly memory: number | null
}

/** All that one kernel showed: a column of the matrix. */
export interface KernelFindings {
  /** What `uname -r` says, or how the kernel was asked for where it did not get to say so. */
  readonly kernel: string
  /** What `uname -m` says; '' where it did not. */
  readonly machine: string
  /** How it was run: `here`, by `ssh`, or in a guest by `kvm` or `tcg`. */
  readonly by: string
  /** The other machine, where it is one; of a guest, how its kernel was asked for: `6.12-x86`. */
  readonly host?: string
  /** Wall time in milliseconds. */
  readonly ms: number
  readonly findings: readonly Finding[]
  readonly maps: readonly MapMemory[]
  /** Why this is not all, where it is not. */
  readonly problem?: string
}

/** The word for an outcome, as tables show it. */
export function outcomeWord({ outcome, expected }: Pick<Finding, 'outcome' | 'expected'>): string {
  if (outcome === 'rejected' && expected) return 'as expected: rejected'
  switch (outcome) {
    case 'ok':
      return 'OK'
    case 'unsupported':
      return 'not supported here'
    case 'rejected':
    case 'failed':
    case 'left out':
      return outcome
    default:
      return outcome satisfies never
  }
}

/** How many findings there are of each outcome, and how many make the run fail. */
export interface Counts {
  readonly ok: number
  readonly rejected: number
  /** Those among them that were declared. */
  readonly rejectedAsExpected: number
  readonly failed: number
  readonly unsupported: number
  readonly leftOut: number
  /** Findings that nobody expected. */
  readonly unexpected: number
}

export function countsOf(findings: readonly Finding[]): Counts {
  const of = (outcome: Outcome): number => findings.filter((one) => one.outcome === outcome).length
  return {
    ok: of('ok'),
    rejected: of('rejected'),
    rejectedAsExpected: findings.filter((one) => one.outcome === 'rejected' && one.expected).length,
    failed: of('failed'),
    unsupported: of('unsupported'),
    leftOut: of('left out'),
    unexpected: findings.filter(({ expected }) => !expected).length,
  }
}

/** `12 OK, 1 rejected, 2 not supported here`: what is 0 is left out, but for OK and rejected. */
export function countsText(counts: Counts): string {
  const { ok, rejected, rejectedAsExpected, failed, unsupported, leftOut } = counts
  const declared = rejectedAsExpected === 0 ? '' : ` (${rejectedAsExpected} as expected)`
  return [
    `${ok} OK`,
    `${rejected} rejected${declared}`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(unsupported === 0 ? [] : [`${unsupported} not supported here`]),
    ...(leftOut === 0 ? [] : [`${leftOut} left out`]),
  ].join(', ')
}

/** What this kernel lacks, with the names of those that need it, each once. */
export function lackingBy(findings: readonly Finding[]): ReadonlyMap<string, readonly string[]> {
  const lacks = new Map<string, Set<string>>()
  for (const { tool, name, outcome, why = '' } of findings) {
    if (outcome !== 'unsupported') continue
    lacks.set(why, (lacks.get(why) ?? new Set()).add(tool === name ? name : `${tool} ${name}`))
  }
  return new Map([...lacks].map(([why, names]) => [why, [...names]]))
}

/** True where nothing fails the run. */
export function isWell({ findings, problem }: KernelFindings): boolean {
  return problem === undefined && findings.every(({ expected }) => expected)
}

/** How a column is headed: by the machine, or else by the kernel. */
export function columnTitle({ kernel, host }: Pick<KernelFindings, 'kernel' | 'host'>): string {
  return host ?? kernel
}

/** The same with the kernel: `6.12.1`, or `root@web1 (6.12.1)`. */
export function kernelTitle({ kernel, host }: Pick<KernelFindings, 'kernel' | 'host'>): string {
  if (host === undefined) return kernel
  return kernel === '' ? host : `${host} (${kernel})`
}
