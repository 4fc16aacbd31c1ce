// Builds a flat folder of BPF tools: NAME.bpf.c, its loader NAME.c, and what both include.
// npx tsx tasks.ts build; with -C DIR, any folder of that shape.

import { main } from 'bpf-tasks'
import { bpfRules, feature, treeTasks } from 'bpf-tasks/bpf'

/** A submodule, beside the tools or above them. */
const beside = (name: string) =>
  ['', 'third_party/'].flatMap((folder) => ['', '../', '../../'].map((up) => up + folder + name))
const other: Record<string, string> = { x86: 'x86_64', arm64: 'aarch64', s390: 's390x' }

const bpf = bpfRules({
  out: '.output',
  programs: '.',
  libbpf: { sources: beside('libbpf'), uapi: true, staged: '.output', otherwise: 'system' },
  bpftool: { sources: beside('bpftool'), otherwise: 'installed' },
  vmlinux: {
    headers: (arch) => [
      ...[...beside('vmlinux.h/include'), ...beside('vmlinux')].flatMap((folder) =>
        [arch, other[arch] ?? arch].map((name) => `${folder}/${name}/vmlinux.h`),
      ),
      ...beside('vmlinux.h'),
    ],
    otherwise: 'kernel',
  },
  bpf: { cflags: ['-g', '-O2'], finish: 'linked' },
  user: { cflags: ['-g', '-Wall'] },
})

/** What some tools want and not every machine has. */
const blazesym = feature('blazesym', {
  headers: ['blazesym.h'],
  flags: beside('blazesym/capi/include').map((folder) => `-I${folder}`),
})
const tools = bpf.tools('*.bpf.c', {
  needs: ({ headers }) => (headers.includes('blazesym.h') ? [blazesym] : []),
})

await main(treeTasks(bpf, tools), bpf.mainOptions)
