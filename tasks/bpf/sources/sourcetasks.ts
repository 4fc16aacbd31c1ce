// The tasks for libbpf and bpftool from their sources. Their bodies are loaded when they run.
import { type Derived, derive, type Input, type Task, task } from '../../engine/index.ts'
import { isOn, settings } from '../toolchain/index.ts'
import type { Bpftool } from './bpftooledges.ts'
import type { BpftoolRules } from './bpftoolinstall.ts'
import type { Libbpf } from './libbpfedges.ts'
import type { LibbpfRules } from './libbpfinstall.ts'

/** The sources that the tasks are about. */
export interface SourceRules {
  /** Folder of what is made. */
  readonly out: string
  readonly fromSource: FromSource
}

/** What is built from sources; asking for one throws a UserError where none are named. */
export interface FromSource {
  readonly libbpf: Derived<Libbpf>
  readonly bpftool: Derived<Bpftool>
}

/**
 * By name, to be spread into the tasks of a tree.
 * @example
 * await main({ ...sourceTasks(bpf) }, bpf.mainOptions)
 */
export function sourceTasks(rules: SourceRules): Readonly<Record<string, Task>> {
  const { out, fromSource } = rules
  const { libbpf, bpftool } = fromSource
  return { ...libbpfTasks({ out, libbpf }), ...bpftoolTasks({ out, bpftool }) }
}

function libbpfTasks(rules: LibbpfRules): Readonly<Record<string, Task>> {
  const { libbpf } = rules
  const libraries = derive([libbpf, settings.BUILD_STATIC_ONLY], (build, staticOnly): Input => {
    return [build.archive, isOn(staticOnly) ? [] : [...build.shared], build.pc]
  })
  const headers = derive([libbpf], (build) => build.headers)
  return {
    libbpf: task('Build libbpf from the sources in LIBBPF_TOP', [libraries]),
    'libbpf:fetch': task(
      'Clone the release of libbpf that LIBBPF=git:TAG names',
      [],
      async (context) => (await import('./libbpffetch.ts')).fetchLibbpf(context, rules.out),
      { heedsDryRun: true },
    ),
    'libbpf:install': task(
      'Install libbpf below PREFIX',
      [libraries, headers],
      async (context) => (await import('./libbpfinstall.ts')).installLibbpf(context, rules),
      { heedsDryRun: true },
    ),
    'libbpf:uapi-install': task(
      'Install the three uapi headers of libbpf',
      [],
      async (context) => (await import('./libbpfinstall.ts')).installUapi(context, rules),
      { heedsDryRun: true },
    ),
    'libbpf:uninstall': task(
      'Remove what was installed of libbpf',
      [],
      async (context) => (await import('./libbpfinstall.ts')).uninstallLibbpf(context, rules),
      { heedsDryRun: true },
    ),
    'libbpf:version': task(
      'Tell the version of each libbpf below some folders',
      [],
      async (context) => (await import('./libbpffound.ts')).tellVersions(context),
      { arguments: 'folders to look in; without any, LIBBPF_TOP' },
    ),
  }
}

function bpftoolTasks(rules: BpftoolRules): Readonly<Record<string, Task>> {
  const program = derive([rules.bpftool], ({ full, bootstrap }) => full ?? bootstrap)
  return {
    bpftool: task('Build bpftool from the sources in BPFTOOL_TOP', [program], async (context) =>
      (await import('./bpftoolinstall.ts')).tellBpftool(context, rules),
    ),
    'bpftool:install': task(
      'Install bpftool below PREFIX',
      [program],
      async (context) => (await import('./bpftoolinstall.ts')).installBpftool(context, rules),
      { heedsDryRun: true },
    ),
    'bpftool:uninstall': task(
      'Remove what was installed of bpftool',
      [],
      async (context) => (await import('./bpftoolinstall.ts')).uninstallBpftool(context, rules),
      { heedsDryRun: true },
    ),
  }
}
