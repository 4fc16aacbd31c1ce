// The tasks that prove a tree's programs on real kernels. Their bodies are loaded when they run.
import { fileURLToPath } from 'node:url'
import { type Edge, type Task, type Tasks, task } from '../engine/index.ts'
import type { Demo, Program } from './check/demo.ts'
import type { BpfRules } from './index.ts'

/** The programs of tasks/bpf/c, which look at the kernel for the tasks. */
export interface ProofPrograms {
  readonly verify: Program
  readonly witness: Program
}

/**
 * `verify`, a `check:…` for each demo, `vm` and `vm:shell`.
 * @example
 * const demos: readonly Demo[] = []
 * const tasks = proofTasks(bpf, demos)
 */
export function proofTasks(rules: BpfRules, demos: readonly Demo[]): Tasks {
  const programs = proofPrograms(rules.project('proof'))
  const { verify, witness } = programs
  const triggers = [...new Set(demos.flatMap(triggersOf))]
  const proving = { out: rules.out, demos, programs, triggers }
  const inGuest = [
    ...[verify, witness, ...triggers].flatMap((program) => [program.here, program.inGuest]),
    ...demos.flatMap(({ object, loader, staticLoader }) => [object, loader, staticLoader]),
  ]
  const objects = demos.map(({ object }) => object)
  const checks = demos.map((demo): [string, Task] => [
    `check:${demo.name}`,
    task(
      `Check on the running kernel that ${demo.name} sees what it should`,
      [demo.object, demo.loader, ...triggersOf(demo).map(({ here }) => here), witness.here],
      async (context) =>
        (await import('./check/check.ts')).check(context, witness.here.output.path, demo),
      { heedsDryRun: true },
    ),
  ])
  return {
    verify: task(
      'Let the running kernel verify every BPF object',
      [verify.here, objects],
      async (context) =>
        (await import('./verify/verify.ts')).verify(
          context,
          verify.here.output.path,
          pathsOf(objects),
        ),
      {
        heedsDryRun: true,
        arguments: '[object…] [--save FILE] [--against FILE] [--allow PERCENT]',
      },
    ),
    ...Object.fromEntries(checks),
    vm: task(
      'Verify and check on other kernels, in virtual machines',
      inGuest,
      async (context) => (await import('./vm/vm.ts')).vm(context, proving),
      { heedsDryRun: true, arguments: '[--kernel 6.1|FILE]… [--accel kvm|tcg] [--seconds N]' },
    ),
    'vm:shell': task(
      'Open a shell on another kernel, in a virtual machine',
      inGuest,
      async (context) => (await import('./vm/vm.ts')).vmShell(context, proving),
      { heedsDryRun: true, arguments: '[--kernel 6.1|FILE] [--accel kvm|tcg]' },
    ),
  }
}

/** The programs that the cases of a demo use as triggers. */
function triggersOf({ check }: Demo): Program[] {
  return check.cases.flatMap(({ trigger }) =>
    trigger.flatMap((word) => (typeof word === 'string' ? [] : [word])),
  )
}

function pathsOf(edges: readonly Edge[]): string[] {
  return edges.map(({ output }) => output.path)
}

function proofPrograms(rules: BpfRules): ProofPrograms {
  const objects = [rules.userObject(sourceOf('json.c'))]
  const program = (name: string): Program => {
    const main = rules.userObject(sourceOf(name))
    return {
      here: rules.loader(main, { objects }),
      inGuest: rules.loader(main, { objects, static: true }),
    }
  }
  return { verify: program('verify.c'), witness: program('witness.c') }
}

function sourceOf(name: string): string {
  return fileURLToPath(new URL(`c/${name}`, import.meta.url))
}
