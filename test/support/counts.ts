// How many tests passed, failed and were skipped: read from what uvu's command prints, said in one line.

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** The last line of a run of tests. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** The counts at the end of what uvu printed without colours; undefined if it did not get there. */
export function countsIn(output: string): Counts | undefined {
  const end = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /m
  const [, total, passed, skipped] = end.exec(output) ?? []
  if (total === undefined) return undefined
  const failed = Number(total) - Number(passed)
  return { passed: Number(passed), failed, skipped: Number(skipped) }
}

/**
 * The files of a run that queued no test at all, as one that does not end with `test.run()`. uvu prints
 * the name of each file on a line of its own, and `(passed / all)` after the tests of each suite.
 */
export function filesWithoutTests(output: string, files: readonly string[]): string[] {
  if (countsIn(output) === undefined) return []
  let current: string | undefined
  const tested = new Set<string>()
  for (const line of output.split('\n')) {
    if (files.includes(line)) current = line
    if (current !== undefined && / {2}\(\d+ \/ \d+\)$/.test(line)) tested.add(current)
  }
  return files.filter((file) => !tested.has(file))
}
