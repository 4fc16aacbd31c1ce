// The names of task families, asked for to be shown: in the list, the help and completion.
import { UserError } from '../base/index.ts'
import type { Options, Run, RunParts } from '../build/index.ts'
import { familiesOf } from '../declare/index.ts'

/** The names of each family, by the family's own name; a family whose names cannot be known now is left out. */
export type FamilyNames = ReadonlyMap<string, readonly string[]>

/** Runs nothing where there is no family. */
export async function familyNames(parts: RunParts, options: Options): Promise<FamilyNames> {
  const found = new Map<string, readonly string[]>()
  const families = familiesOf(parts.tasks)
  if (families.length === 0) return found
  const { Run } = await import('../build/index.ts')
  const run: Run = new Run(parts, options)
  await run.within(async (builder) => {
    for (const [of, { names }] of families) {
      try {
        found.set(of, await builder.ask(names))
      } catch (error) {
        if (!(error instanceof UserError)) throw error
      }
    }
    return 0
  })
  return found
}
