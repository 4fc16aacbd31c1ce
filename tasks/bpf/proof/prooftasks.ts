// The tasks that prove a tree's programs on real kernels. Their bodies are loaded when they run.
import { posix } from 'node:path'
import {
  type Derived,
  derive,
  type Input,
  packageFile,
  type Task,
  type TaskContext,
  type Tasks,
  task,
  taskFamily,
} from '../../engine/index.ts'
import type { Loader, UserObject } from '../rules/index.ts'
import {
  type BpfRules,
  type BuiltTool,
  type KnownTool,
  mustKnow,
  type Tools,
  toolNamed,
  type VerifyOptions,
} from '../tree/index.ts'
import { type Check, type Checked, type ProofPrograms, smoke } from './cases/index.ts'
import { abroad, abroadFor, namesHosts } from './hosttasks.ts'
import type { Kernel } from './kernels.ts'
import type { ToolObject } from './vmedges.ts'
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
 * @returns the tasks, what those that build in their bodies make, and what removes the rest
 */
export function proofTasks(
  rules: BpfRules,
  tools: Tools,
  { checks, verify, kernels }: ProofOptions,
): {
  readonly tasks: Tasks
  readonly made: readonly Input[]
  readonly clean: (context: TaskContext) => Promise<void>
} {
  const programs = proofPrograms(rules)
  const names = Object.keys(checks)
  const triggers = [...new Set(Object.values(checks).flatMap(triggersOf))]
  const checked = (some: readonly string[]) => checkedTools(tools, checks, some)
  const withObject = derive([tools.known], (known) => {
    const all = known.flatMap(({ name, bpf }) => (bpf === undefined ? [] : name)).sort()
    mustKnow('verify of treeTasks', Object.keys(verify), all)
    return all
  })
  const verified = (list: Derived<readonly BuiltTool[]>) =>
    derive([list, withObject], (all) =>
      all.flatMap(({ name, object }) =>
        object === undefined ? [] : [{ tool: name, object, options: verify[name] ?? {} }],
      ),
    )
  const checking: Tasks = {
    check: checkTask('every tool', rules, programs, checked(names), triggers),
    'check:NAME': taskFamily(
      aboutCheck('NAME'),
      derive([], () => names.toSorted()),
      (name) => checkTask(name, rules, programs, checked([name]), triggersOf(checks[name])),
    ),
  }
  const provable = { rules, programs, triggers, checks, verify, objects: verified(tools.list) }
  const guests = vmTasks({ ...provable, tools: provenTools(tools, checks) }, kernels)
  const all: Tasks = {
    verify: verifyTask('every BPF object', rules, programs, verified(tools.list)),
    'verify:NAME': taskFamily('Let the running kernel verify NAME', withObject, (name) =>
      verifyTask(
        name,
        rules,
        programs,
        verified(derive([toolNamed(tools, name)], (tool) => [tool])),
      ),
    ),
    ...(names.length === 0 ? {} : checking),
    ...guests.tasks,
  }
  return {
    tasks: all,
    made: guests.made,
    clean: async (context) => (await import('./vm/index.ts')).removeVerdicts(context, rules.out),
  }
}

/** @throws UserError for a check of what is not a tool with a loader */
function mustHaveLoaders(checked: readonly string[], known: readonly KnownTool[]): void {
  const programs = known.flatMap(({ name, loader }) => (loader === undefined ? [] : name))
  mustKnow('checks of treeTasks', checked, programs)
}

/** What runs in guests: tools with a check, and what loads BPF programs, which is attached and detached. */
function provenTools(
  tools: Tools,
  checks: Readonly<Record<string, Check>>,
): Derived<readonly Checked[]> {
  return derive([tools.list, tools.known], (list, known) => {
    mustHaveLoaders(Object.keys(checks), known)
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
    mustHaveLoaders(names, known)
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
  rules: BpfRules,
  { verify }: ProofPrograms,
  objects: Derived<readonly ToolObject[]>,
): Task {
  const elsewhere = abroad(
    rules,
    derive([], () => [verify]),
  )
  return task(
    `Let the running kernel verify ${what}`,
    [verify, derive([objects], (all): Input => all.map(({ object }) => object))],
    async (context) => {
      const room = await import('./verify/index.ts')
      const tools = await context.ask(objects)
      return await room.verify(context, {
        verifier: verify,
        objects: tools.map(({ tool, object, options }) => room.verifiedTool(tool, object, options)),
        abroad: await abroadFor(context, elsewhere),
        arch: await context.ask(rules.arch),
      })
    },
    {
      heedsDryRun: true,
      arguments:
        '[object…] [--on HOST]… [--save FILE] [--against FILE] [--allow PERCENT] [--junit FILE] [--strict] [--all]',
      targetsFor: (args) => (namesHosts(args) ? [elsewhere.targets] : []),
    },
  )
}

function aboutCheck(what: string): string {
  return `Check on the running kernel that ${what} sees what it should`
}

function checkTask(
  what: string,
  rules: BpfRules,
  programs: ProofPrograms,
  checked: Derived<readonly Checked[]>,
  triggers: readonly Loader[],
): Task {
  const elsewhere = abroad(
    rules,
    derive([checked], (tools) => [
      programs.runcase,
      ...triggers,
      ...tools.map(({ loader }) => loader),
    ]),
  )
  return task(
    aboutCheck(what),
    [derive([checked], filesOf), ...triggers, programs.runcase],
    async (context) => {
      const tools = await context.ask(checked)
      const objects = tools.flatMap(({ object }) => object?.output.path ?? [])
      return await (await import('./check/index.ts')).checkTools(context, {
        programs,
        tools,
        abroad: [
          ...(await abroadFor(context, elsewhere)),
          ...objects.map((path) => ({ path, from: path })),
        ],
        arch: await context.ask(rules.arch),
      })
    },
    {
      heedsDryRun: true,
      arguments: '[--on HOST]… [--junit FILE]',
      targetsFor: (args) => (namesHosts(args) ? [elsewhere.targets] : []),
    },
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
    verify: program('verify.c', object('sourcelines.c')),
    runcase: program('runcase.c', object('linereader.c'), object('bpfhandles.c')),
  }
}

function sourceOf(name: string): string {
  return packageFile(`tasks/bpf/proof/c/${name}`)
}
