// Whether guests can run under KVM here. That /dev/kvm is there does not say so: one guest tries it.
import * as fs from 'node:fs'
import { machine as runsOn } from 'node:os'
import { parseJson, unlessErrno } from '../../../engine/index.ts'
import { isObject } from '../../system/index.ts'
import { type Accelerator, type BoundedBoot, runGuest, type Start } from './guest.ts'

export interface Choice {
  readonly accelerator: Accelerator
  readonly why: string
}

const TRIAL_SECONDS = 8

/**
 * The answer is kept until the machine is started anew.
 * @param memory absolute path of the file that keeps it
 */
export async function chooseAccelerator(
  start: Start,
  boot: Omit<BoundedBoot, 'accelerator' | 'seconds'>,
  memory: string,
): Promise<Choice> {
  const native = boot.machine.program.endsWith(runsOn())
  if (!native) return { accelerator: 'tcg', why: `this machine is ${runsOn()}` }
  const canUse = unlessErrno(() => {
    fs.accessSync('/dev/kvm', fs.constants.R_OK | fs.constants.W_OK)
    return true
  })
  if (canUse === undefined) return { accelerator: 'tcg', why: '/dev/kvm cannot be used' }
  const started = unlessErrno(() =>
    fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  )
  const kept = parseJson(unlessErrno(() => fs.readFileSync(memory, 'utf8')) ?? '')
  if (isObject(kept) && kept['started'] === started) {
    const { accelerator, why } = kept
    if ((accelerator === 'kvm' || accelerator === 'tcg') && typeof why === 'string')
      return { accelerator, why }
  }
  const choice = await tried(start, boot)
  const fresh = `${memory}.${process.pid}`
  fs.writeFileSync(fresh, `${JSON.stringify({ ...choice, started })}\n`)
  fs.renameSync(fresh, memory)
  return choice
}

async function tried(
  start: Start,
  boot: Omit<BoundedBoot, 'accelerator' | 'seconds'>,
): Promise<Choice> {
  const folder = `${boot.folder}/trial`
  const trial = { ...boot, folder, accelerator: 'kvm', seconds: TRIAL_SECONDS } as const
  const { problem } = await runGuest(start, trial, 'trial')
  if (problem === null) return { accelerator: 'kvm', why: 'it boots a guest' }
  const [said = `it ${problem.what}`] = problem.console
  return { accelerator: 'tcg', why: `/dev/kvm boots no guest: ${said}` }
}
