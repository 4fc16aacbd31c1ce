// Failures and diagnostics of compilers as GitHub's workflow commands, so that it shows them at their lines.

import type { FailureBlock } from '../base/index.ts'

/** `file:line:column: error: text`, as GCC, clang and others write it. */
const DIAGNOSTIC =
  /^(?<file>[^\s:][^:\n]*):(?<line>\d+):(?:(?<column>\d+):)? (?:fatal )?(?<level>error|warning): (?<text>.+)$/gm

/** `file:line` or `file:line:column`. */
const PLACE = /^(?<file>[^:\n]+):(?<line>\d+)(?::(?<column>\d+))?/

/**
 * The lines for GitHub that a command's output asks for, each diagnostic once.
 * @param output what the command wrote, colours included
 * @param title what was being done
 * @param folder where GitHub has the tree, relative to the repository; '' where it is the same
 */
export function annotations(output: string, title: string, folder: string): string[] {
  const lines = new Set<string>()
  for (const { groups } of output.replace(/\u001b\[[\d;]*[mK]/g, '').matchAll(DIAGNOSTIC)) {
    const { file = '', line = '', column, level = '', text = '' } = groups ?? {}
    const properties = [
      `file=${property(file.startsWith('/') ? file : folder + file)}`,
      `line=${line}`,
      ...(column === undefined ? [] : [`col=${column}`]),
      `title=${property(title)}`,
    ]
    lines.add(`::${level} ${properties.join(',')}::${escaped(text)}`)
  }
  return [...lines]
}

/**
 * The line for GitHub that a failure asks for: at its place, which it has itself or in a fact `at`, else without one.
 * @param folder as for {@link annotations}
 */
export function failureAnnotation({ what, facts = [], at }: FailureBlock, folder: string): string {
  const of = new Map(facts)
  const place = at === undefined ? (of.get('at') ?? '') : `${at.file}:${at.line}`
  const { file, line, column } = PLACE.exec(place)?.groups ?? {}
  const title = of.has('reason') ? [`title=${property(what)}`] : []
  const where =
    file === undefined || line === undefined
      ? []
      : [
          `file=${property(file.startsWith('/') ? file : folder + file)}`,
          `line=${line}`,
          ...(column === undefined ? [] : [`col=${column}`]),
        ]
  const properties = [...where, ...title].join(',')
  return `::error${properties === '' ? '' : ` ${properties}`}::${escaped(of.get('reason') ?? what)}`
}

/** docs.github.com, “Workflow commands for GitHub Actions”; the escapes are those of its toolkit. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
