// What is said of a source that is not there.
import { UserError } from '../base/index.ts'
import type { Files } from './files.ts'
import type { Dependency, Node } from './graph.ts'

export function missingSource({ path, hint }: Dependency, node: Node, files: Files): UserError {
  const type = files.stat(path)?.type
  const isNothing = type === undefined
  return new UserError({
    what: isNothing
      ? `${path} ${files.disk.whyMissing(path)}, and no edge makes it`
      : `${path} is a ${type}, not a file`,
    facts: [['needed by', `${node.edge.rule} ${node.name}`]],
    hint:
      hint ?? (isNothing ? 'put the file there, or correct its name in the tasks' : 'name a file'),
  })
}
