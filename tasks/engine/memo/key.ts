// The key of a run: its runtime, options, arguments, directory and the variables that commands get. Runs with one key share one memo.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { isatty } from 'node:tty'
import { directoryOption } from '../../directoryoption.ts'

/** Change this when the form of a memo changes. */
const FORM = 'bpf-tasks memo 1'

/** Variables that commands get because of how their names begin. */
const PASSED_ON = /^(NIX|CCACHE|SCCACHE|DISTCC|ICECC)_/

/** The parts of a process that identify a run. */
export type RunIdentity = Pick<
  NodeJS.Process,
  'argv' | 'execArgv' | 'execPath' | 'version' | 'cwd' | 'geteuid' | 'env'
>

/** The name of the memo's file. */
export function keyOf({
  argv,
  execArgv,
  execPath,
  version,
  cwd,
  geteuid,
  env,
}: RunIdentity): string {
  const parts = [
    ...[FORM, machineId(), `${geteuid?.()}`, version, execPath, cwd(), `${isatty(1)} ${isatty(2)}`],
    ...execArgv,
    '',
    ...argv.slice(1),
    '',
    ...passedOn(argv, env),
  ]
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}

/** The variables that commands may get, with their values. */
function passedOn(argv: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const given = argv.filter((word) => word.startsWith('PASS_ENV='))
  const asked = new Set(
    `PASS_ENV,LD_LIBRARY_PATH,${env['PASS_ENV'] ?? ''},${given}`.split(/[\s,=]+/),
  )
  const names = Object.keys(env).filter((name) => PASSED_ON.test(name) || asked.has(name))
  return names.sort().map((name) => `${name}=${env[name]}`)
}

/** The directory that a run works in: that of tasks.ts, or what `-C DIR` names. */
export function rootOf(argv: readonly string[], scriptFolder: string): string {
  return directoryOption(argv.slice(2)).directory ?? scriptFolder
}

/** machine-id(5): on another machine a copied memo has another key. */
function machineId(): string {
  return fs.existsSync('/etc/machine-id') ? fs.readFileSync('/etc/machine-id', 'latin1') : ''
}
