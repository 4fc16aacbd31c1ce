// The text of a depfile to the paths in it. Pure: knows make's syntax, not files.

/** Where a depfile is not one: both counted from 1. */
export interface DepfileFailure {
  readonly line: number
  readonly column: number
  readonly what: string
}

export type Depfile =
  | { readonly ok: true; readonly paths: readonly string[] }
  | { readonly ok: false; readonly failure: DepfileFailure }

const NUL = 0
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const HASH = 35
const DOLLAR = 36
const COLON = 58
const BACKSLASH = 92

/**
 * Every prerequisite of every rule in the text, once, in order. Targets are not returned, so
 * the phony lines of `-MP`, which have no prerequisite, add nothing.
 *
 * As GCC and Clang write them (libcpp/mkdeps.cc, clang/lib/Frontend/DependencyFile.cpp): `\` before
 * a newline continues the line; `\ ` and `\#` are a space and a hash sign; `$$` is a dollar sign;
 * `\:` is a colon; before a space, each pair of backslashes is one; any other backslash is itself.
 * A colon ends the targets where white space or the end of the line follows it, so a drive letter
 * (`C:/x`) does not.
 */
export function parseDepfile(text: string): Depfile {
  const paths = new Set<string>()
  const end = text.length
  let at = 0
  let line = 1
  let lineStart = 0
  let inTargets = true
  let targets = 0
  const fail = (position: number, what: string): Depfile => ({
    ok: false,
    failure: { line, column: position - lineStart + 1, what },
  })
  const newLine = (next: number): void => {
    line++
    lineStart = next
  }
  /** Length of a line end at a position: 0, 1, or 2 for CR LF. */
  const lineEnd = (position: number): number => {
    const code = text.charCodeAt(position)
    if (code === LF) return 1
    return code === CR && text.charCodeAt(position + 1) === LF ? 2 : 0
  }
  while (at < end) {
    const code = text.charCodeAt(at)
    if (code === SPACE || code === TAB) {
      at++
      continue
    }
    const ended = lineEnd(at)
    if (ended > 0) {
      if (inTargets && targets > 0) return fail(at, 'a rule without a colon')
      at += ended
      newLine(at)
      inTargets = true
      targets = 0
      continue
    }
    if (code === BACKSLASH && lineEnd(at + 1) > 0) {
      at += 1 + lineEnd(at + 1)
      newLine(at)
      continue
    }
    if (inTargets && code === COLON) {
      if (targets === 0) return fail(at, 'a colon without a target')
      inTargets = false
      at++
      continue
    }
    // One word. `plain` is where the part begins that can be taken over as it stands.
    const start = at
    let word = ''
    let plain = at
    scan: while (at < end) {
      const c = text.charCodeAt(at)
      switch (c) {
        case NUL:
          return fail(at, 'a NUL byte')
        case SPACE:
        case TAB:
        case LF:
          break scan
        case CR:
          if (text.charCodeAt(at + 1) === LF) break scan
          at++
          break
        case COLON: {
          if (!inTargets) {
            at++
            break
          }
          const next = text.charCodeAt(at + 1)
          const closes =
            at + 1 >= end ||
            next === SPACE ||
            next === TAB ||
            next === BACKSLASH ||
            lineEnd(at + 1) > 0
          if (closes && !(next === BACKSLASH && lineEnd(at + 2) === 0)) break scan
          at++
          break
        }
        case DOLLAR:
          if (text.charCodeAt(at + 1) === DOLLAR) {
            word += text.slice(plain, at + 1)
            at += 2
            plain = at
          } else at++
          break
        case BACKSLASH: {
          let run = at
          while (text.charCodeAt(run) === BACKSLASH) run++
          const count = run - at
          const next = text.charCodeAt(run)
          if (next === SPACE || next === TAB) {
            // Pairs are backslashes; one that is left over makes the space a part of the name.
            word += text.slice(plain, at) + '\\'.repeat(count >> 1)
            at = run
            plain = run
            if (count % 2 === 0) break scan
            at++
            break
          }
          if (lineEnd(run) > 0) {
            word += text.slice(plain, run - 1)
            at = run - 1
            plain = at
            break scan
          }
          if (next === HASH || next === COLON) {
            word += text.slice(plain, run - 1)
            plain = run
            at = run + 1
            break
          }
          at = run
          break
        }
        default:
          at++
      }
    }
    word += text.slice(plain, at)
    if (word === '') return fail(start, 'an empty name')
    if (inTargets) targets++
    else paths.add(word)
  }
  if (inTargets && targets > 0) return fail(at, 'a rule without a colon')
  return { ok: true, paths: [...paths] }
}
