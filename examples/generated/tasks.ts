// Builds a tool whose BPF program, and a part of its loader, are written by a script from rules.txt.
// npx tsx tasks.ts build && sudo ./filter

import { edge, main } from 'bpf-tasks'
import { bpfRules, doctor, setup, treeTasks } from 'bpf-tasks/bpf'

/** What a script of awk writes, as a source. */
const written = (script: string, to: string) =>
  edge({
    rule: 'AWK',
    outputs: [`.output/gen/${to}`],
    inputs: [script, 'rules.txt'],
    command: ['awk', '-f', script, 'rules.txt'],
    captureStdout: true,
  })

const bpf = bpfRules({ out: '.output', programs: '.', vmlinux: 'none', includes: ['.'] })
const tools = bpf.tools(written('rules.awk', 'filter.bpf.c'), {
  loaders: 'filter.c',
  objects: [bpf.userObject(written('ports.awk', 'ports.c'))],
})

await main({ ...treeTasks(bpf, tools), setup, doctor }, bpf.mainOptions)
