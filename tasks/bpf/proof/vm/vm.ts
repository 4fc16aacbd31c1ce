// The vm tasks: boot kernels with the tree's programs in them, verify and check there, compare.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Edge, quoteCommand, type TaskContext, UserError } from '../../../engine/index.ts'
import type { Loader } from '../../rules/index.ts'
import { findProgram, isRoot, parseTaskArguments, startPath } from '../../system/index.ts'
import {
  type Checked,
  caseCommand,
  checkHere,
  type Judged,
  judge,
  type ProofPrograms,
  readEvidence,
  showProblems,
} from '../check/index.ts'
import { loadAll, readReport, rejection } from '../verify/index.ts'
import { type Boot, chooseAccelerator, type GuestRun, guestShell, runGuest } from './guest.ts'
import { type GuestFile, type GuestJob, initramfs } from './initramfs.ts'
import { findKernel, type Kernel } from './kernel.ts'
import { type KernelProof, matrix } from './matrix.ts'

/** What the tasks prove, and with what. */
export interface Proving {
  /** Folder of what is made. */
  readonly out: string
  /** What is verified. */
  readonly objects: readonly Edge[]
  readonly tools: readonly Checked[]
  readonly programs: ProofPrograms
  /** Each program that runs in a guest, with its statically linked form. */
  readonly twins: readonly (readonly [program: Loader, inGuest: Loader])[]
}

const OPTIONS = { kernel: 'VERSION|FILE', accel: 'kvm|tcg', seconds: 'N' } as const
const KERNELS = ['6.1', '6.12'] as const

/** Each guest has as many processors as this machine; more than two would only wait. */
const AT_ONCE = 2
const SECONDS = 170
const TRIAL_SECONDS = 8

/**
 * The body of `vm`. Where we are root the running kernel is a column too.
 * @returns 1 when a program is rejected, a check fails, or a guest does not come to its end
 */
export async function vm(ctx: TaskContext, proving: Proving): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const wanted = asked.all('kernel').length > 0 ? asked.all('kernel') : KERNELS
  const seconds = secondsOf(asked.last('seconds'))
  if (ctx.dryRun) {
    for (const { words } of jobsOf(proving)) ctx.say(quoteCommand(words))
    return 0
  }
  const { kernels, boot } = await prepare(ctx, proving, wanted)
  const accelerator = await acceleratorFor(ctx, boot, asked.last('accel'))
  const proofs: KernelProof[] = []
  const waiting = kernels.map((kernel) => ({ ...boot, kernel, accelerator, seconds }))
  const all = waiting.map((one) => one.kernel.name)
  ctx.say(`booting ${all.join(', ')} (${accelerator})`)
  await atOnce(AT_ONCE, waiting, async (one) => {
    if (ctx.signal.aborted) return
    const folder = join(boot.folder, one.kernel.name.replaceAll('/', '_'))
    const run = await runGuest(ctx, { ...one, folder }, 'jobs')
    proofs.push(proofOf(proving, one, run))
  })
  if (ctx.signal.aborted) return 130
  proofs.sort((a, b) => a.kernel.localeCompare(b.kernel, 'en', { numeric: true }))
  if (isRoot()) proofs.push(...(await proveHere(ctx, proving)))
  return show(ctx, proofs)
}

/** The body of `vm:shell`: one kernel, the same files, and a shell on the terminal. */
export async function vmShell(ctx: TaskContext, proving: Proving): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const wanted = asked.last('kernel') ?? KERNELS[1]
  if (ctx.dryRun) {
    ctx.say(`a shell in a guest with Linux ${wanted}`)
    return 0
  }
  const { boot } = await prepare(ctx, proving, [wanted])
  const accelerator = await acceleratorFor(ctx, boot, asked.last('accel'))
  return await guestShell(ctx, { ...boot, accelerator })
}

/** Fetches what is missing and writes the initramfs. */
async function prepare(ctx: TaskContext, proving: Proving, wanted: readonly string[]) {
  const busybox = findProgram('busybox', ctx.environment)
  if (busybox === undefined || findProgram('qemu-system-x86_64', ctx.environment) === undefined) {
    throw new UserError({
      what: `${busybox === undefined ? 'busybox' : 'qemu-system-x86_64'} is not here`,
      hint: 'npx tsx tasks.ts setup --vm --yes',
    })
  }
  if (!isStatic(busybox)) {
    throw new UserError({
      what: `${busybox} needs libraries, which the guests do not have`,
      hint: 'install one that is linked statically: apt-get install busybox-static',
    })
  }
  const kernels: Kernel[] = []
  for (const one of new Set(wanted)) {
    kernels.push(await findKernel(ctx, one, `${proving.out}/kernels`))
  }
  const [first] = kernels
  if (first === undefined) throw new UserError({ what: 'no kernel to boot', status: 2 })
  const folder = resolve(ctx.root, proving.out, 'vm')
  const image = join(folder, 'initramfs')
  mkdirSync(folder, { recursive: true })
  writeFileSync(image, initramfs(ctx.root, busybox, filesOf(proving), jobsOf(proving)))
  const boot = { kernel: first, initramfs: image, folder, seconds: TRIAL_SECONDS }
  return { kernels, boot }
}

async function acceleratorFor(
  ctx: TaskContext,
  boot: Omit<Boot, 'accelerator'>,
  asked: string | undefined,
) {
  if (asked === 'kvm' || asked === 'tcg') return asked
  if (asked !== undefined) {
    throw new UserError({ what: `--accel is kvm or tcg, not ${asked}`, status: 2 })
  }
  const trial = await chooseAccelerator(ctx, { ...boot, folder: join(boot.folder, 'trial') })
  ctx.say(`guests run under ${trial.accelerator}: ${trial.why}`)
  return trial.accelerator
}

/** Statically linked programs, at the paths that their dynamically linked forms have here. */
function filesOf({ objects, twins }: Proving): GuestFile[] {
  const at = (here: Edge, from: Edge): GuestFile => ({
    path: here.output.path,
    from: from.output.path,
  })
  const files = [
    ...twins.map(([program, inGuest]) => at(program, inGuest)),
    ...objects.map((object) => at(object, object)),
  ]
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

function jobsOf({ tools, programs, ...proving }: Proving): GuestJob[] {
  const objects = proving.objects.map(({ output }) => output.path)
  const { runcase } = programs
  return [
    { name: 'verify', words: [startPath(programs.verify), ...objects] },
    ...tools.flatMap((tool) =>
      tool.check.cases.map((one, at) => ({
        name: `${tool.name} ${at}`,
        words: caseCommand(runcase, tool, one, '/sys/kernel/tracing/trace_pipe'),
      })),
    ),
  ]
}

function proofOf({ tools }: Proving, boot: Boot, run: GuestRun): KernelProof {
  const output = (name: string): string | undefined =>
    run.results.find((result) => result.name === name)?.output
  const said = output('verify')
  const judged = tools.flatMap((tool) =>
    tool.check.cases.flatMap((one, at): Judged[] => {
      const text = output(`${tool.name} ${at}`)
      return text === undefined ? [] : [judge(tool, one, readEvidence(text))]
    }),
  )
  return {
    kernel: run.release ?? boot.kernel.name,
    by: boot.accelerator,
    ms: run.ms,
    report: said === undefined ? undefined : readReport(said),
    judged,
    problem: run.problem,
  }
}

/** The running kernel as one more; none, aloud, where it lets us load nothing. */
async function proveHere(ctx: TaskContext, proving: Proving): Promise<KernelProof[]> {
  const { tools, programs } = proving
  const started = performance.now()
  const objects = proving.objects.map(({ output }) => output.path)
  try {
    const report = await loadAll(ctx, [startPath(programs.verify), ...objects])
    const judged: Judged[] = []
    for (const tool of tools) {
      judged.push(...(await checkHere(ctx, programs, tool)))
    }
    const ms = performance.now() - started
    const kernel = report.release ?? 'this kernel'
    return [{ kernel, by: 'here', ms, report, judged, problem: undefined }]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    ctx.emit({ type: 'note', text: `without the running kernel: ${error.block.what}` })
    return []
  }
}

function show(ctx: TaskContext, proofs: readonly KernelProof[]): number {
  ctx.emit(matrix(proofs))
  let failures = 0
  for (const { kernel, report, judged, problem } of proofs) {
    for (const program of report?.programs ?? []) {
      const block = rejection(program, kernel, ctx.root)
      if (block !== undefined) ctx.emit({ type: 'failure', ...block })
      failures += block === undefined ? 0 : 1
    }
    for (const one of judged) showProblems(ctx, one, kernel)
    failures += judged.filter(({ judgement }) => judgement.kind === 'failed').length
    if (problem === undefined) continue
    failures++
    ctx.emit({
      type: 'failure',
      what: `the guest with Linux ${kernel} ${problem.what}`,
      facts: [['console', problem.console === '' ? 'silent' : problem.console]],
    })
  }
  ctx.say(
    failures === 0
      ? `${proofs.length} kernels: all well`
      : `${failures} failure${failures === 1 ? '' : 's'}`,
  )
  return failures === 0 ? 0 : 1
}

/** A program that needs libraries names who loads them, near its beginning: elf(5), PT_INTERP. */
function isStatic(path: string): boolean {
  return !readFileSync(path).subarray(0, 4096).includes('/ld-')
}

/** Runs an action for each, so many at a time. */
async function atOnce<T>(
  count: number,
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: count }, worker))
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return SECONDS
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text)
  throw new UserError({ what: `--seconds takes a number, not ${text}`, status: 2 })
}
