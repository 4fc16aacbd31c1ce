// Builds many BPF tools that share objects: helpers, flags of single tools, aliases, install.

import { edge, main } from 'bpf-tasks'
import { bpfRules, treeTasks } from 'bpf-tasks/bpf'

const version = edge({
  rule: 'GEN',
  outputs: ['.output/version.h'],
  inputs: ['VERSION'],
  command: ['sed', 's/.*/#define TOOLS_VERSION "&"/', 'VERSION'],
  captureStdout: true,
})
const bpf = bpfRules({
  out: '.output',
  programs: '.',
  bpf: { cflags: ['-g', '-O2', '-Wall', '-Werror=undef'], finish: 'stripped' },
  user: { cflags: ['-g', '-O2', '-Wall'], includes: ['.output'], headers: [version] },
})
const tools = bpf.tools('*.bpf.c', {
  objects: [bpf.userObjects('*_helpers.c')],
  each: {
    forks: { aliases: ['clones', 'processes'] },
    switches: { bpf: { cpu: 'v3' }, libraries: ['-lm'] },
    load: { libraries: ['-lm'] },
    calls: { link: ['wanted'] },
  },
})

await main(treeTasks(bpf, tools, { install: { objects: 'lib/bpf' } }), bpf.mainOptions)
