// The demos' only door: what each of them is, and what one can do with it. The names are those of room.ts.
import { room } from '../chosenrooms.ts'

export const { demoTasks, execveProject, helloworld, markedExecve, probeExecve, traceExecve } =
  await room('demos')
