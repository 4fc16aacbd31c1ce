// Edges of a tree's own, made of the handles of its rules: what settings choose reaches them, exactly.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testWith } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

/** Compiles and archives by edges of its own, and links with the libbpf that was chosen. */
const TASKS = `
const bpf = bpfRules()
const compile = (name) => edge({
  rule: 'CC', outputs: ['build/' + name + '.o'], inputs: [name + '.c'], orderOnly: [bpf.libbpf.headers],
  depfile: 'build/' + name + '.d', environment: bpf.environment,
  command: [bpf.cc, bpf.cflags, bpf.libbpf.flags, '-MD', '-MF', 'build/' + name + '.d', '-c', name + '.c', '-o', 'build/' + name + '.o'],
})
const [mainObject, own] = [compile('main'), compile('own')]
const archive = edge({
  rule: 'AR', outputs: ['build/libown.a'], inputs: [own], fresh: true,
  command: [bpf.ar, 'rcs', 'build/libown.a', own],
})
const program = edge({
  rule: 'LINK', outputs: ['build/program'], inputs: [mainObject, archive, bpf.libbpf.archive],
  command: [bpf.cc, bpf.ldflags, mainObject, archive, bpf.libbpf.archive, bpf.libbpf.libraries, '-o', 'build/program'],
})
await main({ build: task('Build', [program]) }, bpf.mainOptions)`

testWith(
  test,
  ['clang'],
  'own edges heed CC, AR, CFLAGS, LDFLAGS, and run again for what changed',
  () => {
    using tree = new Tree()
    tree.tasks(TASKS)
    tree.write('own.h', '#define OWN 1\n')
    tree.write('own.c', '#include "own.h"\nint own(void) { return OWN; }\n')
    tree.write(
      'main.c',
      `#include <stdio.h>
#include <bpf/libbpf.h>
int own(void);
int main(void) { printf("%d %s\\n", own(), libbpf_version_string()); return 0; }
`,
    )
    const built = tree.run(['build'])
    assert.is(built.status, 0, built.stderr)
    const says = () => spawnSync(tree.at('build/program'), { encoding: 'utf8' }).stdout
    assert.match(says(), /^1 v1\./)
    assert.match(tree.run(['build']).stdout, /nothing to do/)
    tree.write('own.h', '#define OWN 2\n')
    assert.equal(tree.ran(['build']), ['build/libown.a', 'build/own.o', 'build/program'])
    assert.match(says(), /^2 /)
    const compiled = ['build/main.o', 'build/own.o']
    assert.equal(
      tree.ran(['build', 'CFLAGS=-O1']).filter((path) => path.endsWith('.o')),
      compiled,
    )
    assert.equal(tree.ran(['build', 'CFLAGS=-O1', 'LDFLAGS=-Wl,-z,now']), ['build/program'])
    const set = ['CFLAGS=-O1', 'LDFLAGS=-Wl,-z,now', 'AR=gcc-ar']
    assert.ok(tree.ran(['build', ...set]).includes('build/libown.a'))
    const compiledAgain = tree.ran(['build', ...set, 'CC=clang'])
    assert.equal(
      compiledAgain.filter((path) => path.endsWith('.o')),
      compiled,
    )
    assert.match(tree.run(['build', ...set, 'CC=clang']).stdout, /nothing to do/)
  },
)

test('a bpftool that is built is made before the command that starts it, and starts it again', () => {
  using tree = new Tree()
  tree.tasks(`
const maker = edge({ rule: 'COPY', outputs: ['build/tool'], inputs: ['tool.sh'], command: ['cp', 'tool.sh', 'build/tool'] })
const said = edge({ rule: 'GEN', outputs: ['build/said'], command: [derive([], () => maker), 'x'], captureStdout: true })
await main({ build: task('Build', [said]) })`)
  tree.write('tool.sh', '#!/bin/sh\necho one\n')
  fs.chmodSync(tree.at('tool.sh'), 0o755)
  assert.equal(tree.ran(['build']), ['build/said', 'build/tool'])
  assert.is(tree.read('build/said'), 'one\n')
  assert.equal(tree.ran(['build']), [])
  tree.write('tool.sh', '#!/bin/sh\necho two\n')
  assert.equal(tree.ran(['build']), ['build/said', 'build/tool'])
  assert.is(tree.read('build/said'), 'two\n')
})

test.run()
