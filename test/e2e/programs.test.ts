// Programs of user space: one source built as several, and what other settings made, cleaned.
import { spawnSync } from 'node:child_process'
import { type Test, test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

const withCc = (name: string, body: () => void): void =>
  inPath('cc') ? test(name, body) : skip(test as Test, name, 'no cc here')

withCc('one source is several programs, each with its own object', () => {
  using tree = new Tree()
  tree.tasks(`
const bpf = bpfRules({ vmlinux: 'none', user: { libbpf: 'none' } })
const programs = ['one', 'two'].map((name) =>
  bpf.loader('x.c', { output: name, defines: { NAME: '"' + name + '"' } }))
await main({ build: task('Build', [programs, bpf.loader('x.c')]) }, bpf.mainOptions)`)
  tree.write(
    'x.c',
    '#ifndef NAME\n#define NAME "x"\n#endif\n#include <stdio.h>\nint main(void) { return puts(NAME) < 0; }\n',
  )
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  for (const name of ['one', 'two', 'x']) {
    const { stdout } = spawnSync(tree.at(`build/${name}`), { encoding: 'utf8' })
    assert.is(stdout, `${name}\n`)
    assert.ok(tree.exists(`build/${name}.o`))
  }
})

withCc('clean of a tree removes what other settings made, and nothing that changed since', () => {
  using tree = new Tree()
  tree.tasks(`
const { treeTasks } = await import('${repository}/tasks/bpf/index.ts')
const bpf = bpfRules({ vmlinux: 'none', user: { libbpf: 'none' } })
const extra = setting('EXTRA', 'build another one')
const list = edge({ rule: 'LIST', outputs: ['build/list'], captureStdout: true, command: ['echo', 'x'],
  inputs: [derive([extra], (set) => set === undefined ? [] : [bpf.userObject('more.c'), bpf.userObject('kept.c')])] })
await main({ ...treeTasks(bpf, [bpf.loader('x.c')]), list: task('List', [list]) },
  { ...bpf.mainOptions, settings: [...bpf.settings, extra] })`)
  for (const name of ['x', 'more', 'kept'])
    tree.write(`${name}.c`, 'int main(void) { return 0; }\n')
  assert.is(tree.run(['build']).status, 0)
  assert.is(tree.run(['list', 'EXTRA=1']).status, 0)
  tree.write('build/own.txt', 'of the user')
  tree.write('build/kept.o', 'changed by the user')
  const { status, stdout } = tree.run(['clean'])
  assert.is(status, 0)
  assert.match(stdout, /^removed build\/more\.o$/m)
  for (const path of ['build/x', 'build/x.o', 'build/more.o', 'build/list'])
    assert.not.ok(tree.exists(path), path)
  assert.is(tree.read('build/own.txt'), 'of the user')
  assert.is(tree.read('build/kept.o'), 'changed by the user')
})

test.run()
