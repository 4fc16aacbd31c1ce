// What a tree can say of the verification of its tools: what loaders leave out, and what kernels are to make of them.
import { checkOptions, checks, wrong } from '../../engine/index.ts'

const OUTCOMES = ['ok', 'rejected', 'unsupported'] as const

/**
 * What a kernel makes of a program.
 * @example
 * const outcome: ExpectedOutcome = 'unsupported'
 */
export type ExpectedOutcome = (typeof OUTCOMES)[number]

/**
 * What `verify` has to know of one tool.
 * @example
 * const fsdist: VerifyOptions = { autoload: { file_open_fentry: false }, expect: { '<5.8': 'unsupported' } }
 */
export interface VerifyOptions {
  /** `{ NAME: false }` for programs that the loader does not load, as bpf_program__set_autoload() has it: left out. */
  readonly autoload?: Readonly<Record<string, boolean>>
  /**
   * By kernel (`'5.10'`, `'<5.8'`, `'>=6.9'`, `'*'`; the first that fits counts), what it makes of the tool, or of
   * each program by its name. Where nothing is declared, all must be accepted, but may be unsupported.
   */
  readonly expect?: Readonly<
    Record<string, ExpectedOutcome | Readonly<Record<string, ExpectedOutcome>>>
  >
}

const optionChecks = {
  autoload: checks.record,
  expect: checks.record,
} as const satisfies Record<keyof VerifyOptions, unknown>

/** @throws UserError for what the types would refuse */
export function checkVerifyOptions(tool: string, options: VerifyOptions): void {
  checkOptions(`verify of ${tool}`, options, optionChecks)
  for (const [program, value] of Object.entries(options.autoload ?? {})) {
    if (typeof value !== 'boolean') {
      throw wrong(`verify of ${tool}: autoload of ${program} is true or false`)
    }
  }
  for (const [kernels, value] of Object.entries(options.expect ?? {})) {
    if (!KERNELS.test(kernels)) {
      throw wrong(`verify of ${tool}: '${kernels}' names no kernels`, [
        ['possible', "'5.10', '<5.8', '<=5.8', '>6.1', '>=6.1', '*'"],
      ])
    }
    const outcomes = typeof value === 'object' && value !== null ? Object.values(value) : [value]
    for (const outcome of outcomes) {
      if (OUTCOMES.includes(outcome)) continue
      throw wrong(`verify of ${tool}: ${JSON.stringify(outcome)} is not an outcome`, [
        ['possible', OUTCOMES.join(', ')],
      ])
    }
  }
}

/** The kernels that a key of `expect` may name: sign and version, or a star. */
export const KERNELS = /^(?:\*|([<>]=?|)(\d+\.\d+))$/

/** What must be loaded: all programs of an object but these. */
export function leftOutBy({ autoload = {} }: VerifyOptions): string[] {
  return Object.entries(autoload).flatMap(([program, isLoaded]) => (isLoaded ? [] : [program]))
}

/** The words that give verify.c one object: its path, behind the programs that are left out. */
export function verifierWords(path: string, options: VerifyOptions): readonly string[] {
  const leftOut = leftOutBy(options)
  return leftOut.length === 0 ? [path] : ['--without', `${leftOut.join(',')},`, path]
}
