// The text of --help and of --list. Pure.
import { OPTIONS } from './cli.ts'
import type { Setting } from './edge.ts'
import type { Tasks } from './task.ts'

const USAGE = `usage: npx tsx tasks.ts [options] [task | file | NAME=VALUE]… [-- arguments]

Brings tasks and files up to date and runs nothing that need not run.
Without a task it lists the tasks. Several tasks run in the order given.
`

export function helpText(tasks: Tasks, settings: readonly Setting[]): string {
  const options = Object.values(OPTIONS).map((option): readonly [string, string] => {
    const value = 'value' in option ? ` ${option.value}` : ''
    return [option.names.join(' ') + value, option.about]
  })
  const sections = [USAGE, 'Options', ...table(options)]
  const own = Object.entries(tasks).flatMap(([name, { options }]) =>
    Object.entries(options).map(([option, about]): readonly [string, string] => [
      `${name} --${option}`,
      about,
    ]),
  )
  if (own.length > 0) sections.push('', 'Options of tasks', ...table(own))
  if (settings.length > 0) {
    sections.push('', 'Settings, here as NAME=VALUE or in the environment')
    sections.push(...table(settings.map(({ name, about }) => [name, about] as const)))
  }
  return sections.join('\n')
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
