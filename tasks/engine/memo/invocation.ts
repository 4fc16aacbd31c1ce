// What a command line asks for, as far as its words tell, and what makes a run another run.
import { packageRoot } from '../base/packagefile.ts'

/** Options of builds; most others are for something else. */
const OF_BUILDS = /^(?:-[jkqv]\d*|--(?:json|jobs=\d+|keep-going|quiet|verbose))$/

/** @param words arguments of the command line; without any, the tasks are listed */
export function isOfBuild(words: readonly string[]): boolean {
  return words.every((word) => !word.startsWith('-') || OF_BUILDS.test(word))
}

/** Absolute path of the folder of this runner. */
export function runnerFolder(): string {
  return packageRoot
}

/**
 * Runtime, runner, folder, user, script and arguments of a process: what makes it another run.
 * @returns undefined where it asks for something else than a build of some tasks
 */
export function invocationOf(it: NodeJS.Process): readonly string[] | undefined {
  const [, script = '', ...words] = it.argv
  if (words.every((word) => word.startsWith('-')) || !isOfBuild(words)) return undefined
  const runtime = [it.execPath, it.version, ...it.execArgv]
  return [...runtime, '', runnerFolder(), it.cwd(), `${it.geteuid?.()}`, script, ...words]
}
