// vmlinux.h precompiled, for the programs that include it first: clang reads it once, not once each.
//
// https://clang.llvm.org/docs/PCHInternals.html
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import {
  type Arg,
  AskAgain,
  type Derived,
  derive,
  type Edge,
  edge,
  type Input,
  optional,
  type Probe,
  probe,
  text,
} from '../../engine/index.ts'
import {
  bpfFlags,
  colourFlags,
  compilerEnvironment,
  extraCflags,
  wordsOf,
} from '../toolchain/compileflags.ts'
import { clang } from '../toolchain/programs.ts'
import { isOn, settings } from '../toolchain/settings.ts'

const HEADER = 'vmlinux.h'

/** A program that may be compiled with the precompiled header. */
export interface Program {
  readonly source: string
  readonly output: string
  /** Folders that its headers are looked for in, first match first. */
  readonly folders: Derived<readonly string[]>
  /** Its own flags, besides those that all programs have. */
  readonly flags: readonly Arg[]
}

/** What a compile gets of it; all of it empty where the program is compiled plainly. */
export interface Precompiled {
  readonly words: Arg
  readonly file: Input
  /** Why there is none where there could be one. */
  readonly note: Arg
}

/** The precompiled header for one set of flags. */
export interface Pch {
  readonly edge: Edge
  /** Answers nothing where this clang takes part, else what it said. */
  readonly refusal: Probe
}

/** What there is to be shared. */
interface Shared {
  /** By flags. */
  readonly pchs: ReadonlyMap<string, Pch>
  /** Outputs of the programs that were looked at; undefined where none need be. */
  readonly known: ReadonlySet<string> | undefined
}

const NONE: Shared = { pchs: new Map(), known: undefined }

/**
 * Precompiled headers of one tree. A program uses one where nothing can come of it but the same
 * object: its first directive includes the vmlinux.h of `folder`, which another program with the
 * same flags does too. All that decides it is read anew by each build and becomes a part of the
 * command, so that an edit of any of these programs is noticed.
 * @param folder of vmlinux.h
 * @param made the headers of this folder so far: programs that are counted apart may share one
 * @returns what gives each program its own; programs that it was never asked for do not count
 */
export function precompiler(
  folder: string,
  header: Derived<Input | undefined>,
  made: Map<string, Pch> = new Map(),
) {
  const keys = new Map<string, Derived<string | undefined>>()
  const pchFor = (key: string): Pch => {
    const pch = made.get(key) ?? pchOf(key, folder, header)
    made.set(key, pch)
    return pch
  }
  const pchs = derive([settings.PCH, settings.VMLINUX_H], (wanted, named) => {
    if (wanted !== undefined && !isOn(wanted)) return derive([], () => NONE)
    const own = named === undefined ? derive([], () => true) : derive([text(named)], standsAlone)
    return derive([optional(clang), own], (found, alone) => {
      if (found === undefined || !alone) return derive([], () => NONE)
      if (wanted === undefined && !keepsOrder(found.version)) return derive([], () => NONE)
      const known = new Set(keys.keys())
      return derive([...keys.values()], (...all) => ({ pchs: shared(all, pchFor), known }))
    })
  })
  return (program: Program): Precompiled => {
    const key = keyOf(program, folder)
    keys.set(program.output, key)
    const pch = derive([pchs], ({ pchs: all, known }) => {
      // Declared by a pattern that was asked for since: it may be the second one.
      if (known?.has(program.output) === false) throw new AskAgain()
      if (all.size === 0) return derive([], () => undefined)
      return derive([key], (own) => (own === undefined ? undefined : all.get(own)))
    })
    const refusal = derive([pch], (found) =>
      found === undefined ? derive([], () => []) : derive([found.refusal], (said) => said),
    )
    const taken = derive([pch, refusal], (found, said) =>
      said.length === 0 ? found?.edge : undefined,
    )
    return {
      words: derive([taken], (file): Arg => (file === undefined ? [] : ['-include-pch', file])),
      file: derive([taken], (file): Input => file ?? []),
      note: derive([refusal], ([said]) =>
        said === undefined
          ? []
          : [
              `${HEADER} is read anew for each program: this clang does not precompile it (${said})`,
            ],
      ),
    }
  }
}

/** By their flags: those that two programs or more can share. */
function shared(
  keys: readonly (string | undefined)[],
  pchFor: (key: string) => Pch,
): ReadonlyMap<string, Pch> {
  const counts = new Map<string, number>()
  for (const key of keys) {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const found = new Map<string, Pch>()
  for (const [key, count] of counts) if (count > 1) found.set(key, pchFor(key))
  return found
}

/** The flags of programs that say nothing of their own. */
const USUAL = /^-g\0-O2\0-Wall\0-D__TARGET_ARCH_\w+$/

/** @param key the programs' own flags, as {@link keyOf} gives them */
function pchOf(key: string, folder: string, header: Derived<Input | undefined>): Pch {
  const own = key.split('\0').filter((word) => word !== '')
  const mark = USUAL.test(key)
    ? ''
    : `.${createHash('sha256').update(key).digest('hex').slice(0, 8)}`
  const output = `${folder}/${HEADER}${mark}.pch`
  const flags = [bpfFlags, own, extraCflags]
  return {
    edge: edge({
      rule: 'PCH',
      outputs: [output],
      inputs: [header],
      // The name under which any process has its own folder: so the file is right in a tree that was
      // moved or copied, too.
      environment: { ...compilerEnvironment, PWD: '/proc/self/cwd' },
      // Without folders to look in, so that it holds nothing that depends on where a program looks.
      command: [
        clang,
        flags,
        colourFlags,
        '-nostdinc',
        CREATE,
        `${folder}/${HEADER}`,
        '-o',
        output,
      ],
    }),
    refusal: probe({
      name: 'clang precompiles headers',
      command: ['/bin/sh', '-c', TRY, 'sh', clang, flags],
      read: ({ status, stderr }) => (status === 0 ? [] : [lastLine(stderr)]),
    }),
  }
}

/** Without a time in it: the same header gives the same bytes. */
const CREATE = ['-x', 'c-header', '-Xclang', '-fno-pch-timestamp'] as const

/** Precompiles an empty header and compiles an empty program with it. */
const TRY = `PATH=$PATH:/usr/bin:/bin
folder=$(mktemp -d) &&
"$@" ${CREATE.join(' ')} /dev/null -o "$folder/h.pch" &&
"$@" -include-pch "$folder/h.pch" -x c -c /dev/null -o "$folder/x.o"
status=$?
rm -rf "$folder"
exit $status`

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/**
 * LLVM 16 and newer number the types of BTF by where they lie in memory, which a precompiled header
 * changes: the programs are the same, their bytes are not. (BTFDebug.h: a map by pointer.)
 */
function keepsOrder(version: string): boolean {
  return Number.parseInt(version, 10) < 16
}

/** The program's own flags as one text; undefined where it must be compiled plainly. */
function keyOf({ source, folders, flags }: Program, folder: string): Derived<string | undefined> {
  return derive([text(source)], (said) => {
    const written = said === undefined ? undefined : firstInclude(said)
    if (written === undefined) return derive([], () => undefined)
    return derive([folders, wordsOf(flags), extraCflags], (places, own, extra) => {
      const at = places.indexOf(folder)
      const known = own !== undefined && [...own, ...extra].every((word) => HARMLESS.test(word))
      if (at === -1 || !known) return derive([], () => undefined)
      // A file of that name that comes first is another header.
      const before = written === 'quoted' ? [posix.dirname(source), ...places] : places
      const first = before
        .slice(0, before.indexOf(folder))
        .map((place) => text(`${place}/${HEADER}`))
      return derive(first, (...other) =>
        other.every((found) => found === undefined) ? own.join('\0') : undefined,
      )
    })
  })
}

/** Flags that do the same to a precompiled header as to one that is included. */
const HARMLESS =
  /^(?:-[DUI][^\s].*|-O[0-3sz]?|-g\d?|-W(?:no-)?[a-z][\w-]*(?:=[\w-]+)?|-m(?:little|big)-endian|-std=\S+|-mcpu=\S+|-f(?:no-)?(?:stack-protector|strict-aliasing|common|wrapv|unroll-loops))$/

/** How the first directive of a source includes vmlinux.h, before anything else; undefined: not. */
export function firstInclude(text: string): 'quoted' | 'angled' | undefined {
  const [, name] = FIRST_INCLUDE.exec(text) ?? []
  if (name === undefined) return undefined
  return name.startsWith('"') ? 'quoted' : 'angled'
}

const BLANK = '(?:[ \\t]|/\\*(?:[^*]|\\*(?!/))*\\*/)*'
const FIRST_INCLUDE = new RegExp(
  `^(?:${BLANK}(?://[^\\n\\\\]*)?\\r?\\n)*${BLANK}#[ \\t]*include[ \\t]*("vmlinux\\.h"|<vmlinux\\.h>)${BLANK}(?://[^\\n]*)?\\r?(?:\\n|$)`,
)

/** Can a header of the user's be included twice, and does it include nothing itself? */
function standsAlone(header: string | undefined): boolean {
  if (header === undefined) return false
  const guard =
    /^(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\n]*\n)*#ifndef[ \t]+(\w+)\s+#define[ \t]+(\w+)/.exec(
      header,
    )
  return guard !== null && guard[1] === guard[2] && !/^[ \t]*#[ \t]*include/m.test(header)
}
