// The example in Go is built to what bpf2go and Go make by its Makefile, and exactly again.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Example } from '../support/example.ts'
import { GO, goLack } from '../support/go.ts'
import { inPath, skip, testWith } from '../support/needs.ts'

const lack = goLack ?? (inPath('make') ? undefined : 'no make here')
const withGo = (name: string, body: () => void): void =>
  lack === undefined ? testWith(test, ['clang'], name, body) : skip(test, name, lack)

/** Its code, without what only says who wrote it. */
function declarations(text: string): string[] {
  return text.split('\n').filter((line) => /^(func|type|var) /.test(line))
}

withGo('objects have the bytes of bpf2go, and what Go declares of them is the same', () => {
  using example = new Example('go-agent')
  const files = ['drop_bpfel.o', 'drop_bpfeb.o', 'drop_bpfel.go', 'drop_bpfeb.go']
  const built = example.run(['build'], GO)
  assert.is(built.status, 0, built.stdout + built.stderr)
  assert.match(example.run(['build'], GO).stdout, /nothing to do/)
  const ours = example.bytes(files)
  assert.is(example.run(['clean']).status, 0)
  for (const path of ['agent', ...files]) assert.not.ok(example.exists(path), path)
  const made = example.makeWith(GO)
  assert.is(made.status, 0, made.stdout + made.stderr)
  for (const [path, theirs] of example.bytes(files)) {
    const own = ours.get(path) ?? Buffer.of()
    if (path.endsWith('.o')) assert.ok(own.equals(theirs), path)
    else assert.equal(declarations(String(own)), declarations(String(theirs)), path)
  }
})

withGo('what changes is made again, and Go decides for itself', () => {
  using example = new Example('go-agent')
  assert.is(example.run(['build'], GO).status, 0)
  const objects = ['big', 'little'].map((endian) => `.output/${endian}/drop.tmp.bpf.o`)
  const agent = fs.readFileSync(example.at('agent'))
  example.write('bpf/drop.h', `${example.read('bpf/drop.h')}/* a comment */\n`)
  const compiled = example.ran(['build'], GO)
  for (const object of objects) assert.ok(compiled.includes(object), compiled.join(' '))
  assert.not.ok(compiled.includes('drop_bpfel.o'), 'the same object')
  assert.ok(fs.readFileSync(example.at('agent')).equals(agent))
  example.write('bpf/drop.h', example.read('bpf/drop.h').replace('PORTS 64', 'PORTS 32'))
  assert.ok(example.ran(['build'], GO).includes('drop_bpfel.o'))
  assert.not.ok(fs.readFileSync(example.at('agent')).equals(agent))
  assert.match(example.run(['build'], GO).stdout, /nothing to do/)
})

if (lack !== undefined) skip(test, 'the agent loads its program', lack)
else
  testWith(test, ['clang', 'root', 'bpf'], 'the agent loads its program', () => {
    using example = new Example('go-agent')
    assert.is(example.run(['build'], GO).status, 0)
    const { stdout, stderr } = spawnSync(example.at('agent'), { encoding: 'utf8' })
    const lines = [
      'port 7: dropped true, seen 1',
      'port 8: dropped false, seen 1',
      'port 9: dropped false, seen 0',
    ]
    assert.is(stdout, `${lines.join('\n')}\n`, stderr)
  })

test.run()
