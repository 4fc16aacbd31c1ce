// What a command has read besides its inputs: the files in its depfile, by the names that the tree knows.
import { tmpdir } from 'node:os'
import { posix } from 'node:path'
import type { Answers } from '../answer/index.ts'
import { inTree, keptPath, normalPath, textOf, UserError } from '../base/index.ts'
import { type Graph, type Node, writesDepfile } from '../decide/index.ts'
import { type Disk, parseDepfile } from '../files/index.ts'

/** How a command may name the directory that it runs in. */
const OWN_FOLDER = '/proc/self/cwd/'

/**
 * Every file in the depfile of a node; none where it has none. The depfile is removed then: the log
 * keeps what it said.
 * @throws UserError where it is missing or malformed, or names what nothing orders before this node
 */
export function readDepfile(node: Node, graph: Graph, disk: Disk, answers: Answers): string[] {
  const { edge } = node
  if (!writesDepfile(edge, answers)) return []
  const { depfile } = edge
  const text = disk.read(depfile)
  if (text === undefined) {
    throw new UserError({
      what: 'the command succeeded but left no depfile',
      facts: [['depfile', depfile]],
      hint: 'make the command write it (-MD -MF), or take `depfile` out of the edge',
    })
  }
  const parsed = parseDepfile(textOf(text))
  if (!parsed.ok) {
    const { line, column, what } = parsed.failure
    throw new UserError({
      what: `the depfile is malformed: ${what}`,
      facts: [['at', `${depfile}:${line}:${column}`]],
      hint: `look at what the command writes there: it is kept as ${depfile}`,
    })
  }
  disk.remove(depfile)
  const named = parsed.paths.map((path) => treePath(node, path, disk))
  // What a command has put into the folder of temporary files itself, and removed, is nobody's input.
  const paths = new Set(named.filter((path) => !isTemporary(path) || disk.exists(path)))
  // By its real name too: a link must not hide which edge makes a file. The loop reaches what it adds.
  for (const path of paths) {
    const real = graph.producer(path) === undefined ? disk.realName(path) : undefined
    if (real !== undefined && graph.producer(real) !== undefined) paths.add(real)
    const producer = graph.producer(path)
    // A declared input or an output of its own is in order anyway.
    if (producer !== undefined && producer !== node && !graph.reaches(node, producer))
      throw unordered(node, path, producer, graph)
  }
  return [...paths]
}

function isTemporary(path: string): boolean {
  return path.startsWith(`${tmpdir()}/`)
}

/** The name under which the tree knows a file that a compiler names in its own way. */
function treePath(node: Node, written: string, disk: Disk): string {
  const own = written.startsWith(OWN_FOLDER) ? written.slice(OWN_FOLDER.length) : written
  const path = own.startsWith('/') ? own : posix.join(node.edge.directory, own)
  const known = keptPath(inTree(normalPath(path), disk.root))
  // `link/../x.h` is beside what the link points to, not beside the link.
  const whole = keptPath(path)
  return written.includes('..') && !disk.same(known, whole) ? whole : known
}

function unordered(node: Node, path: string, producer: Node, graph: Graph): UserError {
  const isCircle = graph.reaches(producer, node)
  return new UserError({
    what: `${node.name} reads ${path}, which another edge makes, without waiting for it`,
    facts: [
      ['made by', `${producer.edge.rule} ${producer.name}`],
      ['read by', `${node.edge.rule} ${node.name}`],
    ],
    hint: isCircle
      ? `${producer.name} needs ${node.name} itself: make one of them without the other`
      : `add ${path} to the orderOnly inputs of ${node.name}`,
  })
}
