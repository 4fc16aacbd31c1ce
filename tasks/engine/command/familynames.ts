// The names of task families, asked for to be shown: in the list, the help and completion.
import { UserError } from '../base/index.ts'
import type { Builder, Options, Run, RunParts } from '../build/index.ts'
import { derive, familiesOf, type TaskFamily } from '../declare/index.ts'

/** The names of each family, by the family's own name; a family whose names cannot be known now is left out. */
export type FamilyNames = ReadonlyMap<string, readonly string[]>

type Families = ReturnType<typeof familiesOf>

/** Asks nothing where there is no family. */
export async function familyNames(parts: RunParts, options: Options): Promise<FamilyNames> {
  const families = familiesOf(parts.tasks)
  if (families.length === 0) return new Map()
  const { Run } = await import('../build/index.ts')
  const run: Run = new Run(parts, options)
  let found: FamilyNames = new Map()
  await run.within(async (builder) => {
    found = await namesOf(families, builder)
    return 0
  })
  return found
}

/** All at once, as each question reads the log; one by one where one of them has no answer. */
async function namesOf(families: Families, builder: Builder): Promise<FamilyNames> {
  const all = derive(
    families.map(([, { names }]: readonly [string, TaskFamily]) => names),
    (...lists) => new Map(families.map(([of], at) => [of, lists[at] ?? []])),
  )
  try {
    return await builder.ask(all)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (families.length === 1) return new Map()
    const each = families.map((family) => namesOf([family], builder))
    return new Map((await Promise.all(each)).flatMap((names) => [...names]))
  }
}
