// Kernels to prove programs on, as handles: Debian's by version, or files. They touch nothing.
import { basename } from 'node:path'
import { checkOptions, checks, described, type Edge, wrong } from '../../engine/index.ts'
import { pathOf, type SourceFile } from '../rules/index.ts'
import { archOf, knownArch } from '../toolchain/index.ts'

/**
 * A kernel that guests boot; {@link kernels} makes them.
 * @example
 * const names = (all: readonly Kernel[]) => all.map(({ name }) => name)
 */
export interface Kernel {
  readonly kind: 'kernel'
  /** `6.12-x86`: names its task and the folder of its verdict. */
  readonly name: string
  /** As the kernel names it: x86, arm64. */
  readonly arch: string
  /** A version of Debian's archive, or a file. */
  readonly from: { readonly debian: string } | { readonly file: SourceFile }
  /** Files of modules, loaded in this order. */
  readonly modules: readonly SourceFile[]
  /** True where the kernel's own BTF is hidden, as on a kernel that was built without. */
  readonly hidesBtf: boolean
  /** What is found in its place, by the kernel's own; undefined: nothing. */
  readonly btf: ((own: Edge | undefined) => SourceFile) | undefined
}

/**
 * Which kernels.
 * @example
 * const spec: KernelsSpec = { files: ['kernels/6.8-ubuntu.bzImage'], modules: ['kernels/veth.ko'] }
 */
export interface KernelsSpec {
  /** Versions: Debian has 5.10, 6.1, 6.12 and its newest; fetched once, and checked by the archive's keys. */
  readonly debian?: readonly string[]
  /** Each a bzImage for x86, an Image for arm64; or an edge that makes one. */
  readonly files?: readonly SourceFile[]
  /** By any of its names; each kernel of `debian` for each of them. Default: x86. */
  readonly arch?: string | readonly string[]
  /** Modules of these kernels, by file, in the order in which they are loaded. */
  readonly modules?: readonly SourceFile[]
  /**
   * `false`: hide the kernel's own BTF. A file, or what is made of the kernel's own: hide it, and have libbpf find this
   * instead, to prove that it has all that objects need: `(own) => bpf.minCoreBtf(own, [object])`.
   */
  readonly btf?: boolean | SourceFile | ((own: Edge) => SourceFile)
}

const specChecks = {
  debian: checks.words,
  files: checks.list,
  arch: checks.any,
  modules: checks.list,
  btf: checks.any,
} as const satisfies Record<keyof KernelsSpec, unknown>

const GUESTS = ['x86', 'arm64']

/**
 * Kernels for `vm`, by version or file.
 * @example
 * const released = kernels({ debian: ['5.10', '6.1', '6.12'], arch: ['x86', 'arm64'] })
 * @example
 * const own = kernels({ files: ['kernels/lts/Image'], arch: 'arm64' })
 * @throws UserError for what the types would refuse, and for an architecture without guests
 */
export function kernels(spec: KernelsSpec): readonly Kernel[] {
  checkOptions('kernels', spec, specChecks)
  const { debian = [], files = [], modules = [], btf = true } = spec
  const archs = [spec.arch ?? 'x86'].flat().map(guestArch)
  const common = { kind: 'kernel', modules, hidesBtf: btf !== true, btf: givenBtf(btf) } as const
  const ending = btf === true ? '' : btf === false ? '-nobtf' : '-minbtf'
  for (const version of debian) {
    if (isVersion(version)) continue
    throw wrong(`kernels: '${version}' is not a version`, [['needed', "such as '6.12'"]])
  }
  const all = archs.flatMap((arch): Kernel[] => [
    ...debian.map((version) => ({
      ...common,
      ...{ name: `${version}-${arch}${ending}`, arch, from: { debian: version } },
    })),
    ...files.map((file) => ({
      ...common,
      ...{ name: `${fileName(file)}-${arch}${ending}`, arch, from: { file } },
    })),
  ])
  if (all.length === 0) throw wrong('kernels names none', [['possible', 'debian, files']])
  return Object.freeze(all.map((kernel) => Object.freeze(kernel)))
}

function givenBtf(btf: KernelsSpec['btf']): Kernel['btf'] {
  if (btf === undefined || typeof btf === 'boolean') return undefined
  if (typeof btf !== 'function') return () => btf
  return (own) => {
    if (own !== undefined) return btf(own)
    throw wrong('kernels: of a file its own BTF is not known', [
      ['needed', 'btf: a file with the types of this kernel, such as one of BTFHub'],
    ])
  }
}

/** Is this a version of a kernel, not a file? */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+(?:\.\d+)?$/.test(text)
}

function guestArch(name: unknown): string {
  const arch = knownArch(name) ? archOf(name as string) : undefined
  if (arch !== undefined && GUESTS.includes(arch)) return arch
  throw wrong('kernels: there are no guests for this architecture', [
    ['given', described(name)],
    ['possible', GUESTS.join(', ')],
  ])
}

/** The file's own name, as far as it can be a part of a path; with its folder where it says nothing. */
function fileName(file: SourceFile): string {
  const path = pathOf(file)
  const own = basename(path)
  const said = /^(?:bzImage|Image|vmlinuz)$/.test(own) ? path.split('/').slice(-2).join('-') : own
  return said.replaceAll(/[^\w.-]/g, '_')
}
