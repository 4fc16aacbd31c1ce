// One source built in several ways: architectures, instruction sets and macros, in all combinations.
import type { Cpu, Defines } from '../rules/options.ts'
import { checkOptions, named, objectChecks, wrong } from '../rules/options.ts'
import type { BpfRules, ProjectOptions } from './bpfrules.ts'

/**
 * What varies. Defines have names, as they are part of a folder's.
 * @example
 * const axes: VariantAxes = { arch: ['x86', 'arm64'], cpu: ['v2', 'v3'], defines: { plain: {}, debug: { DEBUG: true } } }
 */
export interface VariantAxes {
  /** As the kernel names them. Programs of user space are only built for what the compiler builds for. */
  readonly arch?: readonly string[]
  readonly cpu?: readonly Cpu[]
  readonly defines?: Readonly<Record<string, Defines>>
}

/**
 * The rules of one way to build.
 * @example
 * const object = (rules: VariantRules) => [rules.variant, rules.object('x.bpf.c')] as const
 */
export interface VariantRules extends BpfRules {
  /** Its name, and that of its folder: `x86-v3-debug`. */
  readonly variant: string
}

/** The options of each combination, by its name. */
export function variantsOf(axes: VariantAxes): ReadonlyMap<string, ProjectOptions> {
  checkOptions('variants', axes, { arch: named.words, cpu: named.words, defines: named.record })
  const { arch = [], cpu = [], defines = {} } = axes
  for (const [name, macros] of Object.entries(defines)) {
    checkOptions(`variant ${name}`, { defines: macros }, { defines: objectChecks.defines })
  }
  const ways: readonly (readonly (readonly [string, ProjectOptions])[])[] = [
    arch.map((name) => [name, { arch: name }] as const),
    cpu.map((name) => [name, { bpf: { cpu: name } }] as const),
    Object.entries(defines).map(
      ([name, macros]) => [name, { bpf: { defines: macros }, user: { defines: macros } }] as const,
    ),
  ].filter((axis) => axis.length > 0)
  if (ways.length === 0) throw wrong('variants vary nothing', [['axes', 'arch, cpu, defines']])
  let all: readonly (readonly [string, ProjectOptions])[] = [['', {}]]
  for (const axis of ways) {
    all = all.flatMap(([name, options]) =>
      axis.map(([more, added]) => {
        const bpf = { ...options.bpf, ...added.bpf }
        return [name === '' ? more : `${name}-${more}`, { ...options, ...added, bpf }] as const
      }),
    )
  }
  const byName = new Map(all)
  if (byName.size < all.length)
    throw wrong('variants have one name twice', [['names', all.map(([name]) => name).join(' ')]])
  return byName
}
