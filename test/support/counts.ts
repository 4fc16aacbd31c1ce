// How many tests passed, failed and were skipped, as one line that programs write and read.

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** The counts in the last line of an output; undefined where that says none. */
export function countsIn(output: string): Counts | undefined {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(last) ?? []
  if (passed === undefined) return undefined
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
}
