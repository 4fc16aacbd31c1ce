// Declares questions that only a command can answer. Asks nothing.
import { checkOptions, checks } from './checks.ts'
import { frozen, NO_VARIABLES, type Probe } from './edge.ts'

/** What {@link probe} takes. @example const spec: ProbeSpec = { name: 'machine', command: ['uname', '-m'], read: ({ stdout }) => [stdout.trim()] } */
export interface ProbeSpec extends Pick<Probe, 'name' | 'command' | 'read'> {
  readonly environment?: Probe['environment']
  readonly inputs?: Probe['inputs']
  readonly depfile?: Exclude<Probe['depfile'], undefined>
  readonly isKept?: Exclude<Probe['isKept'], undefined>
}

/**
 * A question that a command answers.
 *
 * | it names | it is asked | its answer is remembered against |
 * |---|---|---|
 * | tools | when one of them is another | what each tool is: real path, size, times |
 * | `inputs` | when one of them changed | their times and sizes |
 * | `depfile` | when a file changed that its command read | times and sizes of these files |
 * | neither tools nor inputs | in each build | nothing |
 *
 * Words and variables of its command always count, and so does the program that it starts. No answer (an error thrown by `read`), and an answer
 * that `isKept` refuses, is not remembered. `-B` asks everything again.
 * @example
 * const machine = probe({ name: 'machine', command: ['uname', '-m'], read: ({ stdout }) => [stdout.trim()] })
 */
export function probe(spec: ProbeSpec): Probe {
  checkOptions(`probe ${spec?.name}`, spec, probeChecks, ['name', 'command', 'read'])
  return Object.freeze({
    kind: 'probe',
    name: spec.name,
    command: frozen(spec.command),
    environment:
      spec.environment === undefined ? NO_VARIABLES : Object.freeze({ ...spec.environment }),
    inputs: frozen(spec.inputs),
    depfile: spec.depfile,
    isKept: spec.isKept,
    read: spec.read,
  })
}

const probeChecks = {
  name: checks.text,
  command: checks.command,
  environment: checks.variables,
  inputs: checks.words,
  depfile: checks.callable,
  isKept: checks.callable,
  read: checks.callable,
} as const satisfies Record<keyof ProbeSpec, unknown>
