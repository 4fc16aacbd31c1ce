// Builds one BPF source in several ways: instruction sets, with and without a count, and one by its own options.
// npx tsx tasks.ts build

import { cleanTask, main, task } from 'bpf-tasks'
import { bpfRules, doctor, setup } from 'bpf-tasks/bpf'

const bpf = bpfRules({ out: '.output', vmlinux: 'none' })

// v2-plain, v2-count, v3-plain, v3-count
const ways = bpf.variants({ cpu: ['v2', 'v3'], defines: { plain: {}, count: { COUNT: true } } })
const small = bpf.variants({ named: { small: { bpf: { cflags: ['-g', '-Os'], cpu: 'v3' } } } })
const objects = [...ways, ...small].map((rules) => rules.object('drop.bpf.c'))

const build = task('Build every way', objects)
const clean = cleanTask('Remove what was built', objects)
await main({ build, clean, setup, doctor }, bpf.mainOptions)
