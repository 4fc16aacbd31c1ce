// Takes the place of chosenrooms.ts in `dist`, where there is nothing to choose.
import './early.ts'

const engine = await import('../engine/room.ts')
engine.showUncaught()
engine.showMissingMain()

/** Loads a room, as its namesake in chosenrooms.ts does. */
export async function room(name: 'engine' | 'bpf'): Promise<object> {
  return name === 'engine' ? engine : import('../bpf/room.ts')
}
