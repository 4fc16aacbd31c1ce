// Why a program could not be started, in words.
import { existsSync } from 'node:fs'
import type { FailureBlock } from '../base/failure.ts'

/** @param directory where it was to run */
export function startFailure(
  program: string,
  directory: string,
  error: NodeJS.ErrnoException,
): FailureBlock {
  if (!existsSync(directory)) {
    return { what: `${program} could not be started: there is no folder ${directory}` }
  }
  const why: Record<string, string> = {
    ENOENT: 'there is no such program',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is no program of this machine',
    E2BIG: 'its arguments are too long for the system',
    EAGAIN: 'the system has no room for another process',
    ENOMEM: 'the system has no memory for it',
  }
  return {
    what: `${program} could not be started: ${why[error.code ?? ''] ?? error.message}`,
    facts: [['in', directory]],
  }
}
