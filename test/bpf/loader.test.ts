// C of user space: what is compiled, what is linked, and in which order.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { extraLdflags } from '../../tasks/bpf/compile.ts'
import { bpfRules } from '../../tasks/bpf/index.ts'
import { loaderProgram, userObject } from '../../tasks/bpf/loader.ts'
import { libbpfArchive } from '../../tasks/bpf/probe.ts'
import { cc } from '../../tasks/bpf/toolchain.ts'
import { derive } from '../../tasks/engine/index.ts'
import { flattened } from '../support/declared.ts'

/** A libbpf that the compiler finds by itself. */
const libbpf = derive([], () => ({
  includes: [],
  headers: [],
  archive: libbpfArchive,
  archiveFile: derive([libbpfArchive], (paths) => paths),
}))

test('an object is compiled by cc, with warnings and a depfile', () => {
  const edge = userObject('h/a.c', 'out/a.o', { libbpf, includes: ['include'], flags: ['-DFLAG'] })
  const words = flattened(edge.command)
  assert.is(words[0], cc)
  assert.ok(words.includes('-Wall') && words.includes('-Wextra') && words.includes('-DFLAG'))
  assert.is(words[words.indexOf('-I') + 1], 'include')
  assert.equal(words.slice(-7), ['-MD', '-MF', 'out/a.o.d', '-c', 'h/a.c', '-o', 'out/a.o'])
  assert.is(edge.depfile, 'out/a.o.d')
  assert.not.ok(words.includes(libbpfArchive))
})

test('libbpf comes after what needs it, and what it needs comes after it', () => {
  const object = userObject('a.c', 'out/a.o', { libbpf })
  const edge = loaderProgram('x.c', 'out/x', { libbpf, objects: [object] })
  const words = flattened(edge.command)
  const order = ['x.c', object, libbpfArchive, '-lelf', '-lz', extraLdflags, '-o', 'out/x']
  const places = order.map((word) => words.indexOf(word))
  assert.not.ok(places.includes(-1))
  assert.equal(
    places,
    [...places].sort((a, b) => a - b),
  )
  assert.is(edge.depfile, 'out/x.d')
})

test('objects and libbpf are inputs: another one links again', () => {
  const object = userObject('a.c', 'out/a.o', { libbpf })
  const edge = loaderProgram('x.c', 'out/x', { libbpf, objects: [object] })
  const inputs = flattened(edge.inputs)
  assert.ok(inputs.includes('x.c') && inputs.includes(object))
  const archives = inputs.filter(
    (input) =>
      typeof input === 'object' &&
      input !== null &&
      'from' in input &&
      Array.isArray(input.from) &&
      input.from.includes(libbpfArchive),
  )
  assert.is(archives.length, 1)
})

test('objects of a project are beside its programs', () => {
  const project = bpfRules({ out: 'out' }).project('demo')
  assert.is(project.userObject('src/helpers/a.c').output.path, 'out/demo/a.o')
})

test.run()
