// What the tree that is killed builds: a header, objects, an archive, a copy of it, a checksum.
import { edge, type Tasks, task } from '../../tasks/engine/index.ts'

export const BUILD = 'build'
/** The functions of the program besides main, a source each. */
export const PARTS = ['one', 'two'] as const
/** The files that have two texts. */
export const EDITED = ['src/a.in', 'src/one.c'] as const

const header = edge({
  rule: 'CAT',
  outputs: [`${BUILD}/made.h`],
  inputs: ['src/a.in', 'src/b.in'],
  command: ['cat', 'src/a.in', 'src/b.in'],
  captureStdout: true,
})

const objects = ['main', ...PARTS].map((name) => {
  const [from, to] = [`src/${name}.c`, `${BUILD}/objects/${name}.o`]
  const depfile = `${BUILD}/objects/${name}.d`
  const flags = ['-O0', '-I', BUILD, '-MD', '-MF', depfile]
  const more = { orderOnly: [header], depfile, searchPath: [BUILD] }
  const command = ['cc', ...flags, '-c', from, '-o', to]
  return edge({ rule: 'CC', outputs: [to], inputs: [from], command, ...more })
})

const archive = edge({
  rule: 'AR',
  outputs: [`${BUILD}/all.a`],
  inputs: objects,
  command: ['ar', 'rcsD', `${BUILD}/all.a`, objects],
  fresh: true,
})

const copy = edge({
  rule: 'COPY',
  outputs: [`${BUILD}/copy/all.a`],
  inputs: [archive],
  command: ['cp', archive, `${BUILD}/copy/all.a`],
})

const sum = edge({
  rule: 'SUM',
  outputs: [`${BUILD}/sum`],
  inputs: [copy, header],
  command: ['cksum', copy, header],
  captureStdout: true,
})

export const killedTasks = {
  build: task('Build what will be killed', [sum]),
} satisfies Tasks
