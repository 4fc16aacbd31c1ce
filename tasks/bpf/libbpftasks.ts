// The tasks for libbpf from its sources. Their bodies are loaded when they run.
import { type Derived, derive, type Input, type Task, task } from '../engine/index.ts'
import type { LibbpfBuild } from './libbpfchoice.ts'
import { isOn, settings } from './settings.ts'

export interface LibbpfRules {
  /** Folder of what is made. */
  readonly out: string
  readonly libbpf: Derived<LibbpfBuild>
}

/** By name, to be spread into the tasks of a tree. */
export function libbpfTasks(rules: LibbpfRules): Readonly<Record<string, Task>> {
  const { libbpf } = rules
  const libraries = derive([libbpf, settings.BUILD_STATIC_ONLY], (build, staticOnly): Input => {
    if (build.kind === 'clone') return build.clone
    return [build.archive, isOn(staticOnly) ? [] : [...build.shared], build.pc]
  })
  const headers = derive([libbpf], (build) => (build.kind === 'clone' ? [] : build.headers))
  const clone = derive([libbpf], (build) => (build.kind === 'clone' ? build.clone : []))
  return {
    libbpf: task('Build libbpf from the sources in LIBBPF_TOP', [libraries]),
    'libbpf:install': task('Install libbpf below PREFIX', [libraries, headers], async (context) =>
      (await import('./libbpfinstall.ts')).installLibbpf(context, rules),
    ),
    'libbpf:uapi-install': task(
      'Install the three uapi headers of libbpf',
      [clone],
      async (context) => (await import('./libbpfinstall.ts')).installUapi(context, rules),
    ),
    'libbpf:uninstall': task('Remove what was installed of libbpf', [], async (context) =>
      (await import('./libbpfinstall.ts')).uninstallLibbpf(context, rules),
    ),
    'libbpf:version': task(
      'Tell the version of each libbpf below some folders',
      [],
      async (context) => (await import('./libbpfversions.ts')).tellVersions(context),
      { arguments: 'folders to look in; without any, LIBBPF_TOP' },
    ),
  }
}
