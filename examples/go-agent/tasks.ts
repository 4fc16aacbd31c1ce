// Builds an agent in Go with a BPF program for each byte order, and what Go needs to load it.
// npx tsx tasks.ts build && sudo ./agent

import { cleanTask, foreign, glob, main, task } from 'bpf-tasks'
import { bpfRules, doctor, type Endian, setup } from 'bpf-tasks/bpf'

// As bpf2go compiles, to the same bytes.
const bpf = bpfRules({
  out: '.output',
  vmlinux: 'none',
  bpf: {
    cpu: 'v1',
    finish: 'stripped',
    cflags: ['-g', '-O2', '-Wall'],
    flags: ['-fno-ident', '-fdebug-compilation-dir=.'],
  },
})
const of = (endian: Endian) =>
  bpf.object('bpf/drop.bpf.c', { endian, output: `${endian}/drop.bpf.o` })
const objects = { little: of('little'), big: of('big') }
const bindings = bpf.goBindings(objects, { package: 'main', folder: '.', types: ['verdict'] })
// Go knows what is stale in its own part, so it is asked in each build.
const agent = foreign({
  rule: 'GO',
  outputs: ['agent'],
  inputs: [bindings, glob('*.go', '!drop_bpf*.go')],
  command: ['go', 'build', '-o', 'agent', '.'],
})

const build = task('Build the agent', [agent])
const generate = task('Write what Go needs to load the program', [bindings])
const clean = cleanTask('Remove what was built', [agent, bindings, objects.little, objects.big])
await main({ build, generate, clean, setup, doctor }, bpf.mainOptions)
