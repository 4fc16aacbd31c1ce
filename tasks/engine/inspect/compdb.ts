// compile_commands.json, by which clangd and others know how each source is compiled.
//
// https://clang.llvm.org/docs/JSONCompilationDatabase.html
import { parseJson, UserError } from '../base/index.ts'
import type { Planned } from '../build/index.ts'
import type { Node } from '../decide/index.ts'
import type { Arg } from '../declare/index.ts'
import type { Disk } from '../files/index.ts'

export const COMPDB = 'compile_commands.json'

interface Entry {
  readonly directory: string
  readonly file: string
  readonly output: string
  readonly arguments: readonly string[]
}

/**
 * An entry for each edge that says what it read (it has a depfile) and names a source in its
 * command: that is a compile. Entries of edges whose commands cannot be told now stay as they were.
 */
export function compdbText({ graph, answers }: Planned, disk: Disk): string {
  const before = readEntries(disk)
  const entries = graph.nodes.flatMap((node): Entry[] => {
    if (node.edge.depfile === undefined) return []
    let words: string[]
    try {
      // A tool stands for the words that call it; cosmetic words are left out where one is named.
      words = answers.words(listed(node.edge.command), (_tool, found) => found.words)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      // Its tool is missing, or a question is open that only a build asks.
      return before.filter(({ output }) => output === node.name)
    }
    return sourcesIn(node, words).map((file) => ({
      directory: disk.at(node.edge.directory === '.' ? disk.root : node.edge.directory),
      file,
      output: node.name,
      arguments: words,
    }))
  })
  return `${JSON.stringify(entries, null, 2)}\n`
}

/** Brings the file up to date where there is one. */
export function keepCompdb(planned: Planned, disk: Disk): void {
  if (!disk.exists(COMPDB)) return
  const text = compdbText(planned, disk)
  if (disk.read(COMPDB)?.toString() !== text) disk.write(COMPDB, text)
}

function sourcesIn(node: Node, words: readonly string[]): string[] {
  // An archive or object that is linked in is a file of the command too, but none that one edits, and of
  // headers only those that are not made.
  return node.inputs
    .filter(({ path, producer }) => {
      const isSource = /\.(c|cc|cpp|cxx|S|s)$/.test(path)
      return (isSource || (producer === undefined && path.endsWith('.h'))) && words.includes(path)
    })
    .map(({ path }) => path)
}

/** A command without what is of no use to others. */
function listed(command: readonly Arg[]): Arg[] {
  return command.flatMap((arg): Arg[] => {
    if (isList(arg)) return listed(arg)
    return typeof arg === 'object' && arg.kind === 'unlisted' ? [] : [arg]
  })
}

function isList(arg: Arg): arg is readonly Arg[] {
  return Array.isArray(arg)
}

function readEntries(disk: Disk): Entry[] {
  const data = parseJson(String(disk.read(COMPDB)))
  return Array.isArray(data) ? data.filter((entry) => typeof entry?.output === 'string') : []
}
