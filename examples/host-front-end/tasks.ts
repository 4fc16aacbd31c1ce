// Builds a BPF program that includes headers of the C library: clang for this machine, then llc for BPF.
// npx tsx tasks.ts build && sudo ./drop

import { main } from 'bpf-tasks'
import { bpfRules, doctor, setup, treeTasks } from 'bpf-tasks/bpf'

const bpf = bpfRules({
  out: '.output',
  programs: '.',
  vmlinux: 'none',
  // Without the last, llc keeps a table for unwinding, which libbpf warns of.
  bpf: { frontEnd: 'host', cpu: 'v3', flags: ['-fno-asynchronous-unwind-tables'] },
})
const tools = bpf.tools('*.bpf.c')

await main({ ...treeTasks(bpf, tools), setup, doctor }, bpf.mainOptions)
