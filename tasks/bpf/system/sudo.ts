// How a command gets root: as it is, or through sudo. Runs nothing.
import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { quoteCommand, quoteWord, UserError, unlessErrno } from '../../engine/index.ts'

/** The environment that programs are looked for with: only PATH is read. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where administration programs are even when a user's PATH leaves their folders out. */
const adminFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'] as const

/** True when this process is root's. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/**
 * The command as root may be given it: itself when we are root, else through sudo.
 * @throws UserError when we are not root and there is no sudo
 */
export function asRoot(
  command: readonly string[],
  environment: Environment,
  root: boolean = isRoot(),
): readonly string[] {
  return root ? command : throughSudo(command, findProgram('sudo', environment))
}

/**
 * @param sudo where sudo is, if it is anywhere
 * @throws UserError where it is not
 */
export function throughSudo(
  command: readonly string[],
  sudo: string | undefined,
): readonly string[] {
  if (sudo !== undefined) return ['sudo', ...command]
  throw new UserError({
    what: 'this needs root, and there is no sudo',
    facts: [['command', quoteCommand(command)]],
    hint: `run it as root: su -c ${quoteWord(quoteCommand(command))}`,
  })
}

/** Absolute path of a program in PATH or in the folders of administration, or undefined. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const folders = [...(environment.PATH ?? '').split(':').filter(Boolean), ...adminFolders]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  const isFile = unlessErrno(() => {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  })
  return isFile === true
}
