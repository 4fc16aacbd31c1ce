// Where libbpf is installed to, by the names that its Makefile has for that.
import { posix } from 'node:path'
import { type Derived, derive, type Probe, probe } from '../../engine/index.ts'
import { cc, settings } from '../toolchain/index.ts'

/** Folders, without DESTDIR. */
export interface Places {
  readonly prefix: string
  readonly libraries: string
  readonly includes: string
}

const machine: Probe = probe({
  name: 'machine of the compiler',
  command: [cc, '-dumpmachine'],
  read: ({ stdout }) => [stdout.trim().split('-')[0] ?? ''],
})

/** `lib64` for the machines that have it, by the name that the compiler gives to its target. */
export function libraryFolder(name: string): 'lib' | 'lib64' {
  return /64(be|eb|le|el)?$|^s390x$/.test(name) ? 'lib64' : 'lib'
}

const folder = derive([machine], ([name = '']) => libraryFolder(name))

export const places: Derived<Places> = derive(
  [settings.PREFIX, settings.LIBDIR, settings.INCLUDEDIR],
  (prefix = '/', libraries, includes) => {
    const given = (name: string): Places => ({
      prefix,
      libraries: libraries ?? posix.join(prefix, name),
      includes: includes ?? posix.join(prefix, 'include'),
    })
    return libraries === undefined ? derive([folder], given) : given('')
  },
)

/** Arguments of sed that fill libbpf.pc.template in: relative to its prefix where that can be. */
export function pcWords(version: string) {
  return derive(
    [places, settings.LIBDIR, settings.INCLUDEDIR],
    ({ prefix, libraries }, libdir, includedir) => [
      ...replacing('@PREFIX@', prefix),
      ...replacing('@LIBDIR@', libdir ?? `\${prefix}/${posix.basename(libraries)}`),
      ...replacing('@VERSION@', version),
      ...(includedir === undefined ? [] : replacing('^includedir=.*', `includedir=${includedir}`)),
    ],
  )
}

/** `-e` and the words for it; what sed gives a meaning in a replacement is taken literally. */
function replacing(pattern: string, replacement: string): string[] {
  return ['-e', `s|${pattern}|${replacement.replace(/[\\&|]/g, '\\$&')}|`]
}
