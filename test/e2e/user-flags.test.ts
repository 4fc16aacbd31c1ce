// What a distribution sets for user space reaches compiles and links of it, and nothing of BPF; and names of a
// tree's own reach what is built.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

/** A tool whose skeleton is called as the tool is, built in two ways. */
class Tool extends Tree {
  constructor() {
    super()
    this.tasks(`
const bpf = bpfRules({ vmlinux: 'none' })
const tools = bpf.tools('*.bpf.c', { skeletonName: (name) => name })
const ways = bpf.variants({ named: { small: { bpf: { defines: { SIZE: 1 } } }, large: { bpf: { cpu: 'v3' } } } })
const objects = ways.map((rules) => rules.object('x.bpf.c'))
await main({ build: task('Build', [tools.all]), ways: task('Build both', objects) }, bpf.mainOptions)`)
    this.write(
      'x.bpf.c',
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#ifndef SIZE
#define SIZE 64
#endif
char LICENSE[] SEC("license") = "GPL";
unsigned long size = SIZE;
SEC("xdp") int pass(struct xdp_md *ctx) { return size ? XDP_PASS : XDP_DROP; }
`,
    )
    this.write(
      'x.c',
      `#include <stdio.h>
#include "x.skel.h"
int main(int count, char **words)
{
	struct x *skel = count > 5 ? x__open() : NULL;
	char text[8];
	snprintf(text, sizeof(text), "%s", words[0]);
	puts(text);
	x__destroy(skel);
	return 0;
}
`,
    )
  }
}

/** As dpkg-buildflags has them: clang for BPF knows no stack protector, and no hardened calls. */
const DISTRIBUTION = [
  'CFLAGS=-g -O2 -fstack-protector-strong -Wformat -Werror=format-security -D_FORTIFY_SOURCE=2 -fcf-protection',
  'LDFLAGS=-Wl,-z,relro -Wl,-z,now -Wl,--as-needed',
]

testWith(
  test,
  ['clang'],
  'the flags of a distribution build user space anew, and nothing of BPF',
  () => {
    using tree = new Tool()
    const built = tree.run(['build'])
    assert.is(built.status, 0, built.stderr)
    assert.match(tree.read('build/x.skel.h'), /^struct x \{/m)
    assert.match(tree.run(['build']).stdout, /nothing to do/)
    assert.equal(tree.ran(['build', ...DISTRIBUTION]), ['build/x', 'build/x.o'])
    const dynamic = spawnSync('readelf', ['-d', tree.at('build/x')], { encoding: 'utf8' }).stdout
    assert.match(dynamic, /BIND_NOW|NOW/)
    assert.match(tree.run(['build', ...DISTRIBUTION]).stdout, /nothing to do/)
    // What goes to BPF too still does.
    assert.ok(tree.ran(['build', 'EXTRA_CFLAGS=-DEXTRA']).includes('build/x.bpf.o'))
  },
)

testWith(test, ['clang'], 'ways with names of their own lie beside each other', () => {
  using tree = new Tool()
  const both = ['build/large/x.bpf.o', 'build/small/x.bpf.o']
  assert.equal(tree.ran(['ways']), both)
  assert.equal(tree.ran(['ways']), [])
  tree.write('tasks.ts', tree.read('tasks.ts').replace('SIZE: 1', 'SIZE: 2'))
  assert.equal(tree.ran(['ways']), ['build/small/x.bpf.o'])
})

test.run()
