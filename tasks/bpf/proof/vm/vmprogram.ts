// A program: the commands of the edges that prove programs in guests.
//
//   vmprogram.ts kernel VERSION ARCH OUTPUT       a kernel of Debian
//   vmprogram.ts busybox ARCH OUTPUT              a busybox without libraries
//   vmprogram.ts btf IMAGE OUTPUT                 the types of a kernel
//   vmprogram.ts pack PLAN BUSYBOX OUTPUT         an initramfs, and proven.json beside it; PLAN is a GuestPlan as JSON
//   vmprogram.ts boot HOW INITRAMFS PROVEN EVIDENCE CONSOLE     a guest; HOW is a BootPlan as JSON
//
// What a guest showed is judged elsewhere: this fails only where no guest can be booted.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { parseJson, plainBlock, UserError } from '../../../engine/index.ts'
import { chooseAccelerator } from './accelerator.ts'
import { ancestors } from './ancestors.ts'
import { fetchBusybox, fetchKernel, type RunCommand } from './debian.ts'
import { FORMAT, type GuestEvidence, type Proven } from './evidence.ts'
import { type Accelerator, type GuestRun, runGuest, type Start } from './guest.ts'
import { btfArchive, type GuestPlan, initramfs, modulesArchive } from './initramfs.ts'
import { type Filter, kernelBtf, uncompressed } from './kernelbtf.ts'
import { machines } from './machine.ts'

/** What `boot` is given; paths are relative to the root. */
export interface BootPlan {
  readonly arch: string
  readonly image: string
  readonly modules?: readonly string[]
  readonly hidesBtf?: boolean
  /** What libbpf finds instead of the kernel's own. */
  readonly btf?: string
  readonly seconds: number
  /** Undefined: whatever works here. */
  readonly accelerator?: Accelerator
}

/** What a guest needs, and where what it showed goes. */
interface BootFiles {
  readonly initramfs: string
  readonly proven: string
  readonly evidence: string
  readonly console: string
}

const run: RunCommand = ([program = '', ...words]) => {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { status, stdout, stderr: error === undefined ? stderr : error.message }
}

/** Undefined where it is not here; what it wrote, whatever its status. */
const filter: Filter = ([program = '', ...words], input) => {
  const { stdout, error } = spawnSync(program, words, { input, maxBuffer: 1 << 29 })
  return error === undefined ? stdout : undefined
}

/** Who had this program started, when it began. */
const above = ancestors(process.pid).join()

/** Ends it, and this program, when this program is asked to end, and when whoever started it is gone. */
const start: Start = ([program = '', ...words]) =>
  new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    let isEnding = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const end = (): void => {
      isEnding = true
      child.kill('SIGKILL')
    }
    const watch = setInterval(() => {
      if (ancestors(process.pid).join() !== above) end()
    }, 200)
    process.on('SIGTERM', end).on('SIGINT', end)
    const ended = (status: number | null): void => {
      clearInterval(watch)
      process.off('SIGTERM', end).off('SIGINT', end)
      if (isEnding) fail(new UserError({ what: 'ended with the build' }))
      else done({ status, stderr })
    }
    child.on('error', ({ message }) => {
      stderr += message
      ended(null)
    })
    child.on('close', ended)
  })

async function boot(plan: BootPlan, files: BootFiles): Promise<void> {
  const machine = machineOf(plan.arch)
  const [image, archive] = [resolve(plan.image), resolve(files.initramfs)]
  if (!machine.isImage(readStart(image))) {
    throw new UserError({
      what: `${plan.image} is not a kernel for ${plan.arch} that qemu can boot`,
      hint: 'a bzImage for x86, an Image for arm64: not the vmlinux with symbols',
    })
  }
  const folder = dirname(resolve(files.evidence))
  const work = fs.mkdtempSync(join(folder, '.guest-'))
  try {
    const all = join(work, 'initramfs')
    const { hidesBtf = false, seconds, modules: paths = [] } = plan
    const more = [...(paths.length === 0 ? [] : [modulesArchive(paths)])]
    if (plan.btf !== undefined) more.push(btfArchive(plan.btf))
    fs.writeFileSync(all, Buffer.concat([fs.readFileSync(archive), ...more]))
    const given = { machine, image, initramfs: all, folder: work, hidesBtf }
    const memory = join(dirname(folder), 'accelerator.json')
    const accelerator =
      plan.accelerator ?? (await chooseAccelerator(start, given, memory)).accelerator
    const bounded = { ...given, accelerator, seconds }
    let guest = await runGuest(start, bounded, 'jobs')
    // Under load an emulated kernel may fail before the first of our programs runs: that says nothing of them.
    if (isUnbegun(guest, seconds)) guest = await runGuest(start, bounded, 'jobs')
    const { console, release, ms, results, problem } = guest
    const evidence: GuestEvidence = {
      ...{ format: FORMAT, release, by: accelerator, ms },
      ...(parseJson(fs.readFileSync(files.proven, 'utf8')) as Proven),
      ...{ results, problem },
    }
    fs.writeFileSync(files.console, console)
    fs.writeFileSync(files.evidence, `${JSON.stringify(evidence, undefined, 1)}\n`)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** It failed before it said which kernel it is, and not for want of time. */
function isUnbegun({ problem, release, ms }: GuestRun, seconds: number): boolean {
  return problem !== null && release === null && ms < seconds * 1000
}

function machineOf(arch: string) {
  const machine = machines.get(arch)
  if (machine !== undefined) return machine
  throw new UserError({ what: `there are no guests for ${arch}` })
}

function readStart(path: string): Buffer {
  const bytes = Buffer.alloc(4096)
  const file = fs.openSync(path, 'r')
  fs.readSync(file, bytes)
  fs.closeSync(file)
  return bytes
}

/** The root of the tree is where edges start their commands. */
async function main([command, ...words]: readonly string[]): Promise<void> {
  const [one = '', two = '', three = ''] = words
  switch (command) {
    case 'kernel':
      return fetchKernel(run, one, machineOf(two).debian, three)
    case 'busybox':
      return fetchBusybox(run, machineOf(one).debian, two)
    case 'btf': {
      const types = kernelBtf(uncompressed(filter, fs.readFileSync(one)))
      if (types === undefined) {
        throw new UserError({
          what: `${one} has no BTF that can be found: it is built without, or compressed in another way`,
          hint: 'install xz-utils and zstd, or name its types: VMLINUX_BTF=FILE or VMLINUX_H=FILE',
        })
      }
      return fs.writeFileSync(two, types)
    }
    case 'pack': {
      const { proven, ...plan } = parseJson(one) as GuestPlan & { readonly proven: Proven }
      fs.writeFileSync(join(dirname(three), 'proven.json'), `${JSON.stringify(proven)}\n`)
      return fs.writeFileSync(three, initramfs('.', two, plan))
    }
    case 'boot':
      return await boot(parseJson(one) as BootPlan, {
        ...{ initramfs: two, proven: three },
        ...{ evidence: words[3] ?? '', console: words[4] ?? '' },
      })
    default:
      throw new UserError({ what: `vmprogram does not know ${command}`, status: 2 })
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`${plainBlock(error.block)}\n`)
  process.exitCode = 1
}
