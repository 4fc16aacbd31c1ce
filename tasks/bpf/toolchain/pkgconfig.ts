// Libraries as pkg-config tells of them: the flags of compiles and links, or by other words without it.
import {
  type Arg,
  checkOptions,
  checks,
  type Derived,
  derive,
  described,
  optional,
  probe,
  splitWords,
  UserError,
  wrong,
} from '../../engine/index.ts'
import type { Feature } from './compilerprobes.ts'
import { hostFeatures, required, targetFeatures } from './libraryfeatures.ts'
import { pcFilesOf, pcFolders, pkgConfigEnvironment } from './pcfiles.ts'
import { host, type Platform, target } from './platform.ts'
import { isOn, settings } from './settings.ts'

/** What pkg-config said: words, or why there are none. */
type Said = { readonly words: readonly string[] } | { readonly lack: string }

/**
 * Asked of pkg-config, and remembered until it, a variable that it reads, or a .pc file that it read is another.
 * @param asked packages, each with the version that it must have: `libnl-3.0 >= 3.2`
 */
function answerOf(
  { pkgConfig }: Platform,
  question: '--cflags' | '--libs',
  asked: readonly string[],
  more: readonly string[] = [],
): Derived<Said> {
  const names = asked.map((one) => one.split(' ')[0] ?? '')
  const files = pcFilesOf(names, pcFolders(pkgConfig))
  const answer = derive([files], (inputs) =>
    derive(
      [
        probe({
          name: `${question} of ${asked.join(', ')}`,
          command: [pkgConfig, '--print-errors', more, question, ...asked],
          environment: pkgConfigEnvironment,
          inputs,
          isKept: ([first]) => first === 'there',
          read: ({ status, stdout, stderr }) =>
            status === 0 ? ['there', ...splitWords(stdout, 'pkg-config')] : ['', stderr.trim()],
        }),
      ],
      ([first, ...words]): Said =>
        first === 'there' ? { words } : { lack: words[0] ?? 'pkg-config failed' },
    ),
  )
  const without = (lack: string) => derive([], (): Said => ({ lack }))
  return derive([settings.NO_PKG_CONFIG], (off) =>
    isOn(off)
      ? without('NO_PKG_CONFIG is set')
      : derive([optional(pkgConfig)], (tool) =>
          tool === undefined ? without('there is no pkg-config here') : answer,
        ),
  )
}

/**
 * How a library is looked for, and what is done without it.
 * @example
 * const options: PkgConfigOptions = { atLeast: '3.2', fallback: { libraries: ['-lnl-3'] } }
 */
export interface PkgConfigOptions {
  /** The lowest version that will do. */
  readonly atLeast?: string
  /** Without the library there are no words: ask `lack` whether it is there. */
  readonly optional?: boolean
  /** Words to use where pkg-config does not know it, or is not there. */
  readonly fallback?: { readonly flags?: readonly Arg[]; readonly libraries?: readonly Arg[] }
  /** Also what a statically linked program needs. */
  readonly static?: boolean
}

/**
 * A library: words for compiles and for links. As a feature it can be asked for, and a tool can need it.
 * @example
 * const linked = ({ flags, libraries }: PkgConfigLibrary) => bpf.loader('x.c', { flags: [flags], libraries: [libraries] })
 */
export interface PkgConfigLibrary extends Feature {
  /** For `flags` of a compile. */
  readonly flags: Derived<Arg>
  /** For `libraries` of a link. */
  readonly libraries: Derived<Arg>
}

const optionChecks = {
  atLeast: checks.text,
  optional: checks.flag,
  fallback: checks.nested('fallback', { flags: checks.list, libraries: checks.list }),
  static: checks.flag,
} as const satisfies Record<keyof PkgConfigOptions, unknown>

/**
 * A library that pkg-config knows, for the machine that is built for. It is asked again when a `.pc` file that
 * it read, or would read instead, changes.
 * @example
 * const nl = pkgConfig('libnl-3.0', { fallback: { flags: ['-I/usr/include/libnl3'], libraries: ['-lnl-3'] } })
 * const loader = bpf.loader('x.c', { flags: [nl.flags], libraries: [nl.libraries] })
 * @throws UserError, once it is asked for, where it is neither known nor optional and has no fallback
 */
export function pkgConfig(name: string, options: PkgConfigOptions = {}): PkgConfigLibrary {
  if (typeof name !== 'string' || !/^\w[\w.+-]*$/.test(name))
    throw wrong('pkgConfig is given no package', [
      ['given', described(name)],
      ['needed', "a name: pkgConfig('libnl-3.0')"],
    ])
  checkOptions(`pkgConfig ${name}`, options, optionChecks)
  const { atLeast, fallback } = options
  const asked = atLeast === undefined ? name : `${name} >= ${atLeast}`
  const more = options.static === true ? ['--static'] : []
  const answer = (question: '--cflags' | '--libs', otherwise: readonly Arg[] = []): Derived<Arg> =>
    derive([answerOf(target, question, [asked], more)], (said): readonly Arg[] => {
      if ('words' in said) return said.words
      if (fallback !== undefined || options.optional === true) return otherwise
      throw notKnown(asked, said.lack)
    })
  const there = answerOf(target, '--libs', [asked], more)
  return Object.freeze({
    name: asked,
    flags: answer('--cflags', fallback?.flags),
    libraries: answer('--libs', fallback?.libraries),
    lack: derive([there], (said) =>
      'words' in said || fallback !== undefined ? undefined : firstLine(said.lack),
    ),
  })
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

function notKnown(asked: string, said: string): UserError {
  const name = asked.split(' ')[0] ?? ''
  return new UserError({
    what: `${asked} is not known to pkg-config`,
    facts: [['it said', said]],
    hint:
      `install what brings ${name}.pc, or name its folder: PKG_CONFIG_PATH=DIR\n` +
      `or say in tasks.ts what to do without it: pkgConfig('${name}', { fallback: { libraries: […] } }), or { optional: true }`,
  })
}

const libelfAndZlib = ['libelf', 'zlib'] as const

/** Words for libelf and zlib; where there is no pkg-config, or NO_PKG_CONFIG is set, others. */
function libelfAsked(
  platform: Platform,
  question: '--cflags' | '--libs',
  otherwise: readonly string[],
): Derived<readonly string[]> {
  const said = answerOf(platform, question, libelfAndZlib)
  const none = derive([], () => otherwise)
  return derive([settings.NO_PKG_CONFIG, optional(platform.pkgConfig)], (off, tool) => {
    if (isOn(off) || tool === undefined) return none
    return derive([said], (answer) => {
      if ('words' in answer) return answer.words
      throw new UserError({
        what: 'libelf or zlib is not known to pkg-config',
        facts: [['it said', answer.lack]],
        hint: 'install their headers: npx tsx tasks.ts setup\nor ask it nothing: NO_PKG_CONFIG=1',
      })
    })
  })
}

interface LibelfWords {
  /** For compiles; fails where libelf or zlib is missing. */
  readonly flags: Arg
  /** For links. */
  readonly libraries: Arg
}

function wordsOn(platform: Platform, features: typeof targetFeatures): LibelfWords {
  const { libelfAndZlib, libelf, zlib } = features
  return {
    flags: [required(libelfAndZlib, libelf, zlib), libelfAsked(platform, '--cflags', [])],
    libraries: libelfAsked(platform, '--libs', ['-lelf', '-lz']),
  }
}

const onTarget = wordsOn(target, targetFeatures)
const onHost = wordsOn(host, hostFeatures)

/** What compiles and links with libelf and zlib need. */
export function libelfWords(platform: Platform): LibelfWords {
  return platform === host ? onHost : onTarget
}
