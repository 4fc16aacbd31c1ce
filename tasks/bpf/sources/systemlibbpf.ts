// The libbpf that the compilers find by themselves: whether it is there, new enough, and of one version.
import { posix } from 'node:path'
import { type Derived, derive, probe, text, UserError } from '../../engine/index.ts'
import { compilerEnvironment, needs, searchedFolders, target } from '../toolchain/index.ts'
import { compareVersions, minorOf, versionOfHeader, versionOfPc } from './libbpfversion.ts'

/**
 * The oldest that programs are built with: 1.0 has the interface that is still kept (perf and ring
 * buffers with options, errors as plain results), and older ones cannot be built from source here.
 */
export const OLDEST = '1.0'

/** With those that CFLAGS, EXTRA_CFLAGS and CPATH name, as they are searched too. */
const folders = searchedFolders(target.cc, [target.userCflags, target.cflags])

const archivePath = probe({
  name: 'libbpf to link with',
  command: [target.cc, '-print-file-name=libbpf.a'],
  environment: compilerEnvironment,
  // The compiler prints the bare name when it finds no such file.
  read: ({ stdout }) => (stdout.trim().startsWith('/') ? [stdout.trim()] : []),
})

interface Headers {
  readonly path: string
  /** As in libbpf_version.h: `1.1`. */
  readonly version: string
}

/** Asking for it throws a UserError where they are missing, or older than {@link OLDEST}. */
export const systemHeaders: Derived<Headers> = derive([folders], (places) => {
  const files = places.map((folder) => posix.join(folder, 'bpf/libbpf.h'))
  return derive(
    files.flatMap((path) => [text(path), text(versionPath(path))]),
    (...texts): Headers => {
      const at = files.findIndex((_, index) => texts[index * 2] !== undefined)
      const path = files[at]
      if (path === undefined) {
        throw noLibbpf('libbpf’s headers were not found', [['looked for', files.join('\n')]])
      }
      const version = versionOfHeader(texts[at * 2 + 1] ?? '')
      if (version !== undefined && compareVersions(version, OLDEST) >= 0) return { path, version }
      throw unusable(`this machine’s libbpf is too old: ${version ?? 'before 0.7'}`, [
        ['found', path],
        ['needed', `${OLDEST} or newer`],
      ])
    },
  )
})

/** Path of libbpf.a. Asking for it throws a UserError where there is none, or of another version. */
export const systemArchive: Derived<string> = derive(
  [systemHeaders, archivePath],
  ({ path, version }, [archive]) => {
    if (archive === undefined) {
      throw noLibbpf('libbpf.a was not found', [['found', `${path} ${version}`]])
    }
    return derive([text(pcPath(archive))], (pc) => {
      const other = versionOfPc(pc ?? '')
      if (other === undefined || compareVersions(version, minorOf(other)) === 0) return archive
      throw unusable('the compiler finds headers of one libbpf and the archive of another', [
        [path, version],
        [archive, other],
      ])
    })
  },
)

/** The file of pkg-config that tells of the archive. */
export function pcPath(archive: string): string {
  return posix.join(posix.dirname(archive), 'pkgconfig/libbpf.pc')
}

function versionPath(header: string): string {
  return posix.join(posix.dirname(header), 'libbpf_version.h')
}

type Facts = readonly (readonly [label: string, value: string])[]

function noLibbpf(what: string, facts: Facts): UserError {
  return unusable(what, facts, `install it: npx tsx tasks.ts setup\nor `)
}

/** @param first what to try before another libbpf */
function unusable(what: string, facts: Facts, first = ''): UserError {
  const need = needs.find(({ name }) => name === 'libbpf.a')
  const brought = Object.entries(need?.packages ?? {})
    .filter(([, names]) => names.length > 0)
    .map(([manager, names]) => `${manager}: ${names.join(' ')}`)
  return new UserError({
    what,
    facts: [...facts, ['packages', brought.join('\n')]],
    hint: `${first}build a release: LIBBPF=git:v1.5.0\nor sources that are here: LIBBPF=source LIBBPF_TOP=DIR`,
  })
}
