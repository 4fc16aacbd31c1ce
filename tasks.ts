// Every task of this repository: npx tsx tasks.ts lists them.
import { bpfRules, doctor, proofTasks, runLoader, setup, sourceTasks } from './tasks/bpf/index.ts'
import { helloworld } from './tasks/demos/helloworld.ts'
import { markedExecve } from './tasks/demos/marked_execve.ts'
import { probeExecve } from './tasks/demos/probe_execve.ts'
import { execveProject, traceExecve } from './tasks/demos/trace_execve.ts'
import { cleanTask, main, task } from './tasks/engine/index.ts'

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
const ofLoader = { arguments: 'options of the loader; --help lists them', heedsDryRun: true }

await main(
  {
    build: task('Build every demo', everything),
    'build:helloworld': task('Build helloworld', [hello.loader]),
    'build:trace_execve': task('Build trace_execve', traceTargets),
    'build:probe_execve': task('Build probe_execve', probeTargets),
    'run:helloworld': task(
      'Run helloworld and show its trace',
      [hello.loader],
      (context) => runLoader(context, [hello.loader.output.path], { tracePipe: true }),
      ofLoader,
    ),
    'run:trace_execve': task(
      'Run trace_execve: a line for each program that is executed',
      traceTargets,
      (context) => runLoader(context, [trace.loader.output.path]),
      ofLoader,
    ),
    'run:probe_execve': task(
      'Run probe_execve: the same by kprobe',
      probeTargets,
      (context) => runLoader(context, [probe.loader.output.path]),
      ofLoader,
    ),
    clean: cleanTask('Remove all that was built', [
      everything,
      bpf.vmlinux,
      Object.values(proof).map(({ targets }) => targets),
    ]),
    'clean:helloworld': cleanTask(
      'Remove what only helloworld needs',
      [hello.loader],
      [traceTargets, probeTargets],
    ),
    'clean:trace_execve': cleanTask('Remove what only trace_execve needs', traceTargets, [
      hello.loader,
      probeTargets,
    ]),
    'clean:probe_execve': cleanTask('Remove what only probe_execve needs', probeTargets, [
      hello.loader,
      traceTargets,
    ]),
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
  { settings: bpf.settings },
)
