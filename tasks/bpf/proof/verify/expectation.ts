// What a tree declares of the verification of its tools, and whether findings are as declared.
import { didYouMean, UserError } from '../../../engine/index.ts'
import { type ExpectedOutcome, KERNELS, type VerifyOptions } from '../../tree/index.ts'
import type { Finding } from '../verdict/index.ts'
import { compareVersions } from './features.ts'

/** @param release what `uname -r` says */
export function kernelFits(kernels: string, release: string): boolean {
  const [, sign = '', version] = KERNELS.exec(kernels) ?? []
  if (version === undefined) return kernels === '*'
  const order = compareVersions(release, version)
  switch (sign) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return order === 0
  }
}

/**
 * The findings of one tool with what was declared of them; what was declared and did not happen is one more.
 * @param strict what is unsupported has to be declared
 * @throws UserError where a program is declared that the object does not have
 */
export function withExpectation(
  tool: string,
  findings: readonly Finding[],
  { autoload = {}, expect = {} }: VerifyOptions,
  release: string,
  strict: boolean,
): Finding[] {
  const names = findings.map(({ name }) => name)
  for (const name of Object.keys(autoload)) mustHave(tool, name, names)
  const declared = Object.entries(expect).find(([kernels]) => kernelFits(kernels, release))
  const [kernels = '', ofAll] = declared ?? []
  if (typeof ofAll === 'object') for (const name of Object.keys(ofAll)) mustHave(tool, name, names)
  const judged = findings.map((finding): Finding => {
    if (finding.outcome === 'left out') return finding
    const outcome = typeof ofAll === 'object' ? ofAll[finding.name] : ofAll
    return { ...finding, expected: isExpected(finding, outcome, strict) }
  })
  const isMissing = (outcome: ExpectedOutcome, some: readonly Finding[]): boolean =>
    outcome !== 'ok' && !some.some((finding) => finding.outcome === outcome)
  const missing = (name: string, outcome: ExpectedOutcome): Finding => ({
    kind: 'verify',
    tool,
    name,
    outcome: 'failed',
    expected: false,
    why: `it is expected to be ${outcome} on '${kernels}', and on ${release} it is not`,
    hint: `take it out of expect in tasks.ts, or narrow '${kernels}'`,
    ms: 0,
  })
  if (ofAll === undefined) return judged
  if (typeof ofAll === 'string') {
    return isMissing(ofAll, judged) ? [...judged, missing('all programs', ofAll)] : judged
  }
  return judged.map((finding) => {
    const outcome = ofAll[finding.name]
    if (outcome === undefined || !isMissing(outcome, [finding])) return finding
    return finding.expected ? { ...finding, ...missing(finding.name, outcome) } : finding
  })
}

function isExpected(
  { outcome }: Finding,
  declared: ExpectedOutcome | undefined,
  strict: boolean,
): boolean {
  switch (outcome) {
    case 'ok':
    case 'left out':
      return true
    case 'unsupported':
      return declared === 'unsupported' || (declared === undefined && !strict)
    case 'rejected':
    case 'failed':
      return declared === outcome
    default:
      return outcome satisfies never
  }
}

function mustHave(tool: string, program: string, names: readonly string[]): void {
  if (names.includes(program)) return
  const near = didYouMean(program, names)
  throw new UserError({
    what: `${tool} has no program ${program}`,
    facts: [['it has', names.join(' ')]],
    hint: `correct it where tasks.ts says what to verify${near === undefined ? '' : `: ${near}`}`,
    status: 2,
  })
}
