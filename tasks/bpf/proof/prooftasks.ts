// The tasks that prove a tree's programs on real kernels. Their bodies are loaded when they run.
import { posix } from 'node:path'
import {
  derive,
  type Edge,
  type Input,
  packageFile,
  type Task,
  type TaskContext,
  type Tasks,
  task,
} from '../../engine/index.ts'
import type { Loader, UserObject } from '../rules/index.ts'
import { startPath } from '../system/index.ts'
import type { BpfRules, Tools } from '../tree/index.ts'
import type { Demo, ProofPrograms } from './check/index.ts'

/**
 * `verify`, `check` and a `check:…` for each demo, `vm` and `vm:shell`.
 * @example
 * const demos: readonly Demo[] = []
 * const tasks = proofTasks(bpf, demos)
 */
export function proofTasks(rules: BpfRules, demos: readonly Demo[]): Tasks {
  const programs = proofPrograms(rules)
  const { verify, runcase } = programs
  const triggers = [...new Set(demos.flatMap(triggersOf))]
  const loaders = demos.map(({ loader }) => loader)
  // In a guest each program lies where it lies here, linked statically.
  const twins = [verify, runcase, ...triggers, ...loaders].map(
    (program) => [program, rules.staticTwin(program)] as const,
  )
  const proving = { out: rules.out, demos, programs, twins }
  const inGuest = [twins.flat(), demos.map(({ object }) => object)]
  const objects = demos.map(({ object }) => object)
  const checkTask = (about: string, checked: readonly Demo[]): Task =>
    task(
      about,
      [
        ...checked.flatMap(({ object, loader }) => [object, loader]),
        ...new Set(checked.flatMap(triggersOf)),
        runcase,
      ],
      async (context) => (await import('./check/index.ts')).check(context, programs, checked),
      { heedsDryRun: true },
    )
  const checks = demos.map(({ name }, at): [string, Task] => [
    `check:${name}`,
    checkTask(
      `Check on the running kernel that ${name} sees what it should`,
      demos.slice(at, at + 1),
    ),
  ])
  return {
    verify: verifying(verify, objects, () => pathsOf(objects)),
    ...Object.fromEntries(checks),
    check: checkTask('Check on the running kernel that every demo sees what it should', demos),
    vm: task(
      'Verify and check on other kernels, in virtual machines',
      inGuest,
      async (context) => (await import('./vm/index.ts')).vm(context, proving),
      { heedsDryRun: true, arguments: '[--kernel 6.1|FILE]… [--accel kvm|tcg] [--seconds N]' },
    ),
    'vm:shell': task(
      'Open a shell on another kernel, in a virtual machine',
      inGuest,
      async (context) => (await import('./vm/index.ts')).vmShell(context, proving),
      { heedsDryRun: true, arguments: '[--kernel 6.1|FILE] [--accel kvm|tcg]' },
    ),
  }
}

/**
 * `verify` for the tools of a tree: loads every object without attaching it, and unloads it.
 * @example
 * const tools = bpf.tools('*.bpf.c')
 * await main({ ...treeTasks(bpf, tools), verify: verifyTask(bpf, tools) }, bpf.mainOptions)
 */
export function verifyTask(rules: BpfRules, tools: Tools): Task {
  const objects = derive([tools.list], (list) => list.flatMap(({ object }) => object ?? []))
  const { verify } = proofPrograms(rules)
  return verifying(verify, [objects], async ({ ask }) => pathsOf(await ask(objects)))
}

/** @param paths where the objects are that are loaded when none is named after `--` */
function verifying(
  verifier: Edge,
  objects: readonly Input[],
  paths: (context: TaskContext) => readonly string[] | Promise<readonly string[]>,
): Task {
  return task(
    'Let the running kernel verify every BPF object',
    [verifier, objects],
    async (context) =>
      (await import('./verify/index.ts')).verify(
        context,
        startPath(verifier),
        await paths(context),
      ),
    {
      heedsDryRun: true,
      arguments: '[object…] [--save FILE] [--against FILE] [--allow PERCENT]',
    },
  )
}

/** The programs that the cases of a demo use as triggers. */
function triggersOf({ check }: Demo): Loader[] {
  return check.cases.flatMap(({ trigger }) =>
    trigger.flatMap((word) => (typeof word === 'string' ? [] : [word])),
  )
}

function pathsOf(edges: readonly Edge[]): string[] {
  return edges.map(({ output }) => output.path)
}

/** In a folder of their own, wherever the programs of the tree are put. */
function proofPrograms({ out, project }: BpfRules): ProofPrograms {
  const rules = project('proof', { programs: posix.join(out, 'proof') })
  const object = (name: string): UserObject => rules.userObject(sourceOf(name))
  const json = object('json.c')
  const program = (name: string, ...more: readonly UserObject[]): Loader =>
    rules.loader(object(name), { objects: [json, ...more] })
  return {
    verify: program('verify.c'),
    runcase: program('runcase.c', object('linereader.c'), object('bpfhandles.c')),
  }
}

function sourceOf(name: string): string {
  return packageFile(`tasks/bpf/proof/c/${name}`)
}
