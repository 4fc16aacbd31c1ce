// What the rules can describe besides one program: built with the real tools, and run.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip, testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const needs = ['clang', 'btf'] as const

const PROGRAM = `#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
#ifndef START
#define START 0
#endif
unsigned long seen = START;
SEC("tp/sched/sched_process_exec")
int see(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	(void)ctx;
	seen += BPF_CORE_READ(task, tgid);
	return 0;
}
`

testWith(test, needs, 'skeletons of every kind, from one object', () => {
  using tree = new Tree()
  tree.write('x.bpf.c', PROGRAM)
  tree.tasks(`
const bpf = bpfRules()
const object = bpf.object('x.bpf.c', { finish: 'linked' })
const kinds = ['ordinary', 'light', 'subskeleton'].map((kind) => bpf.skeleton(object, { kind, name: 'mine' }))
await main({ build: task('Build', kinds) }, bpf.mainOptions)`)
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  for (const [file, part] of [
    ['x.skel.h', 'mine__open_and_load'],
    ['x.lskel.h', 'skel_internal.h'],
    ['x.subskel.h', 'bpf_object_subskeleton'],
  ] as const) {
    assert.match(tree.read(`build/${file}`), part, file)
  }
  assert.match(tree.run(['build']).stdout, /nothing to do/)
})

testWith(test, needs, 'the BTF that an object needs, embedded in its loader', () => {
  using tree = new Tree()
  tree.write('x.bpf.c', PROGRAM)
  tree.write(
    'x.c',
    `#include <stdio.h>
extern const char small_start[], small_end[];
int main(void)
{
	printf("%td %x\\n", small_end - small_start, *(const unsigned short *)small_start);
	return 0;
}
`,
  )
  tree.tasks(`
const bpf = bpfRules()
const object = bpf.object('x.bpf.c')
const btf = bpf.minCoreBtf('/sys/kernel/btf/vmlinux', [object])
const loader = bpf.loader('x.c', { objects: [bpf.embedded(btf, 'small')] })
await main({ build: task('Build', [loader]) }, bpf.mainOptions)`)
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  const size = fs.statSync(tree.at('build/min_core_btf/vmlinux')).size
  assert.ok(size < fs.statSync('/sys/kernel/btf/vmlinux').size / 100, `${size} bytes`)
  // The magic number of BTF.
  const said = spawnSync(tree.at('build/x'), { encoding: 'utf8' }).stdout
  assert.is(said, `${size} eb9f\n`)
  // Another program needs another part of it.
  tree.write('x.bpf.c', PROGRAM.replace('tgid', 'pid'))
  assert.ok(tree.ran(['build']).includes('build/min_core_btf/vmlinux'))
})

testWith(test, needs, 'variants differ in what they are told, and in nothing else', () => {
  using tree = new Tree()
  tree.write('x.bpf.c', PROGRAM)
  tree.tasks(`
const bpf = bpfRules({ bpf: { finish: 'stripped' } })
const objects = bpf
  .variants({ cpu: ['v2', 'v3'], defines: { zero: {}, one: { START: 1 } } })
  .map((rules) => rules.object('x.bpf.c'))
await main({ build: task('Build', objects) }, bpf.mainOptions)`)
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  const bytes = ['v2-zero', 'v2-one', 'v3-zero', 'v3-one'].map((name) =>
    fs.readFileSync(tree.at(`build/${name}/x.bpf.o`)).toString('hex'),
  )
  assert.is(new Set(bytes).size, 4)
  assert.ok(tree.exists('build/vmlinux/vmlinux.h') && !tree.exists('build/v2-zero/vmlinux'))
})

testWith(test, needs, 'what is built does not hang on what else is asked for', () => {
  using tree = new Tree()
  for (const path of ['a.bpf.c', 't/b.bpf.c', 't/c.bpf.c']) tree.write(path, PROGRAM)
  tree.tasks(`
const bpf = bpfRules()
const a = bpf.object('a.bpf.c')
const tools = bpf.tools('t/*.bpf.c')
await main({ one: task('One', [a]), build: task('All', [a, tools.all]) }, bpf.mainOptions)`)
  assert.is(tree.ran(['build', 'PCH=1']).filter((path) => path.endsWith('.pch')).length, 1)
  assert.equal(tree.ran(['one', 'PCH=1']), [])
  assert.equal(tree.ran(['build/b.bpf.o', 'PCH=1']), [])
  assert.equal(tree.ran(['build', 'PCH=1']), [])
  tree.remove('t/c.bpf.c')
  tree.ran(['build', 'PCH=1'])
  assert.equal(tree.ran(['build', 'PCH=1']), [])
})

const cxx = 'a loader in C++, and an archive that a rule of the tree makes'
if (inPath('g++')) testWith(test, needs, cxx, inCxx)
else skip(test, cxx, 'no g++ here')

function inCxx(): void {
  using tree = new Tree()
  tree.write('x.bpf.c', PROGRAM)
  tree.write('add.c', 'int add(int a, int b) { return a + b; }\n')
  tree.write('size.in', '42\n')
  tree.write(
    'x.cpp',
    `#include <iostream>
#include "size.h"
#include "x.skel.h"
extern "C" int add(int, int);
int main()
{
	x_bpf *skel = x_bpf::open();
	std::cout << add(SIZE, skel != nullptr) << std::endl;
	x_bpf::destroy(skel);
	return 0;
}
`,
  )
  tree.tasks(`
const size = edge({
  rule: 'GEN', outputs: ['build/size.h'], inputs: ['size.in'],
  command: ['sed', 's/^/#define SIZE /', 'size.in'], captureStdout: true,
})
const bpf = bpfRules({ user: { includes: ['build'], headers: [size] } })
const add = bpf.userObject('add.c')
const archive = edge({
  rule: 'ARCHIVE', outputs: ['build/libadd.a'], inputs: [add], fresh: true,
  command: ['ar', 'rcs', 'build/libadd.a', add],
})
const tools = bpf.tools('*.bpf.c', { objects: [archive] })
await main({ build: task('Build', [tools.all]) }, bpf.mainOptions)`)
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  const says = () => spawnSync(tree.at('build/x'), { encoding: 'utf8' }).stdout
  assert.is(says(), '43\n')
  tree.write('size.in', '50\n')
  assert.equal(tree.ran(['build']), ['build/size.h', 'build/x', 'build/x.o'])
  assert.is(says(), '51\n')
  assert.equal(tree.ran(['build']), [])
}

test.run()
