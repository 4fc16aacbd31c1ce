// What all compiles share: flags of the user, and the environment that compilers read.
import {
  type Arg,
  type Askable,
  cosmetic,
  type Derived,
  derive,
  type Setting,
  setting,
  splitWords,
} from '../../engine/index.ts'
import { bpfTarget } from './compilerprobes.ts'
import { settings } from './settings.ts'

/** The words of a setting that holds flags; none where it is not set. */
export function flagsOf(flags: Setting) {
  return derive([flags], (text) => (text === undefined ? [] : splitWords(text, flags.name)))
}

export const extraCflags = flagsOf(settings.EXTRA_CFLAGS)
export const extraLdflags = flagsOf(settings.EXTRA_LDFLAGS)

/** Diagnostics in colour where a person reads them; never a reason to compile again. */
export const colourFlags = cosmetic('-fdiagnostics-color=always')

/** Environment that compilers read: handed on, and recorded, so that a change is noticed. */
export const compilerEnvironment: Readonly<Record<string, Arg>> = Object.fromEntries(
  [
    'CPATH',
    'C_INCLUDE_PATH',
    'LIBRARY_PATH',
    'COMPILER_PATH',
    'GCC_EXEC_PREFIX',
    'SOURCE_DATE_EPOCH',
  ].map((name) => [name, setting(name, `read by compilers`)]),
)

/** What every compile of a BPF program has. */
export const bpfFlags: Arg = ['-target', 'bpf', bpfTarget]

/** Flags as words, where they are made of nothing but words and values of words; else undefined. */
export function wordsOf(flags: readonly Arg[]): Derived<readonly string[] | undefined> {
  const parts = flags.map((flag): Askable => {
    if (isList(flag)) return wordsOf(flag)
    if (typeof flag === 'string') return derive([], () => [flag])
    return flag.kind === 'setting' || flag.kind === 'derived' ? flag : derive([], () => undefined)
  })
  return derive(parts, (...answers) => {
    const words = answers.flat(8)
    return words.every((word) => typeof word === 'string') ? words : undefined
  })
}

function isList(arg: Arg): arg is readonly Arg[] {
  return Array.isArray(arg)
}
