// Takes the place of chosenrooms.ts in `dist`, where there is nothing to choose. Whoever imports it asks
// first whether all that this run is to say is "nothing to do": then tasks.ts is not evaluated at all.
import * as module from 'node:module'
import process from 'node:process'

await answerEarly()
const engine = await import('../engine/room.ts')
engine.showUncaught()
engine.showMissingMain()

/**
 * The one place where a run may end before tasks.ts is evaluated. A module is evaluated once, so it is
 * asked once. Not under Deno, which loads all modules before any of them runs.
 */
async function answerEarly(): Promise<void> {
  if ('deno' in process.versions) return
  // Node 22.8 and later keep what they compile for the next run.
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
  enableCompileCache?.()
  const { recallNothingToDo } = await import('../engine/memo/recall.ts')
  if (recallNothingToDo(process)) process.exit()
}

/** Loads a room, as its namesake in chosenrooms.ts does. */
export async function room(name: 'engine' | 'bpf'): Promise<object> {
  return name === 'engine' ? engine : import('../bpf/room.ts')
}
