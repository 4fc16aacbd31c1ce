// The demos' only door: what proves each of them, and what one can do with it. The names are those of room.ts.
import { room } from '../chosenrooms.ts'

export const { demoTasks, execveCheck, helloworldCheck } =
  await room<typeof import('./room.ts')>('demos')
