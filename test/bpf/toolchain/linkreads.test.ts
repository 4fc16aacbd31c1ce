// What a link reads besides what it names, with a linker that says so and with one that does not.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cc, linkReads } from '../../../tasks/bpf/toolchain/index.ts'
import { librariesOf, libraryFolders } from '../../../tasks/bpf/toolchain/linkreads.ts'
import { FakeMachine } from '../../support/fakemachine.ts'

const ASKED = 'the linker writes a dependency file'
const flags = ['-O2', '-Lone', '-L', 'two', '-lfoo', '-Wl,-z,now', '-l', 'stdc++', '-l:libbar.a.3']

test('folders and libraries are found however they are written, in order', () => {
  assert.equal(libraryFolders(flags), ['one', 'two'])
  assert.equal(libraryFolders(['-L=/usr/lib', '-L']), [])
  assert.equal(
    librariesOf(flags),
    ['one', 'two'].flatMap((folder) =>
      ['libfoo.{so,a}', 'libstdc\\+\\+.{so,a}', 'libbar.a.3'].map((name) => `${folder}/${name}`),
    ),
  )
  assert.equal(librariesOf(['-Lfolder(1)', '-lx']), ['folder\\(1\\)/libx.{so,a}'])
})

test('a linker that can is told to write what it reads', () => {
  const machine = new FakeMachine()
  machine.says[ASKED] = ['-Wl,--dependency-file=']
  machine.disk.put('two/libfoo.a', '')
  const reads = linkReads(cc, flags, 'build/x')
  assert.is(reads.depfile, 'build/x.d')
  assert.equal(machine.words(reads.words), ['-Wl,--dependency-file=build/x.d'])
  assert.is(machine.words(reads.depfileIf).length, 1)
  assert.equal(machine.paths(reads.inputs), [])
})

test('with another one, the libraries of -l in the folders of -L are inputs', () => {
  const machine = new FakeMachine()
  machine.says[ASKED] = []
  for (const path of ['two/libfoo.a', 'two/libfoo.so', 'two/libother.a', 'one/libbar.a.3'])
    machine.disk.put(path, '')
  const reads = linkReads(cc, flags, 'build/x')
  assert.equal(machine.words(reads.words), [])
  assert.equal(machine.words(reads.depfileIf), [])
  assert.equal(machine.paths(reads.inputs).sort(), [
    'one/libbar.a.3',
    'two/libfoo.a',
    'two/libfoo.so',
  ])
})

test.run()
