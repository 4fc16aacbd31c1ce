// vmlinux.h precompiled: clang reads it once for all programs that it compiles with the same words.
//
// https://clang.llvm.org/docs/PCHInternals.html
import { createHash } from 'node:crypto'
import { type Arg, type Derived, derive, type Edge, edge } from '../../engine/index.ts'
import { compilerEnvironment, isOn, settings, wordsOf } from '../toolchain/index.ts'
import type { VmlinuxChoice } from './vmlinux.ts'

/** The compile of a program, as far as that of the header must be the same. */
export interface ProgramCompile {
  /** What the tree says: `true` asks for it, `false` refuses it, whatever PCH is set to. */
  readonly pch: boolean | undefined
  /** The command, up to the words that name the program and its outputs. */
  readonly words: readonly Arg[]
  readonly searchPath: readonly Arg[]
}

/** The precompiled header for a program; undefined where nobody asked for one. */
export type Precompiler = (compile: ProgramCompile) => Derived<Edge<'PCH'> | undefined>

/**
 * What gives each program of a tree its precompiled header. Clang takes one only with the flags that
 * it was made with, so programs share one when every word of their compiles is the same, no matter
 * which words these are.
 * @param folder of the precompiled headers
 * @param made the headers so far, by folder and words: programs of one tree share them
 */
export function precompiler(
  folder: string,
  vmlinux: Derived<VmlinuxChoice>,
  made: Map<string, Edge<'PCH'>>,
): Precompiler {
  return ({ pch, words, searchPath }) => {
    const none = derive([], (): Edge<'PCH'> | undefined => undefined)
    return derive([settings.PCH], (set) => {
      if (pch === false || !(set === undefined ? pch : isOn(set))) return none
      return derive([vmlinux, wordsOf(words)], ({ header }, same) => {
        if (header === undefined) return undefined
        const mark = createHash('sha256').update(JSON.stringify(same)).digest('hex').slice(0, 8)
        const output = `${folder}/vmlinux.h.${mark}.pch`
        const known = made.get(output)
        if (known !== undefined) return known
        const depfile = `${output}.d`
        const own = edge({
          rule: 'PCH',
          outputs: [output],
          inputs: [header],
          depfile,
          searchPath,
          environment: compilerEnvironment,
          // It holds absolute paths and times of the headers of this machine.
          cache: false,
          command: [words, TO_HEADER, ['-MD', '-MF', depfile], '-c', header, '-o', output],
        })
        made.set(output, own)
        return own
      })
    })
  }
}

/** Without a time in it: the same header gives the same bytes. */
const TO_HEADER = ['-x', 'c-header', '-Xclang', '-fno-pch-timestamp'] as const
