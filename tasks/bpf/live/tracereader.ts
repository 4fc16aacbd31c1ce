// A program for root: copies a trace_pipe to standard output until a file is gone.
//
//   tracereader.ts TRACE_PIPE FILE PID
//
// The runner starts it through sudo when it is not root itself. It cannot send a signal to root's
// process, so it ends it by removing FILE; PID is the runner's, in case it died without doing so.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { UserError, unlessErrno } from '../../engine/index.ts'
import { FAILED, followLines, openTracePipe, READY, skipLines } from './tracepipe.ts'

const [, , tracePipe = '', file = '', runner = ''] = process.argv

// Ctrl-C reaches every program of the terminal; what was traced until then is still to be shown.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const pipe = await openTracePipe(tracePipe).catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error
  process.stdout.write(`${FAILED}${JSON.stringify(error.block)}\n`)
  process.exit(1)
})
await skipLines(pipe)
process.stdout.write(`${READY}\n`)
const ended = new AbortController()
const watch = setInterval(() => {
  if (existsSync(file) && isAlive(Number(runner))) return
  clearInterval(watch)
  ended.abort()
}, 20)
await followLines(pipe, (line) => process.stdout.write(`${line}\n`), ended.signal)
await pipe.close()

function isAlive(pid: number): boolean {
  return unlessErrno(() => process.kill(pid, 0)) === true
}
