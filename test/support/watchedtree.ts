// A small tree to watch: two sources with headers, and a list by pattern; and files saved at once.
import { mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { Tree } from './tree.ts'

/** A stand-in for a compiler: joins a.c and what it names, and says what it read. */
const CC =
  'set -e; read head < $0; for f in $0 $head; do cat $f; done > $1; echo "$1: $0 $head" > $1.d; ! grep -q BAD $0 $head'
/** Declares `all` and `joined`. */
export const COMPILE = `
const compile = (name) => edge({
  rule: 'CC', outputs: ['build/' + name + '.o'], inputs: ['src/' + name + '.c'],
  depfile: 'build/' + name + '.o.d',
  command: ['sh', '-c', ${JSON.stringify(CC)}, 'src/' + name + '.c', 'build/' + name + '.o'],
})
const all = [compile('a'), compile('b')]
const joined = edge({ rule: 'CAT', outputs: ['build/list'], inputs: [glob('lists/*.txt')],
  command: ['sh', '-c', 'cat "$@" > build/list', 'sh', glob('lists/*.txt')] })
`

/** At once, so that one save is one change however slow the machine is. */
export function save(tree: Tree, path: string, text: string): void {
  tree.write('build/saved', text)
  mkdirSync(dirname(tree.at(path)), { recursive: true })
  renameSync(tree.at('build/saved'), tree.at(path))
}

export function project(): Tree {
  const tree = new Tree()
  tree.tasks(`${COMPILE}await main({ build: task('Build', [all, joined]) })`)
  save(tree, 'src/a.c', 'include/a.h\n')
  save(tree, 'src/b.c', 'include/b.h\n')
  save(tree, 'include/a.h', 'A')
  save(tree, 'include/b.h', 'B')
  save(tree, 'lists/1.txt', 'one')
  return tree
}
