// libelf and zlib as pkg-config tells of them, or by their plain names without it.
import { type Arg, derive, optional, probe, splitWords, UserError } from '../../engine/index.ts'
import { hostFeatures, required, targetFeatures } from './libraryfeatures.ts'
import { host, type Platform, target } from './platform.ts'
import { isOn, settings } from './settings.ts'

const libraries = ['libelf', 'zlib'] as const

/** Words of `pkg-config`; where there is none, or NO_PKG_CONFIG is set, others. */
function asked(
  { pkgConfig }: Platform,
  question: '--cflags' | '--libs',
  otherwise: readonly string[],
) {
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

interface LibelfWords {
  /** For compiles; fails where libelf or zlib is missing. */
  readonly flags: Arg
  /** For links. */
  readonly libraries: Arg
}

function wordsOn(platform: Platform, features: typeof targetFeatures): LibelfWords {
  const { libelfAndZlib, libelf, zlib } = features
  return {
    flags: [required(libelfAndZlib, libelf, zlib), asked(platform, '--cflags', [])],
    libraries: asked(platform, '--libs', ['-lelf', '-lz']),
  }
}

const onTarget = wordsOn(target, targetFeatures)
const onHost = wordsOn(host, hostFeatures)

/** What compiles and links with libelf and zlib need. */
export function libelfWords(platform: Platform): LibelfWords {
  return platform === host ? onHost : onTarget
}
