// The demos' only door: what proves each of them. The names are those of room.ts.
import { room } from '../chosenrooms.ts'

export const { execveCheck, helloworldCheck } = await room<typeof import('./room.ts')>('demos')
