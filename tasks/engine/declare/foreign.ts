// Declares what another build system makes: asked in each build, because only it knows what is stale.
import { checkOptions } from './checks.ts'
import { type Edge, type EdgeSpec, edgeChecks, edgeOf } from './edge.ts'
import { pool } from './pool.ts'

/**
 * What {@link foreign} takes.
 * @example
 * const spec: ForeignSpec = { outputs: ['target/release/agent'], command: ['cargo', 'build', '--release'] }
 */
export interface ForeignSpec
  extends Pick<
    EdgeSpec,
    'outputs' | 'inputs' | 'orderOnly' | 'command' | 'directory' | 'environment' | 'remedy'
  > {
  /** A short word for the kind of work. Default: `BUILD`. */
  readonly rule?: string
}

/**
 * What another build system makes: cargo, go, cmake, meson, make. Its command runs in each build, once all
 * inputs are there, and what uses its outputs only runs when their content differs. It writes to the
 * terminal itself, one at a time; it gets the whole environment, and through MAKEFLAGS a jobserver that
 * shares `-j` with the rest of the build.
 * @throws UserError for an option that it does not have
 * @example
 * const agent = foreign({ rule: 'CARGO', outputs: ['target/release/agent'], command: ['cargo', 'build', '--release'] })
 */
export function foreign(spec: ForeignSpec): Edge {
  const where = `foreign ${spec?.outputs?.[0] ?? spec?.rule}`
  checkOptions(where, spec, foreignChecks, ['outputs', 'command'])
  return edgeOf({ ...spec, rule: spec.rule ?? 'BUILD', pool: pool('terminal', 1) }, true)
}

const { rule, outputs, inputs, orderOnly, command, directory, environment, remedy } = edgeChecks

const foreignChecks = {
  ...{ rule, outputs, inputs, orderOnly },
  ...{ command, directory, environment, remedy },
} as const satisfies Record<keyof ForeignSpec, unknown>
