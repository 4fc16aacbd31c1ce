// What precompiling vmlinux.h gains: all BPF objects again, with and without.
import { join } from 'node:path'
import { copyDemos, copyPrograms, programsIn } from './demos.ts'
import type { RaceParts } from './measure.ts'
import { milliseconds, ratio, type Section, table } from './report.ts'

/** As many tools as libbpf-tools of bcc has, about. */
const MANY = 57

export function benchPch(parts: RaceParts): Section {
  const { stopwatch, folder, ours, environment, jobs, runs, tell } = parts
  const own = join(folder, 'demos')
  copyDemos(own)
  const count = programsIn(own).length
  const many = join(folder, 'many')
  copyPrograms(many, MANY)
  const rows = [
    [`the repository’s ${count}`, own, 'build', runs ?? 5],
    [`${MANY} copies of them`, many, 'build', runs ?? 3],
  ] as const
  return {
    title: 'vmlinux.h precompiled or not',
    text: table(
      ['BPF programs', 'without', 'with', 'with/without', 'CPU without', 'CPU with'],
      rows.map(([name, root, task, times]) => {
        tell(`PCH, ${name}`)
        const contender = (pch: '0' | '1') => ({
          name: pch,
          command: [...ours, task, '-B', `-j${jobs}`, `PCH=${pch}`],
          folder: root,
          environment,
        })
        const costs = stopwatch.race([contender('0'), contender('1')], times)
        const [off, on] = [costs.get('0'), costs.get('1')]
        return [
          name,
          milliseconds(off?.wall),
          milliseconds(on?.wall),
          ratio(on?.wall, off?.wall),
          milliseconds(off?.cpu),
          milliseconds(on?.cpu),
        ]
      }),
    ),
  }
}
