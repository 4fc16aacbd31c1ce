// Every task of this repository: npx tsx tasks.ts lists them.
import {
  bpfRules,
  describeObjects,
  doctor,
  proofTasks,
  runLoader,
  setup,
  sourceTasks,
} from './tasks/bpf/index.ts'
import { helloworld } from './tasks/demos/helloworld.ts'
import { markedExecve } from './tasks/demos/marked_execve.ts'
import { probeExecve } from './tasks/demos/probe_execve.ts'
import { execveProject, traceExecve } from './tasks/demos/trace_execve.ts'
import { main, type TaskContext, task } from './tasks/engine/index.ts'

const bpf = bpfRules({ out: 'build' })
const marked = markedExecve(bpf)
const hello = helloworld(bpf, marked)
const execve = execveProject(bpf, marked)
const trace = traceExecve(execve)
const probe = probeExecve(execve)

const traceTargets = [trace.object, trace.loader]
const probeTargets = [probe.object, probe.loader]
const proof = proofTasks(bpf, [hello, trace, probe])
const everything = [hello.loader, traceTargets, probeTargets]
const more = { arguments: 'options of the loader; --help lists them' }
const dev = { ...more, watch: true }
const runHello = (context: TaskContext) =>
  runLoader(context, [hello.loader.output.path], { tracePipe: true })
const runTrace = (context: TaskContext) => runLoader(context, [trace.loader.output.path])
const runProbe = (context: TaskContext) => runLoader(context, [probe.loader.output.path])

await main(
  {
    build: task('Build every demo', everything),
    'build:helloworld': task('Build helloworld', [hello.loader]),
    'build:trace_execve': task('Build trace_execve', traceTargets),
    'build:probe_execve': task('Build probe_execve', probeTargets),
    'run:helloworld': task('Run helloworld and show its trace', [hello.loader], runHello, more),
    'run:trace_execve': task(
      'Run trace_execve: a line for each exec',
      traceTargets,
      runTrace,
      more,
    ),
    'run:probe_execve': task('Run probe_execve: the same by kprobe', probeTargets, runProbe, more),
    'dev:helloworld': task('Run helloworld anew after each build', [hello.loader], runHello, dev),
    'dev:trace_execve': task('Run trace_execve anew after each build', traceTargets, runTrace, dev),
    'dev:probe_execve': task('Run probe_execve anew after each build', probeTargets, runProbe, dev),
    clean: task('Remove all that was built', [], ({ clean }) =>
      clean([everything, bpf.vmlinux, Object.values(proof).map(({ targets }) => targets)]),
    ),
    'clean:helloworld': task('Remove what only helloworld needs', [], ({ clean }) =>
      clean([hello.loader], [traceTargets, probeTargets]),
    ),
    'clean:trace_execve': task('Remove what only trace_execve needs', [], ({ clean }) =>
      clean(traceTargets, [hello.loader, probeTargets]),
    ),
    'clean:probe_execve': task('Remove what only probe_execve needs', [], ({ clean }) =>
      clean(probeTargets, [hello.loader, traceTargets]),
    ),
    vmlinux: task('Dump the kernel’s types to build/vmlinux/vmlinux.h', [bpf.vmlinux]),
    ...sourceTasks(bpf),
    setup,
    doctor,
    ...proof,
    check: task('Check types and style of the TypeScript', [], async ({ run }) => {
      await run(['node_modules/.bin/tsc', '--noEmit'])
      await run(['node_modules/.bin/biome', 'check'])
    }),
    test: task(
      'Run the tests',
      everything,
      async ({ run, args }) => {
        const { status } = await run(['node_modules/.bin/tsx', 'test/all.ts', ...args], {
          nothrow: true,
        })
        return status ?? 1
      },
      { arguments: 'parts of names of test files to run' },
    ),
  },
  { settings: bpf.settings, describe: describeObjects },
)
