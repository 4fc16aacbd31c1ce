// Sources that an edge makes are compiled like others, and follow what they are made from.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

class Generated extends Tree {
  constructor() {
    super()
    this.tasks(`
const generated = (name) => edge({
  rule: 'GEN', outputs: ['build/gen/' + name], inputs: [name + '.in'],
  command: ['sed', 's/@SIZE@/64/', name + '.in'], captureStdout: true,
})
const bpf = bpfRules({ vmlinux: 'none', includes: ['.'] })
const tools = bpf.tools(['*.bpf.c', generated('made.bpf.c')], { loaders: ['*.c', generated('made.c')], each: { made: { skeletons: ['made'] } } })
await main({ build: task('Build', [tools.all]) }, bpf.mainOptions)`)
    this.write('size.h', '#define MORE 1\n')
    this.write(
      'made.bpf.c.in',
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "size.h"
char LICENSE[] SEC("license") = "GPL";
unsigned long size = @SIZE@ + MORE;
SEC("xdp") int pass(struct xdp_md *ctx) { return size ? XDP_PASS : XDP_DROP; }
`,
    )
    this.write(
      'made.c.in',
      `#include <stdio.h>
#include "made.skel.h"
int main(void) { printf("%d %d\\n", @SIZE@, made_bpf__elf_bytes != 0); return 0; }
`,
    )
  }

  says(): string {
    return spawnSync(this.at('build/made'), { encoding: 'utf8' }).stdout
  }
}

testWith(test, ['clang'], 'a BPF source and a loader that edges make', () => {
  using tree = new Generated()
  const built = tree.run(['build'])
  assert.is(built.status, 0, built.stdout + built.stderr)
  assert.is(tree.says(), '64 1\n')
  assert.match(tree.run(['build']).stdout, /nothing to do/)
  // Editors are told how a made source is compiled, too.
  assert.is(tree.run(['--compdb']).status, 0)
  const entries: readonly { readonly file: string }[] = JSON.parse(
    tree.read('compile_commands.json'),
  )
  assert.equal(entries.map(({ file }) => file).sort(), [
    ...['build/gen/made.bpf.c', 'build/gen/made.c'],
  ])
  tree.write('size.h', '#define MORE 2\n')
  // The loader embeds it, but has no use for its bytes: its object is the same.
  const compiled = ['bpf.o', 'o', 'skel.h'].map((ending) => `build/made.${ending}`)
  assert.equal(tree.ran(['build']), compiled)
  assert.equal(tree.ran(['build']), [])
  tree.write('made.c.in', `${tree.read('made.c.in')}/* more */\n`)
  assert.equal(tree.ran(['build']), ['build/gen/made.c', 'build/made.o'])
  // The same text: made again, and nothing is compiled.
  tree.touch('made.bpf.c.in')
  assert.equal(tree.ran(['build']), ['build/gen/made.bpf.c'])
  assert.equal(tree.ran(['build']), [])
  tree.remove('build/gen/made.bpf.c')
  assert.equal(tree.ran(['build']), ['build/gen/made.bpf.c'])
})

test.run()
