// Reads the kernel's trace_pipe line by line without waiting in it. Knows no tasks.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { isErrno, UserError } from '../../engine/index.ts'
import { openersOf } from './openers.ts'

/** What is read of an open file. */
export interface Pipe {
  /** @throws an errno error with the code EAGAIN when there is nothing to read now */
  read(buffer: Uint8Array): Promise<{ readonly bytesRead: number }>
}

/** What tracereader.ts says first: from there on, whatever is written to the trace comes out. */
export const READY = 'tracereader: reading'

/** What it says where it cannot read: then comes the failure's block, as JSON. */
export const FAILED = 'tracereader: failed '

/** How often it is asked for more, in milliseconds; libuv cannot wait for such a file. */
const interval = 20

/** How long one reading goes on, in milliseconds, when other programs never stop writing. */
const patience = 1000

/**
 * Opens a trace_pipe so that reading never waits, which is what makes it possible to know that
 * nothing is left. What is read is gone for every other reader: Documentation/trace/ftrace.rst.
 * @throws UserError where another process reads it: newer kernels have one reader at a time
 */
export async function openTracePipe(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw isErrno(error) ? openFailure(path, error) : error
  }
}

function openFailure(path: string, error: NodeJS.ErrnoException): UserError {
  if (error.code !== 'EBUSY') {
    return new UserError({
      what: `cannot read the kernel’s trace: ${error.message}`,
      hint: 'only root reads it; see what is there: sudo ls -l PATH'.replace('PATH', path),
    })
  }
  const readers = openersOf(path)
  const [first] = readers
  return new UserError({
    what: 'the kernel’s trace is being read by another process, and it has one reader at a time',
    facts: [
      ['trace', path],
      ...readers.map(({ pid, command }) => ['read by', `${pid}: ${command}`] as const),
    ],
    hint:
      first === undefined
        ? 'it cannot be seen from here, as from within a container: end it where it runs'
        : `end it, then run this again: sudo kill ${readers.map(({ pid }) => pid).join(' ')}`,
  })
}

/** Throws away what is there: lines of programs that ran before. */
export async function skipLines(pipe: Pipe): Promise<void> {
  await readAll(pipe, () => {})
}

/**
 * Gives each line as it comes, until `ended` is aborted and all that was written before is given.
 * A last line without its end is given as well.
 */
export async function followLines(
  pipe: Pipe,
  onLine: (line: string) => void,
  ended: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  const onBytes = (bytes: Uint8Array) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
  for (;;) {
    // Asked before reading: what was written before the end is in the pipe by now.
    const last = ended.aborted
    await readAll(pipe, onBytes)
    if (last) break
    await pause(interval, undefined, { signal: ended }).catch(() => {})
  }
  if (rest !== '') onLine(rest)
}

async function readAll(pipe: Pipe, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  const buffer = new Uint8Array(64 * 1024)
  const end = performance.now() + patience
  do {
    const bytesRead = await readSome(pipe, buffer)
    if (bytesRead === 0) return
    onBytes(buffer.subarray(0, bytesRead))
  } while (performance.now() < end)
}

async function readSome(pipe: Pipe, buffer: Uint8Array): Promise<number> {
  try {
    return (await pipe.read(buffer)).bytesRead
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}
