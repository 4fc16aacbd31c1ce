// The tasks that people expect of a tree of tools: build, run, install, uninstall, clean.
import {
  checkOptions,
  checks,
  cleanTask,
  type Derived,
  derive,
  type Input,
  type Tasks,
  task,
  wrong,
} from '../../engine/index.ts'
import type { BpfRules, Tools } from '../tree/index.ts'
import type { InstallOptions } from './installtools.ts'

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
}

/**
 * `build`, `run`, `install`, `uninstall` and `clean` for the tools of a tree, and `test` where the
 * options say what that is.
 * @example
 * const tools = bpf.tools('*.bpf.c')
 * await main({ ...treeTasks(bpf, tools), setup, doctor }, bpf.mainOptions)
 */
export function treeTasks(bpf: BpfRules, tools: Tools, options: TreeTasksOptions = {}): Tasks {
  const { also = [], install = {}, test } = options
  mustBeTree(bpf, tools)
  checkOptions('treeTasks', options, {
    also: checks.list,
    install: checks.record,
    test: checks.words,
  })
  checkOptions('install', install, {
    programs: checks.path,
    objects: checks.path,
    files: checks.record,
  })
  for (const [folder, paths] of Object.entries(install.files ?? {})) {
    checkOptions('files of install', { [folder]: paths }, { [folder]: checks.words })
  }
  const files = Object.values(install.files ?? {}).flat()
  const all: readonly Input[] = [tools.all, ...also]
  const installed = { out: bpf.out, tools, install }
  const tests =
    test === undefined
      ? {}
      : {
          test: task(
            'Build, and run the tests',
            all,
            async (context) => (await import('./runtool.ts')).runTests(context, test),
            { arguments: '[argument…]', heedsDryRun: true },
          ),
        }
  return {
    build: task('Build every tool', all, undefined, { notes: leftOut(tools) }),
    run: task(
      'Build, and run one of the tools as root',
      all,
      async (context) => (await import('./runtool.ts')).runTool(context, tools),
      { arguments: 'NAME [argument…]', heedsDryRun: true },
    ),
    ...tests,
    install: task(
      'Install the tools below PREFIX',
      [...all, files],
      async (context) => (await import('./installtools.ts')).installTools(context, installed),
      { heedsDryRun: true },
    ),
    uninstall: task(
      'Remove what was installed',
      [],
      async (context) => (await import('./installtools.ts')).uninstallTools(context, installed),
      { heedsDryRun: true },
    ),
    clean: cleanTask(
      'Remove all that was built',
      [...all, bpf.vmlinux],
      [],
      // What verify is built to, where the tree has it.
      [`${bpf.out}/proof`],
    ),
  }
}

/** Which tools are not built here, and why. */
function leftOut(tools: Tools): Derived<readonly string[]> {
  return derive([tools.leftOut], (all) =>
    all.map(({ name, lack }) => `${name} is left out: ${lack}`),
  )
}

/** What the types would refuse. */
function mustBeTree(bpf: unknown, tools: unknown): void {
  const has = (value: unknown, key: string) =>
    typeof value === 'object' && value !== null && key in value
  if (has(bpf, 'mainOptions') && has(tools, 'leftOut')) return
  throw wrong('treeTasks is given something else', [
    ['needed', "treeTasks(bpf, tools), with bpf = bpfRules() and tools = bpf.tools('*.bpf.c')"],
  ])
}
