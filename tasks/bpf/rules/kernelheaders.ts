// Sources that include headers of one kernel: its folders, and what its own build gives to a compile.
//
// linux/Makefile: LINUXINCLUDE, USERINCLUDE; samples/bpf/Makefile: the flags.
import { type Derived, derive, type Setting, text, UserError } from '../../engine/index.ts'
import { arch } from '../toolchain/index.ts'
import type { ObjectOptions } from './options.ts'

/** What the headers of a kernel make clang warn of, whatever a program does. */
const QUIET = [
  ...['address-of-packed-member', 'compare-distinct-pointer-types', 'pointer-sign'],
  ...['gnu-variable-sized-type-not-at-end', 'unused-value', 'tautological-compare'],
].map((name) => `-Wno-${name}`)

/**
 * Compiles a BPF source against the headers of one kernel, by the host front end: `linux/sched.h`, `net/sock.h`.
 * The object is of that kernel, and of its architecture. Add your own options beside it.
 * @param build the folder that modules are built in, `/lib/modules/RELEASE/build`, or the setting that names it; Debian
 * has it in linux-headers-RELEASE, Fedora in kernel-devel
 * @example
 * const KDIR = setting('KDIR', 'build folder of the kernel', '/lib/modules/6.1.0-56-amd64/build')
 * const object = bpf.object('sizes_kern.c', kernelHeaders(KDIR))
 */
export function kernelHeaders(
  build: string | Setting,
): Required<Pick<ObjectOptions, 'frontEnd' | 'includes' | 'defines' | 'flags'>> {
  const folder: Derived<string> =
    typeof build === 'string'
      ? derive([], () => build)
      : derive([build], (value) => value ?? noHeaders(`${build.name} is not set`, build.name))
  const named = typeof build === 'string' ? build : build.name
  /** Where the headers are that are not made: a build folder of its own includes the Makefile of that. */
  const sources = derive([folder], (made) =>
    derive([text(`${made}/Makefile`)], (said) => {
      if (said === undefined) return noHeaders(`there is no kernel to build with in ${made}`, named)
      return /^include (.+)\/Makefile$/m.exec(said)?.[1] ?? made
    }),
  )
  const includes = derive([folder, sources, arch], (made, from, name) =>
    ['', '/uapi'].flatMap((part) => [
      `${from}/arch/${name}/include${part}`,
      `${made}/arch/${name}/include/generated${part}`,
      `${from}/include${part}`,
      part === '' ? `${made}/include` : `${made}/include/generated${part}`,
    ]),
  )
  return {
    frontEnd: 'host',
    includes: [includes],
    defines: { __KERNEL__: true, __BPF_TRACING__: true },
    flags: [
      ['-include', derive([sources], (from) => `${from}/include/linux/kconfig.h`)],
      ['-fno-stack-protector', '-fno-asynchronous-unwind-tables', QUIET],
    ],
  }
}

function noHeaders(what: string, named: string): never {
  throw new UserError({
    what,
    facts: [['needed', 'the folder that modules of that kernel are built in']],
    hint: `install its headers (Debian: linux-headers-RELEASE, Fedora: kernel-devel), then name them: ${
      named.includes('/') ? 'kernelHeaders(FOLDER)' : `${named}=/lib/modules/RELEASE/build`
    }`,
  })
}
