// Every task of this repository: npx tsx tasks.ts lists them.
import { bpfRules, doctor, proofTasks, setup, sourceTasks } from './tasks/bpf/index.ts'
import {
  demoTasks,
  execveProject,
  helloworld,
  markedExecve,
  probeExecve,
  traceExecve,
} from './tasks/demos/index.ts'
import { type Body, cleanTask, main, task } from './tasks/engine/index.ts'

const bpf = bpfRules({ out: 'build' })
const marked = markedExecve(bpf)
const hello = helloworld(bpf, marked)
const execve = execveProject(bpf, marked)
const trace = traceExecve(execve)
const probe = probeExecve(execve)

const demos = [
  { name: 'helloworld', targets: [hello.loader], loader: hello.loader, tracePipe: true },
  { name: 'trace_execve', targets: [trace.object, trace.loader], loader: trace.loader },
  { name: 'probe_execve', targets: [probe.object, probe.loader], loader: probe.loader },
]
const everything = demos.flatMap(({ targets }) => targets)
const proof = proofTasks(bpf, [hello, trace, probe])

await main(
  {
    build: task('Build every demo', everything),
    ...demoTasks(demos),
    clean: cleanTask(
      'Remove all that was built',
      [everything, bpf.vmlinux, Object.values(proof).map(({ targets }) => targets)],
      [],
      bpf.sourceFolders,
    ),
    vmlinux: task('Dump the kernel’s types to build/vmlinux/vmlinux.h', [bpf.vmlinux]),
    ...sourceTasks(bpf),
    setup,
    doctor,
    ...proof,
    lint: task('Check types and style of the TypeScript', [], async ({ run }) => {
      await run(['node_modules/.bin/tsc', '--noEmit'])
      await run(['node_modules/.bin/biome', 'check'])
    }),
    package: task('Compile the npm package to dist', [], async ({ run }) => {
      await run(['node_modules/.bin/tsx', 'tasks/command/package.ts', '--types'])
    }),
    test: task('Run the tests', everything, program('test/all.ts'), {
      arguments: '[--all] [parts of names of test files]',
    }),
    'test:long': task(
      'Run the tests that take minutes: VMs, libbpf from source, packages',
      everything,
      program('test/all.ts', '--long'),
    ),
    bench: task('Time it against make and ninja', [], program('bench/main.ts'), {
      arguments:
        '[--edges N]… [--only cold|null|first|source|header|flags|startup|examples|libbpf|pch|watch] [--runs N]',
    }),
    soak: task(
      'Build random trees through random edits, against a model',
      [],
      program('test/random/soak.ts'),
      { arguments: '[--builds N] [--seed S]' },
    ),
  },
  bpf.mainOptions,
)

/** A body that hands its arguments to a program of ours, and ends as that does. */
function program(path: string, ...own: readonly string[]): Body {
  return async ({ run, args }) => {
    const words = ['node_modules/.bin/tsx', path, ...own, ...args]
    return (await run(words, { nothrow: true })).status ?? 1
  }
}
