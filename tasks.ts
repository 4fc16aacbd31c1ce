// Every task of this repository. `npx tsx tasks.ts` lists them; `npx tsx tasks.ts build` builds the demos.
import { bpfRules, kernels, treeTasks } from './tasks/bpf/index.ts'
import { programTask } from './tasks/command/index.ts'
import { execveCheck, helloworldCheck } from './tasks/demos/index.ts'
import { main, task } from './tasks/engine/index.ts'

// vmlinux.h: bpftool btf dump file /sys/kernel/btf/vmlinux format c
const bpf = bpfRules({ out: 'build' })

// marked_execve: a program without BPF, which makes the events that the demos are checked by.
const marked = bpf.project('marked_execve').loader('projects/marked_execve/marked_execve.c')

// helloworld: a tracepoint, and a loader that embeds its object.
const hello = bpf.project('helloworld')
const helloObject = hello.object('projects/helloworld/helloworld.bpf.c') // clang -target bpf -c
const skeletons = [hello.skeleton(helloObject)] // bpftool gen skeleton helloworld.bpf.o
const helloLoader = hello.loader('projects/helloworld/helloworld.c', { skeletons }) // cc … -lbpf

// trace_execve and probe_execve: a perf buffer, filled by a tracepoint or by a kprobe. Each loader opens
// its object at run time; both share helpers, which are compiled once.
const folder = 'projects/trace_execve'
const execve = bpf.project('trace_execve', { includes: [`${folder}/include`, `${folder}/helpers`] })
const objects = [execve.userObjects(`${folder}/helpers/*.c`)] // cc -c
const traceObject = execve.object(`${folder}/progs/trace_execve.bpf.c`)
const traceLoader = execve.loader(`${folder}/trace_execve.c`, { objects })
const probeObject = execve.object(`${folder}/progs/probe_execve.bpf.c`)
const probeLoader = execve.loader(`${folder}/probe_execve.c`, { objects })

// What each demo must show on a real kernel.
const checks = {
  helloworld: helloworldCheck(marked),
  trace_execve: execveCheck('trace_execve', marked),
  probe_execve: execveCheck('probe_execve', marked),
}
// Where they must show it: Debian's kernels of four releases, and one for another architecture.
const releases = kernels({ debian: ['5.10', '6.1', '6.12', '7.2'] })
const arm64 = kernels({ debian: ['6.1'], arch: 'arm64' })
const proof = { checks, kernels: [...releases, ...arm64] }
const demos = [helloObject, helloLoader, traceObject, traceLoader, probeObject, probeLoader]

const lint = [
  ['tsc', '--noEmit'] as const,
  ['tsc', '--project', 'tsconfig.examples.json'] as const,
  ['biome', 'check'] as const,
]
const tests = { needs: demos, arguments: '[--all] [parts of names of test files]' }
const benches = { arguments: '[--edges N]… [--only PART] [--runs N]' }
const soaks = { arguments: '[--builds N] [--seed S]' }

await main(
  {
    ...treeTasks(bpf, demos, proof), // build, run:NAME, dev:NAME, verify, check, vm, clean, setup …
    vmlinux: task('Dump the kernel’s types to build/vmlinux/vmlinux.h', [bpf.vmlinux]),
    lint: programTask('Check types and style', lint),
    api: programTask('Write doc/api.md from the doc comments', [
      ['tsx', 'tasks/command/apireference.ts'],
    ]),
    package: programTask('Bundle dist', [['tsx', 'tasks/command/package.ts', '--types']]),
    test: programTask('Run the tests', [['tsx', 'test/all.ts']], tests),
    'test:long': programTask('Run the long tests', [['tsx', 'test/all.ts', '--long']], tests),
    bench: programTask('Time it against make and ninja', [['tsx', 'bench/main.ts']], benches),
    soak: programTask('Build random trees', [['tsx', 'test/random/soak.ts']], soaks),
  },
  bpf.mainOptions,
)
