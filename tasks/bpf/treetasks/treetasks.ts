// The tasks that people expect of a tree of tools: to build, run, test, prove and install them.
import {
  cacheTasks,
  checkOptions,
  checks,
  cleanTask,
  type Derived,
  derive,
  type Input,
  type Tasks,
  task,
  taskFamily,
  wrong,
} from '../../engine/index.ts'
import { machineTasks, newTask } from '../live/index.ts'
import { type Check, type Kernel, type NamedCheck, proofTasks } from '../proof/index.ts'
import { sourceTasks } from '../sources/index.ts'
import { otherArchNotes } from '../toolchain/index.ts'
import {
  type BpfRules,
  checkVerifyOptions,
  type Tools,
  toolFiles,
  toolNamed,
  type VerifyOptions,
} from '../tree/index.ts'
import type { InstallOptions } from './installtools.ts'
import { runTasks } from './runtasks.ts'
import { testTasks } from './testtasks.ts'
import { type ToolHandle, toolsOf } from './toolhandles.ts'

/**
 * What the tasks are about besides the tools.
 * @example
 * const options: TreeTasksOptions = { also: [bpf.object('extra/drop.bpf.c')], install: { programs: 'sbin' } }
 */
export interface TreeTasksOptions {
  /** What else `build` builds. */
  readonly also?: readonly Input[]
  readonly install?: InstallOptions
  /** Makes a task `test` of this command: with tracefs mounted, where we may. */
  readonly test?: readonly [program: string, ...args: string[]]
  /** What some tools must show on a real kernel, by the tool's name, or as `check` gives it: makes `check` and `check:NAME`. */
  readonly checks?: Readonly<Record<string, Check>> | readonly NamedCheck[]
  /** What `vm` boots. Default: Debian's 6.1 and 6.12 for x86. */
  readonly kernels?: readonly Kernel[]
  /** What `verify` and `vm` have to know of some tools, by the tool's name: what a loader does not load, what a kernel rejects. */
  readonly verify?: Readonly<Record<string, VerifyOptions>>
  /** Names of tools with `bpf_printk`: what they write to the kernel's trace is shown while they run. */
  readonly trace?: readonly string[]
}

/**
 * The tasks of a tree: `build`, `run`, `dev`, `verify` and `clean`, each also of one tool as `build:NAME`; `test`
 * and `check` where the options say what they are; `vm`, `install`, `uninstall`, `new`, `setup`, `doctor`, `cache`, and
 * those of libbpf and bpftool from source.
 * @param tools those of `bpf.tools`, or handles of loaders and objects
 * @example
 * await main(treeTasks(bpf, bpf.tools('*.bpf.c'), { test: ['node', '--test'] }), bpf.mainOptions)
 * @example
 * const loader = bpf.loader('hello.c', { skeletons: [bpf.skeleton(bpf.object('hello.bpf.c'))] })
 * await main(treeTasks(bpf, [loader]), bpf.mainOptions)
 */
export function treeTasks(
  bpf: BpfRules,
  tools: Tools | readonly ToolHandle[],
  options: TreeTasksOptions = {},
): Tasks {
  const known = toolsOf(bpf, tools)
  checkOptions('treeTasks', options, {
    also: checks.list,
    install: checks.record,
    test: checks.words,
    checks: checks.any,
    kernels: checks.list,
    verify: checks.record,
    trace: checks.words,
  })
  const { also = [], test, trace = [] } = options
  const shown = checksByName(options.checks)
  for (const [name, check] of Object.entries(shown))
    checkOptions(`check of ${name}`, check, checkChecks, ['cases'])
  for (const [name, one] of Object.entries(options.verify ?? {})) checkVerifyOptions(name, one)
  const install = checkedInstall(options.install ?? {})
  const all: readonly Input[] = [known.all, ...also]
  const installed = { out: bpf.out, tools: known, install }
  const { verify = {}, kernels } = options
  const proof = proofTasks(bpf, known, { checks: shown, verify, kernels })
  const headers = derive([known.known], (list) => [
    ...new Set(list.flatMap((tool) => tool.headers)),
  ])
  return {
    build: task('Build every tool', all, undefined, { notes: notesOn(known) }),
    'build:NAME': taskFamily('Build NAME', names(known), (name) =>
      task(`Build ${name}`, [filesOf(known, name)]),
    ),
    ...runTasks(bpf, known, [...trace, ...tracing(shown)]),
    ...(test === undefined ? {} : testTasks(known, all, test)),
    ...proof.tasks,
    install: task(
      'Install the tools below PREFIX',
      [...all, Object.values(install.files ?? {}).flat()],
      async (context) => (await import('./installtools.ts')).installTools(context, installed),
      { heedsDryRun: true },
    ),
    uninstall: task(
      'Remove what was installed',
      [],
      async (context) => (await import('./installtools.ts')).uninstallTools(context, installed),
      { heedsDryRun: true },
    ),
    clean: task(
      'Remove all that was built',
      [],
      async (context) => {
        await proof.clean(context)
        await context.clean(
          [
            ...all,
            bpf.vmlinux,
            Object.values(proof.tasks).map(({ targets }) => targets),
            proof.made,
          ],
          [],
          // What other settings made, too.
          [bpf.out],
        )
      },
      { heedsDryRun: true },
    ),
    'clean:NAME': taskFamily('Remove what only NAME needs', names(known), (name) =>
      cleanTask(
        `Remove what only ${name} needs`,
        [filesOf(known, name)],
        [filesOfOthers(known, name), ...also],
      ),
    ),
    // Nothing would find what it writes.
    ...(isList(tools) ? {} : { new: newTask }),
    ...machineTasks(headers),
    ...cacheTasks,
    ...sourceTasks(bpf),
  }
}

/** @throws UserError for something else, and for two checks of one tool */
function checksByName(given: TreeTasksOptions['checks'] = {}): Readonly<Record<string, Check>> {
  if (!Array.isArray(given)) {
    checkOptions('treeTasks', { checks: given }, { checks: checks.record })
    return given as Readonly<Record<string, Check>>
  }
  const byName: Record<string, Check> = {}
  for (const { tool, check } of given as readonly NamedCheck[]) {
    if (byName[tool] !== undefined) throw wrong(`the tool ${tool} has two checks`)
    byName[tool] = check
  }
  return byName
}

function isList(tools: Tools | readonly ToolHandle[]): tools is readonly ToolHandle[] {
  return Array.isArray(tools)
}

const checkChecks = {
  ready: checks.text,
  lacks: checks.callable,
  cases: checks.list,
} as const satisfies Record<keyof Check, unknown>

/** @throws UserError for what the types would refuse */
function checkedInstall(install: InstallOptions): InstallOptions {
  checkOptions('install', install, {
    programs: checks.path,
    objects: checks.path,
    files: checks.record,
  })
  for (const [folder, paths] of Object.entries(install.files ?? {})) {
    checkOptions('files of install', { [folder]: paths }, { [folder]: checks.words })
  }
  return install
}

function names({ known }: Tools): Derived<readonly string[]> {
  return derive([known], (all) => all.map(({ name }) => name).sort())
}

/** All that one tool is. Asking for it throws where the tool is left out. */
function filesOf(tools: Tools, name: string) {
  return derive([toolNamed(tools, name)], toolFiles)
}

function filesOfOthers({ list }: Tools, name: string) {
  return derive([list], (all) => all.filter((tool) => tool.name !== name).map(toolFiles))
}

/** Tools whose check looks into the kernel's trace show it when they are run. */
function tracing(checks: Readonly<Record<string, Check>>): readonly string[] {
  return Object.entries(checks).flatMap(([name, { cases }]) =>
    cases.some(({ trace }) => trace === true) ? [name] : [],
  )
}

/** Which tools are left out, and loaders that are not for the machine that the BPF programs are for. */
function notesOn(tools: Tools): Derived<readonly string[]> {
  return derive([tools.leftOut, tools.known], (all, known) => {
    const lacks = all.map(({ name, lack, aliases = [] }) => {
      const others = aliases.length === 0 ? '' : `, and with it ${aliases.join(', ')}`
      return `${name} is left out${others}: ${lack}`
    })
    if (known.every(({ loader }) => loader === undefined)) return lacks
    return derive([otherArchNotes], (more) => [...lacks, ...more])
  })
}
