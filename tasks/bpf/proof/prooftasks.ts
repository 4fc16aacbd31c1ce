// The tasks that prove a tree's programs on real kernels. Their bodies are loaded when they run.
import { posix } from 'node:path'
import {
  type Derived,
  derive,
  type Edge,
  type Input,
  packageFile,
  type Task,
  type Tasks,
  task,
  taskFamily,
} from '../../engine/index.ts'
import type { Loader, UserObject } from '../rules/index.ts'
import { startPath } from '../system/index.ts'
import { type BpfRules, mustKnow, type Tools, toolNamed } from '../tree/index.ts'
import { type Check, type Checked, type ProofPrograms, smoke } from './check/index.ts'
import type { Kernel } from './kernels.ts'
import type { VerifyOptions } from './verify/index.ts'
import { vmTasks } from './vmtasks.ts'

/** What a tree says of the proof of its tools. */
export interface ProofOptions {
  /** What some tools must show, by the tool's name. */
  readonly checks: Readonly<Record<string, Check>>
  readonly verify: Readonly<Record<string, VerifyOptions>>
  /** Undefined: those that most users have. */
  readonly kernels: readonly Kernel[] | undefined
}

/**
 * `verify` and `vm` for the tools of a tree, and `check` for those that have one; each by its name too.
 * @returns the tasks, and what those that build in their bodies make
 */
export function proofTasks(
  rules: BpfRules,
  tools: Tools,
  { checks, verify, kernels }: ProofOptions,
): { readonly tasks: Tasks; readonly made: readonly Input[] } {
  const programs = proofPrograms(rules)
  const names = Object.keys(checks)
  const objects = derive([tools.list], (list) => list.flatMap(({ object }) => object ?? []))
  const triggers = [...new Set(Object.values(checks).flatMap(triggersOf))]
  const checked = (some: readonly string[]) => checkedTools(tools, checks, some)
  const withObject = derive([tools.known], (known) =>
    known.flatMap(({ name, bpf }) => (bpf === undefined ? [] : name)).sort(),
  )
  const checking: Tasks = {
    check: checkTask('every tool', programs, checked(names), triggers),
    'check:NAME': taskFamily(
      aboutCheck('NAME'),
      derive([], () => names.toSorted()),
      (name) => checkTask(name, programs, checked([name]), triggersOf(checks[name])),
    ),
  }
  const provable = { rules, programs, objects, triggers, checks, verify }
  const guests = vmTasks({ ...provable, tools: provenTools(tools, checks) }, kernels)
  const all: Tasks = {
    verify: verifyTask('every BPF object', programs, objects),
    'verify:NAME': taskFamily('Let the running kernel verify NAME', withObject, (name) =>
      verifyTask(
        name,
        programs,
        derive([toolNamed(tools, name)], ({ object }) => (object === undefined ? [] : [object])),
      ),
    ),
    ...(names.length === 0 ? {} : checking),
    ...guests.tasks,
  }
  return { tasks: all, made: guests.made }
}

/** What runs in guests: tools with a check, and what loads BPF programs, which is attached and detached. */
function provenTools(
  tools: Tools,
  checks: Readonly<Record<string, Check>>,
): Derived<readonly Checked[]> {
  return derive([tools.list, tools.known], (list, known) => {
    const programs = known.flatMap(({ name, loader }) => (loader === undefined ? [] : name))
    mustKnow('checks of treeTasks', Object.keys(checks), programs)
    return list.flatMap(({ loader, ...tool }): Checked[] => {
      const check = checks[tool.name] ?? (tool.object === undefined ? undefined : smoke)
      return loader === undefined || check === undefined ? [] : [{ ...tool, loader, check }]
    })
  })
}

/** The tools among some that can be checked here; those that are left out are not built either. */
function checkedTools(
  tools: Tools,
  checks: Readonly<Record<string, Check>>,
  names: readonly string[],
): Derived<readonly Checked[]> {
  return derive([tools.list, tools.known], (list, known) => {
    const programs = known.flatMap(({ name, loader }) => (loader === undefined ? [] : name))
    mustKnow('checks of treeTasks', names, programs)
    return names.flatMap((name): Checked[] => {
      const check = checks[name]
      const tool = list.find((one) => one.name === name)
      if (check === undefined || tool?.loader === undefined) return []
      return [{ ...tool, loader: tool.loader, check }]
    })
  })
}

function verifyTask(
  what: string,
  { verify }: ProofPrograms,
  objects: Derived<readonly Edge[]>,
): Task {
  return task(
    `Let the running kernel verify ${what}`,
    [verify, objects],
    async (context) =>
      (await import('./verify/index.ts')).verify(
        context,
        startPath(verify),
        (await context.ask(objects)).map(({ output }) => output.path),
      ),
    {
      heedsDryRun: true,
      arguments: '[object…] [--save FILE] [--against FILE] [--allow PERCENT]',
    },
  )
}

function aboutCheck(what: string): string {
  return `Check on the running kernel that ${what} sees what it should`
}

function checkTask(
  what: string,
  programs: ProofPrograms,
  checked: Derived<readonly Checked[]>,
  triggers: readonly Loader[],
): Task {
  return task(
    aboutCheck(what),
    [derive([checked], filesOf), ...triggers, programs.runcase],
    async (context) =>
      (await import('./check/index.ts')).checkTools(context, programs, await context.ask(checked)),
    { heedsDryRun: true },
  )
}

function filesOf(checked: readonly Checked[]): Input {
  return checked.flatMap(({ object, loader }) => [object ?? [], loader])
}

/** The programs that the cases of a check use as triggers. */
function triggersOf(check: Check | undefined): readonly Loader[] {
  const words = check?.cases.flatMap(({ trigger }) => trigger) ?? []
  return [...new Set(words.flatMap((word) => (typeof word === 'string' ? [] : [word])))]
}

/** In a folder of their own, wherever the programs of the tree are put. */
function proofPrograms({ out, project }: BpfRules): ProofPrograms {
  const rules = project('proof', {
    programs: posix.join(out, 'proof'),
    // Two clones of a tree get the same programs, and so the same verdicts.
    user: { flags: [`-ffile-prefix-map=${packageFile('')}/=`] },
  })
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
