// libelf and zlib as pkg-config tells of them, or by their plain names without it.
import { type Arg, derive, optional, probe, splitWords, UserError } from '../engine/index.ts'
import { libelf, required, zlib } from './features.ts'
import { isOn, settings } from './settings.ts'
import { pkgConfig } from './toolchain.ts'

const libraries = ['libelf', 'zlib'] as const

/** Words of `pkg-config`; where there is none, or NO_PKG_CONFIG is set, others. */
function asked(question: '--cflags' | '--libs', otherwise: readonly string[]) {
  const answer = probe({
    name: `${question} of libelf and zlib`,
    command: [pkgConfig, question, ...libraries],
    read: ({ status, stdout, stderr }) => {
      if (status === 0) return splitWords(stdout, 'pkg-config')
      throw new UserError({
        what: 'libelf or zlib is not known to pkg-config',
        facts: [['it said', stderr.trim()]],
        hint: 'install their headers: npx tsx tasks.ts setup\nor ask it nothing: NO_PKG_CONFIG=1',
      })
    },
  })
  return derive([settings.NO_PKG_CONFIG], (without) =>
    isOn(without)
      ? otherwise
      : derive([optional(pkgConfig)], (found) =>
          found === undefined ? otherwise : derive([answer], (words) => words),
        ),
  )
}

/** What compiles with libelf and zlib need, which must be there. */
export const libelfFlags: Arg = [required(libelf, zlib), asked('--cflags', [])]

/** What links with libelf and zlib need. */
export const libelfLibraries = asked('--libs', ['-lelf', '-lz'])
