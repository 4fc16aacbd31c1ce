// What all compiles share: the flags of the user, and those of every BPF program.
import { basename } from 'node:path'
import {
  type Arg,
  cosmetic,
  type Derived,
  derive,
  type Setting,
  splitWords,
  UserError,
} from '../../engine/index.ts'
import { bpfTarget } from './compilerprobes.ts'
import { clang } from './programs.ts'
import { settings } from './settings.ts'

/** The words of a setting that holds flags; none where it is not set. */
export function flagsOf(flags: Setting) {
  return derive([flags], (text) => (text === undefined ? [] : splitWords(text, flags.name)))
}

/** What distributions set for user space: none of it reaches a BPF program. */
export const userCflags = flagsOf(settings.CFLAGS)
export const userCxxflags = flagsOf(settings.CXXFLAGS)
export const userLdflags = flagsOf(settings.LDFLAGS)

export const extraCflags = flagsOf(settings.EXTRA_CFLAGS)
export const extraLdflags = flagsOf(settings.EXTRA_LDFLAGS)

/** Diagnostics in colour where a person reads them; never a reason to compile again. */
export const colourFlags = cosmetic('-fdiagnostics-color=always')

/** No words: it only sees to it that no distcc compiles BPF programs, which would lose the source lines of BTF. */
const notDistributed = derive([clang], ({ words }): Arg => {
  if (!words.some((word) => basename(word) === 'distcc')) return []
  throw new UserError({
    what: 'distcc drops the source lines of BTF, so it must not compile BPF programs',
    facts: [['CLANG', words.join(' ')]],
    hint: 'leave it out of CLANG; CC may have it',
  })
})

/** What every compile of a BPF program has. */
export const bpfFlags: Arg = ['-target', 'bpf', bpfTarget, notDistributed]

/**
 * The words of a command that can differ between two commands of the same tools, to compare them by.
 * Colours are left out, and a file is its path.
 */
export function wordsOf(arg: Arg | undefined): Derived<readonly string[]> {
  if (arg === undefined) return derive([], () => [])
  if (isList(arg)) return derive(arg.map(wordsOf), (...words) => words.flat())
  if (typeof arg === 'string') return derive([], () => [arg])
  switch (arg.kind) {
    case 'setting':
      return derive([arg], (value) => (value === undefined ? [] : [value]))
    case 'probe':
    case 'glob':
      return derive([arg], (words) => words)
    case 'derived':
      return derive([arg], wordsOf)
    case 'edge':
      return derive([], () => arg.outputs.map(({ path }) => path))
    case 'source':
    case 'output':
      return derive([], () => [arg.path])
    case 'tool':
      return derive([], () => [arg.name])
    case 'unlisted':
      return wordsOf(arg.words)
    case 'cosmetic':
      return derive([], () => [])
    default:
      return arg satisfies never
  }
}

function isList(arg: Arg): arg is readonly Arg[] {
  return Array.isArray(arg)
}
