// Asks first of all whether everything that this run is to say is "nothing to do": then the run ends here, and
// tasks.ts is not evaluated. A module is evaluated once, so it is asked once.
import * as module from 'node:module'
import process from 'node:process'
import { recallNothingToDo } from '../engine/memo/recall.ts'

// Not under Deno, which loads all modules before any of them runs.
if (!('deno' in process.versions)) {
  // Node 22.8 and later keep what they compile for the next run.
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
  enableCompileCache?.()
  if (recallNothingToDo(process)) process.exit()
}
