// The line of doctor that says how many commands this machine runs at once, and why not more.
import { availableParallelism } from 'node:os'
import { loadLimits } from '../../engine/index.ts'
import type { Check } from './doctor.ts'

/** Looks at the memory that is free now. */
export async function roomCheck(): Promise<Check> {
  const { freeMemory, jobsFor, mebibytes, readKernelText } = await loadLimits()
  const processors = availableParallelism()
  const free = freeMemory(readKernelText)
  return roomLine(processors, jobsFor(processors, free), free && mebibytes(free))
}

/** @param free as a person reads it; undefined where nothing tells */
export function roomLine(
  processors: number,
  jobs: number,
  free: string | number | undefined,
): Check {
  const [type, name] = ['check', 'at once'] as const
  const room = free === undefined ? 'memory unknown' : `${free} of memory free`
  if (jobs === processors) {
    return { type, name, status: 'ok', detail: `${jobs} commands: every processor, ${room}` }
  }
  const detail = `${jobs} of ${processors} commands: ${room}`
  return {
    type,
    name,
    status: 'warning',
    detail,
    hint: 'end what uses the memory: ps --sort -rss -e',
  }
}
