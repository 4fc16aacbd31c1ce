// One source built in several ways: architectures, instruction sets and macros, in all combinations.
import { checkOptions, checks, wrong } from '../../engine/index.ts'
import { objectChecks } from '../rules/index.ts'
import type { ProjectOptions, VariantAxes } from './bpfrules.ts'

/** The options of each combination, by its name. */
export function variantsOf(axes: VariantAxes): ReadonlyMap<string, ProjectOptions> {
  checkOptions('variants', axes, { arch: checks.words, cpu: checks.words, defines: checks.record })
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
