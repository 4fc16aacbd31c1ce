// Builds a tool with a shared library and plug-ins: both are linked with the library, the tool opens the others.
// npx tsx tasks.ts build && sudo ./watch .output/plugins/*.so

import { main } from 'bpf-tasks'
import { bpfRules, doctor, setup, treeTasks } from 'bpf-tasks/bpf'

const bpf = bpfRules({ out: '.output', programs: '.', vmlinux: 'none' })

const compiled = (source: string) => bpf.userObject(source, { flags: ['-fPIC'] })
const tally = bpf.sharedLibrary('tally', [compiled('tally.c')], {
  version: '1.2.0', // libtally.so → libtally.so.1 → libtally.so.1.2.0
  versionScript: 'tally.map',
})
const plugins = [
  bpf.plugin('plain', [compiled('plugins/plain.c')], { output: 'plugins/plain.so' }),
  bpf.plugin('hex', [compiled('plugins/hex.c'), tally], { output: 'plugins/hex.so' }),
]
const tools = bpf.tools('*.bpf.c', {
  objects: [tally],
  // The plug-ins use functions of the tool; installed, it finds the library beside its own folder.
  libraries: ['-rdynamic', '-Wl,-rpath,$ORIGIN/../lib'],
})

const files = {
  lib: ['.output/libtally.so.1.2.0', '.output/libtally.so.1', '.output/libtally.so'],
  'lib/watch': plugins.map(({ output }) => output.path),
}
await main(
  { ...treeTasks(bpf, tools, { also: plugins, install: { files } }), setup, doctor },
  bpf.mainOptions,
)
