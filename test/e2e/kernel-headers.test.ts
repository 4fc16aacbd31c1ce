// BPF sources that include the headers of one kernel, with maps as they were before BTF described them.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readElf } from '../../tasks/bpf/bindings/index.ts'
import { bpfRules, kernelHeaders } from '../../tasks/bpf/index.ts'
import { setting } from '../../tasks/engine/index.ts'
import { FakeMachine } from '../support/fakemachine.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { refusal } from '../support/refusal.ts'
import { Tree } from '../support/tree.ts'

const PROGRAM = `#include <linux/ptrace.h>
#include <linux/version.h>
#include <net/sock.h>
#include <uapi/linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "sizes.h"

struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def SEC("maps") sizes = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(u32),
	.value_size = sizeof(u64),
	.max_entries = ENTRIES,
};

SEC("kprobe/tcp_sendmsg")
int send(struct pt_regs *ctx)
{
	struct sock *sk = (struct sock *)PT_REGS_PARM1(ctx);
	u64 one = 1;
	u32 key = 0;

	bpf_probe_read_kernel(&key, sizeof(key), &sk->sk_rcvbuf);
	bpf_map_update_elem(&sizes, &key, &one, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "GPL";
u32 _version SEC("version") = LINUX_VERSION_CODE;
`

/** Build folders of kernels whose headers are here. */
const kernels = (fs.existsSync('/lib/modules') ? fs.readdirSync('/lib/modules') : [])
  .map((release) => `/lib/modules/${release}/build`)
  .filter((folder) => fs.existsSync(`${folder}/include/generated/autoconf.h`))
const [kernel] = kernels
const name = 'a source is compiled against them, and again when one that it reads changes'
const lack =
  kernel === undefined ? 'no headers of a kernel here (Debian: linux-headers-amd64)' : undefined

if (lack !== undefined || !inPath('llc')) skip(test, name, lack ?? 'no llc here')
else
  testWith(test, ['clang'], name, () => {
    using tree = new Tree()
    tree.tasks(`
const { kernelHeaders } = await import('${import.meta.dirname}/../../tasks/bpf/index.ts')
const KDIR = setting('KDIR', 'build folder of the kernel', '${kernel}')
const bpf = bpfRules({ vmlinux: 'none' })
const object = bpf.object('sizes_kern.c', kernelHeaders(KDIR))
await main({ build: task('Build', [object]) }, { ...bpf.mainOptions, settings: [...bpf.settings, KDIR] })`)
    tree.write('sizes_kern.c', PROGRAM)
    tree.write('sizes.h', '#define ENTRIES 64\n')
    const built = tree.run(['build'])
    assert.is(built.status, 0, built.stdout + built.stderr)
    const elf = readElf(fs.readFileSync(tree.at('build/sizes_kern.o')))
    const sections = (elf?.sections ?? []).map((section) => section.name)
    for (const section of ['kprobe/tcp_sendmsg', 'maps', 'license', 'version', '.BTF'])
      assert.ok(sections.includes(section), `${section}: ${sections.join(' ')}`)
    assert.match(tree.run(['build']).stdout, /nothing to do/)
    tree.write('sizes.h', '#define ENTRIES 128\n')
    assert.equal(tree.ran(['build']), ['build/sizes_kern.bc', 'build/sizes_kern.o'])
    const missing = tree.run(['build', 'KDIR=/lib/modules/none/build'])
    assert.is(missing.status, 1)
    assert.match(missing.stderr, 'there is no kernel to build with in /lib/modules/none/build')
    assert.match(missing.stderr, 'linux-headers-RELEASE')
  })

test('folders are those of the build and of its sources, in the order of the kernel', () => {
  const machine = new FakeMachine()
  machine.disk.put('/k/build/Makefile', '# automatically generated\ninclude /k/source/Makefile\n')
  machine.disk.put('/k/whole/Makefile', 'VERSION = 6\ninclude $(srctree)/scripts/x.include\n')
  const bpf = bpfRules({ out: 'out', vmlinux: 'none', includes: ['mine'] })
  const folders = (build: string) => {
    const object = bpf.object('x_kern.c', kernelHeaders(build))
    const [bitcode] = machine.files(object.inputs)
    const words = machine.words(bitcode?.kind === 'output' ? bitcode.edge.command : [])
    assert.ok(words.includes('-emit-llvm') && words.includes('-D__KERNEL__'))
    return words.filter((_, at) => words[at - 1] === '-I' || words[at - 1] === '-include')
  }
  assert.equal(folders('/k/build'), [
    'mine',
    ...['/k/source/arch/x86/include', '/k/build/arch/x86/include/generated'],
    ...['/k/source/include', '/k/build/include'],
    ...['/k/source/arch/x86/include/uapi', '/k/build/arch/x86/include/generated/uapi'],
    ...['/k/source/include/uapi', '/k/build/include/generated/uapi'],
    '/k/source/include/linux/kconfig.h',
  ])
  assert.is(folders('/k/whole').at(-1), '/k/whole/include/linux/kconfig.h')
  const none = kernelHeaders(setting('KDIR', 'build folder of the kernel'))
  const { what, hint } = refusal(() => machine.words(none.includes as never))
  assert.is(what, 'KDIR is not set')
  assert.match(hint ?? '', 'KDIR=/lib/modules/RELEASE/build')
})

test.run()
