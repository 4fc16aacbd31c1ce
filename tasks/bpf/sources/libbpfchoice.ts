// Which libbpf programs are built with: the system's, one from source, or an installed one; its
// headers and its archive always of the same.
import { posix } from 'node:path'
import { type Derived, derive, glob, text, UserError } from '../../engine/index.ts'
import type { LibbpfChoice } from '../rules/index.ts'
import { literalPattern } from '../system/index.ts'
import { compilerTarget } from '../toolchain/index.ts'
import { type LibbpfSpec, libbpfAsked } from './libbpfasked.ts'
import { type Libbpf, libbpfEdges } from './libbpfedges.ts'
import { libbpfClone } from './libbpfrelease.ts'
import { libbpfTree } from './libbpftree.ts'
import { compareVersions, minorOf, versionOfHeader, versionOfPc } from './libbpfversion.ts'
import { pcPath, systemArchive, systemHeaders } from './systemlibbpf.ts'

const system: Derived<LibbpfChoice> = derive([systemHeaders], () => ({
  includes: [],
  headers: [],
  archive: systemArchive,
  shared: { folder: undefined, files: [] },
}))

/**
 * libbpf built from the sources that LIBBPF or LIBBPF_TOP name.
 * Asking for it throws a UserError where neither does, or what they name is no libbpf.
 * @param out folder of what is made
 */
export function libbpfBuild(out: string, spec: LibbpfSpec = 'system'): Derived<Libbpf> {
  const staged = typeof spec === 'object' && 'sources' in spec ? spec.staged : undefined
  const build = (top: string, named: string) =>
    derive(
      [libbpfTree(top, named)],
      (tree): Libbpf => libbpfEdges(tree, `${out}/libbpf`, undefined, staged),
    )
  return derive([libbpfAsked(spec)], ({ libbpf, top }) => {
    const release = /^git:(.*)$/.exec(libbpf)?.[1]
    if (release !== undefined) {
      return derive([libbpfClone(release, out)], (folder) => build(folder, `LIBBPF=${libbpf}`))
    }
    if (top !== undefined) return build(top, `LIBBPF_TOP=${top}`)
    throw new UserError({
      what: 'no sources of libbpf are named',
      facts: [['LIBBPF', libbpf]],
      hint: 'name a checkout, an unpacked release, or a kernel tree: LIBBPF_TOP=DIR\nor clone a release: npx tsx tasks.ts libbpf:fetch LIBBPF=git:v1.5.0',
      status: 2,
    })
  })
}

/** The libbpf that LIBBPF names, for compiles and links. */
export function libbpfChoice(
  build: Derived<Libbpf>,
  spec: LibbpfSpec = 'system',
): Derived<LibbpfChoice> {
  const uapi = typeof spec === 'object' && 'sources' in spec && spec.uapi === true
  const built = derive([build], ({ includes, headers, archive, shared, tree }): LibbpfChoice => {
    return {
      includes: uapi ? [includes, posix.dirname(tree.uapi)] : [includes],
      headers,
      archive,
      shared: { folder: posix.dirname(archive.output.path), files: shared },
    }
  })
  return derive([libbpfAsked(spec)], ({ libbpf }) => {
    if (libbpf === 'system') return system
    if (libbpf === 'source' || libbpf.startsWith('git:')) return built
    if (libbpf.includes('/')) return installed(libbpf)
    throw new UserError({
      what: `LIBBPF cannot be ${libbpf}`,
      facts: [['LIBBPF', 'system, source, git:TAG, or a prefix such as /usr/local/bpf']],
      hint: 'LIBBPF=source LIBBPF_TOP=DIR builds the sources in DIR',
      status: 2,
    })
  })
}

/** A libbpf as `libbpf:install` leaves it below a prefix. */
function installed(prefix: string): Derived<LibbpfChoice> {
  const include = posix.join(prefix, 'include')
  const header = `${include}/bpf/libbpf.h`
  const archives = `${literalPattern(posix.join(prefix))}/{lib64,lib,lib/*}/libbpf.a`
  return derive(
    [
      glob(literalPattern(header), archives),
      text(`${include}/bpf/libbpf_version.h`),
      compilerTarget,
    ],
    (found, version, [triple = '']) => {
      // Of several machines' libraries below lib, those that the compiler is for.
      const places = ['lib64', `lib/${triple}`, 'lib'].map((folder) => posix.join(prefix, folder))
      const there = found.filter((path) => path !== header)
      const [archive = ''] = [
        ...places.map((place) => `${place}/libbpf.a`).filter((path) => there.includes(path)),
        ...there,
      ]
      const missing = [
        ...(found.includes(header) ? [] : [header]),
        ...(there.length > 0 ? [] : [`${prefix}/lib64/libbpf.a or ${prefix}/lib/libbpf.a`]),
      ]
      if (missing.length > 0) {
        throw new UserError({
          what: `no libbpf is installed in ${prefix}`,
          facts: [
            ['set by', `LIBBPF=${prefix}`],
            ['missing', missing.join('\n')],
          ],
          hint: `install one there: npx tsx tasks.ts libbpf:install LIBBPF_TOP=DIR PREFIX=${prefix}`,
        })
      }
      const choice: LibbpfChoice = {
        includes: [include],
        headers: [],
        archive,
        shared: { folder: posix.dirname(archive), files: [] },
      }
      return derive([text(pcPath(archive))], (pc) => {
        mustAgree(prefix, versionOfHeader(version ?? ''), versionOfPc(pc ?? ''))
        return choice
      })
    },
  )
}

/** The headers of one version beside the archive of another compile, and fail at run time. */
function mustAgree(prefix: string, header: string | undefined, pc: string | undefined): void {
  if (header === undefined || pc === undefined) return
  if (compareVersions(header, minorOf(pc)) === 0) return
  throw new UserError({
    what: `${prefix} has headers of one libbpf and the archive of another`,
    facts: [
      ['bpf/libbpf_version.h', header],
      ['libbpf.pc', pc],
    ],
    hint: 'install one of them again, or name another prefix: LIBBPF=DIR',
  })
}
