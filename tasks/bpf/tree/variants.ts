// One source built in several ways: architectures, instruction sets, macros and other options, in all combinations.
import { checkOptions, checks, wrong } from '../../engine/index.ts'
import { combined, objectChecks } from '../rules/index.ts'
import type { ProjectOptions, VariantAxes } from './bpfrules.ts'

const axisChecks = {
  arch: checks.words,
  cpu: checks.words,
  defines: checks.record,
  named: checks.record,
} as const satisfies Record<keyof VariantAxes, unknown>

/** Options of two axes: lists add up, of single values those of the second count. */
function together(one: ProjectOptions, other: ProjectOptions): ProjectOptions {
  return {
    ...one,
    ...other,
    includes: [...(one.includes ?? []), ...(other.includes ?? [])],
    headers: [...(one.headers ?? []), ...(other.headers ?? [])],
    bpf: combined(one.bpf ?? {}, other.bpf ?? {}),
    user: combined(one.user ?? {}, other.user ?? {}),
  }
}

/** The options of each combination, by its name. */
export function variantsOf(axes: VariantAxes): ReadonlyMap<string, ProjectOptions> {
  checkOptions('variants', axes, axisChecks)
  const { arch = [], cpu = [], defines = {}, named = {} } = axes
  for (const [name, macros] of Object.entries(defines)) {
    checkOptions(`variant ${name}`, { defines: macros }, { defines: objectChecks.defines })
  }
  for (const [name, options] of Object.entries(named))
    checkOptions(`variant ${name}`, { options }, { options: checks.record })
  const ways: readonly (readonly (readonly [string, ProjectOptions])[])[] = [
    arch.map((name) => [name, { arch: name }] as const),
    cpu.map((name) => [name, { bpf: { cpu: name } }] as const),
    Object.entries(defines).map(
      ([name, macros]) => [name, { bpf: { defines: macros }, user: { defines: macros } }] as const,
    ),
    Object.entries(named),
  ].filter((axis) => axis.length > 0)
  if (ways.length === 0)
    throw wrong('variants vary nothing', [['axes', Object.keys(axisChecks).join(', ')]])
  let all: readonly (readonly [string, ProjectOptions])[] = [['', {}]]
  for (const axis of ways) {
    all = all.flatMap(([name, options]) =>
      axis.map(([more, added]) => {
        const all = name === '' ? more : `${name}-${more}`
        return [all, together(options, added)] as const
      }),
    )
  }
  const byName = new Map(all)
  if (byName.size < all.length)
    throw wrong('variants have one name twice', [['names', all.map(([name]) => name).join(' ')]])
  return byName
}
