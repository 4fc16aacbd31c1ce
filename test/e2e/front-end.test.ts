// Objects through clang for this machine and llc: what each change compiles, and that both tools count.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip, testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const lack = inPath('llc') ? undefined : 'no llc here'
const testHere = (name: string, body: () => void): void =>
  lack === undefined ? testWith(test, ['clang'], name, body) : skip(test, name, lack)

/** It includes a header of the C library that clang cannot read for BPF. */
class HostTree extends Tree {
  constructor(options = '') {
    super()
    this.write('x.h', '#define START 1\n')
    this.write(
      'x.bpf.c',
      `#include <arpa/inet.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "x.h"
char LICENSE[] SEC("license") = "GPL";
unsigned long seen = START;
SEC("xdp")
int see(struct xdp_md *ctx) { return seen++ == htonl(1) ? XDP_DROP : XDP_PASS; }
`,
    )
    this.tasks(`
const bpf = bpfRules({ vmlinux: 'none' })
const object = bpf.object('x.bpf.c', { frontEnd: 'host'${options} })
await main({ build: task('Build', [object, bpf.skeleton(object)]) }, bpf.mainOptions)`)
  }
}

const bitcode = 'build/x.bpf.bc'
const object = 'build/x.bpf.o'
const skeleton = 'build/x.skel.h'

testHere('a header, a flag, an instruction set: each compiles what it must, and no more', () => {
  using tree = new HostTree()
  const built = tree.run(['build'])
  assert.is(built.status, 0, built.stderr)
  assert.match(tree.run(['build']).stdout, /nothing to do/)
  tree.write('x.h', '#define START 2\n')
  assert.equal(tree.ran(['build']), [bitcode, object, skeleton])
  tree.write('x.h', '#define START 2\n/* the same */\n')
  // Debug information has neither the text nor the time of a header: the bitcode is the same.
  assert.equal(tree.ran(['build']), [bitcode])
  assert.equal(tree.ran(['build']), [])
  tree.write('tasks.ts', tree.read('tasks.ts').replace("'host'", "'host', cpu: 'v3'"))
  assert.equal(tree.ran(['build']).slice(0, 1), [object], 'only llc is told of the instruction set')
  tree.write('tasks.ts', tree.read('tasks.ts').replace("'host'", "'bpf'"))
  assert.is(tree.run(['build']).status, 1, 'clang for BPF cannot read that header')
})

testHere('another llc, and bitcode that was changed, run llc again', () => {
  using tree = new HostTree()
  assert.is(tree.run(['build']).status, 0)
  tree.write('bin/llc', '#!/bin/sh\nexec llc "$@"\n')
  fs.chmodSync(tree.at('bin/llc'), 0o755)
  const other = [`LLC=${tree.at('bin/llc')}`]
  assert.equal(tree.ran(['build', ...other]), [object])
  assert.equal(tree.ran(['build', ...other]), [])
  fs.appendFileSync(tree.at(bitcode), 'x')
  assert.ok(tree.ran(['build', ...other]).includes(bitcode))
})

testHere('editors are told how the source is compiled', () => {
  using tree = new HostTree()
  assert.is(tree.run(['build']).status, 0)
  assert.is(tree.run(['--compdb']).status, 0)
  const [entry] = JSON.parse(tree.read('compile_commands.json'))
  assert.is(entry.file, 'x.bpf.c')
  assert.ok(entry.arguments.includes('-emit-llvm'))
})

test.run()
