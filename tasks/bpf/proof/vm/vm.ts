// The bodies of the vm tasks: have guests booted where something changed, judge what they showed, and show it.
import * as fs from 'node:fs'
import { machine as runsOn } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import {
  type Derived,
  type Edge,
  type FailureBlock,
  type Input,
  isErrno,
  parseJson,
  type TaskContext,
  UserError,
  unlessErrno,
} from '../../../engine/index.ts'
import { findProgram, isObject, parseTaskArguments } from '../../system/index.ts'
import { archOf } from '../../toolchain/index.ts'
import {
  columnTitle,
  isWell,
  type KernelFindings,
  lackingBy,
  matrixTable,
} from '../verdict/index.ts'
import { readGuestEvidence } from './evidence.ts'
import { type Accelerator, shellCommand } from './guest.ts'
import { machines } from './machine.ts'
import { failureOf, type JudgedKernel, type Judging, verdictOf } from './verdict.ts'

/** A kernel, as far as the bodies need it. */
export interface GuestKernel {
  readonly name: string
  readonly arch: string
  readonly hidesBtf: boolean
}

/** How a guest is run. */
export interface GuestRunOptions {
  readonly seconds: number
  readonly accelerator: Accelerator | undefined
}

/** What the tasks prove, by which edges. */
export interface Proving<K extends GuestKernel> {
  /** Those that the tree declares. */
  readonly kernels: readonly K[]
  /** A kernel by a version, a name of those above, or a file. @throws UserError for what is none */
  readonly named: (text: string) => readonly K[]
  readonly image: (kernel: K) => Input
  readonly initramfs: (arch: string) => Edge
  readonly types: (kernel: K) => Edge | undefined
  readonly guest: (kernel: K, options: GuestRunOptions) => Edge
  /** How guests are run where nothing else is asked for. */
  readonly usual: GuestRunOptions
  readonly judging: Omit<Judging, 'root'>
  /** What is built for, as the kernel names it. */
  readonly arch: Derived<string>
  /** True where programs are compiled with the types of the kernel that runs here. */
  readonly usesTypesOfHere: Derived<boolean>
}

const OPTIONS = { kernel: 'VERSION|NAME|FILE', accel: 'kvm|tcg', seconds: 'N' } as const

/**
 * The body of `vm`, and of `vm:NAME` where kernels are given.
 * @returns 1 when a program is not as expected on some kernel, or a guest does not come to its end
 */
export async function vm<K extends GuestKernel>(
  ctx: TaskContext,
  proving: Proving<K>,
  given?: readonly K[],
): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const words = asked.all('kernel')
  const wanted = given ?? words.flatMap((word) => proving.named(word))
  const explicit = wanted.length > 0
  const kernels = explicit ? wanted : proving.kernels
  const options = runOptions(proving.usual, asked.last('seconds'), asked.last('accel'))
  const native = await ctx.ask(proving.arch)
  const archs = [...new Set(kernels.map(({ arch }) => arch))]
  const started = Date.now()
  const columns: KernelFindings[] = []
  let failed = false
  // What is built for here comes last, so that its programs are the ones that stay.
  for (const arch of archs.sort(
    (one, other) => Number(one === native) - Number(other === native),
  )) {
    if (ctx.signal.aborted) return 130
    const some = kernels.filter((kernel) => kernel.arch === arch)
    const obstacle = obstacleTo(ctx, arch, native)
    if (obstacle !== undefined) {
      if (explicit || arch === native) throw new UserError(obstacle)
      const names = some.map(({ name }) => name).join(', ')
      ctx.emit({ type: 'note', text: `${names} is left out: ${obstacle.what}; ${obstacle.hint}` })
      continue
    }
    const edges = new Map(some.map((kernel) => [kernel, proving.guest(kernel, options)]))
    const build = await settingsFor(ctx, proving, arch, native, some)
    const unmade = await ctx.build([build.targets, ...edges.values()], {
      keepGoing: true,
      settings: build.settings,
    })
    if (ctx.dryRun) continue
    if (unmade.length > 0) failed = true
    for (const [kernel, edge] of edges) {
      const isMade = !unmade.includes(edge.output.path)
      const path = resolve(ctx.root, edge.output.path)
      const column = isMade
        ? judgedAgain(ctx, kernel, path, proving.judging)
        : columnOfFailure(kernel.name, path, started)
      if (!isWell(column)) failed = true
      columns.push(column)
    }
  }
  if (ctx.dryRun) return 0
  if (ctx.signal.aborted) return 130
  show(ctx, columns)
  return failed ? 1 : 0
}

/** The body of `vm:shell`: one kernel, the same files, and a shell on the terminal. */
export async function vmShell<K extends GuestKernel>(
  ctx: TaskContext,
  proving: Proving<K>,
): Promise<number> {
  const asked = parseTaskArguments(ctx.args, OPTIONS)
  const word = asked.last('kernel')
  const native = await ctx.ask(proving.arch)
  const [kernel] =
    word === undefined
      ? proving.kernels.filter(({ arch }) => arch === native).slice(-1)
      : proving.named(word)
  if (kernel === undefined) throw new UserError({ what: 'no kernel to boot', status: 2 })
  const obstacle = obstacleTo(ctx, kernel.arch, native)
  const machine = machines.get(kernel.arch)
  if (obstacle !== undefined || machine === undefined)
    throw new UserError(obstacle ?? { what: `there are no guests for ${kernel.arch}` })
  const { settings, targets } = await settingsFor(ctx, proving, kernel.arch, native, [kernel])
  const image = proving.image(kernel)
  const archive = proving.initramfs(kernel.arch)
  const unmade = await ctx.build([targets, image, archive], { settings })
  if (unmade.length > 0) return 1
  if (ctx.dryRun) {
    ctx.say(`a shell in a guest with ${kernel.name}`)
    return 0
  }
  const accelerator = runOptions(proving.usual, undefined, asked.last('accel')).accelerator ?? 'tcg'
  const boot = {
    machine,
    image: resolve(ctx.root, pathOfInput(image)),
    initramfs: resolve(ctx.root, archive.output.path),
    accelerator,
    hidesBtf: kernel.hidesBtf,
  }
  const { status } = await ctx.run(shellCommand(boot), { nothrow: true })
  return status ?? 130
}

/**
 * What a guest showed is judged as soon as it has run; and the verdict is kept beside it, whatever it is.
 * @returns why it fails
 */
export function judgeGuest(
  kernel: JudgedKernel,
  path: string,
  judging: Judging,
): FailureBlock | undefined {
  const evidence = readGuestEvidence(fs.readFileSync(path, 'utf8'))
  if (evidence === undefined)
    return { what: `${path} is of another version`, hint: 'build it anew: -B' }
  const verdict = verdictOf(kernel, evidence, judging)
  const file = verdictFile(path)
  const fresh = `${file}.fresh`
  fs.writeFileSync(fresh, `${JSON.stringify(verdict.findings, undefined, 1)}\n`)
  fs.renameSync(fresh, file)
  return failureOf(verdict)
}

/** What lies beside the outputs of guests: no edge makes it. */
export function removeVerdicts(ctx: TaskContext, out: string): void {
  const folder = resolve(ctx.root, out, 'proof')
  const names = unlessErrno(() => fs.readdirSync(folder)) ?? []
  const paths = ['accelerator.json', ...names.map((name) => join(name, 'verdict.json'))]
  for (const path of paths.filter((one) => fs.existsSync(join(folder, one)))) {
    if (!ctx.dryRun) fs.rmSync(join(folder, path))
    ctx.emit({ type: 'removed', path: join(out, 'proof', path) })
  }
}

/** A check may be another one than when its guest was run. What it now finds wrong is to be seen anew next time. */
function judgedAgain(
  ctx: TaskContext,
  kernel: JudgedKernel,
  path: string,
  judging: Omit<Judging, 'root'>,
): KernelFindings {
  const block = judgeGuest(kernel, path, { ...judging, root: ctx.root })
  if (block !== undefined) {
    ctx.emit({ type: 'failure', ...block })
    fs.rmSync(path, { force: true })
  }
  return readFindings(verdictFile(path)) ?? nothingShown(kernel.name, 'its verdict cannot be read')
}

/** @param started a verdict from before is of an earlier run */
function columnOfFailure(name: string, path: string, started: number): KernelFindings {
  const file = verdictFile(path)
  const found = isFrom(file, started) ? readFindings(file) : undefined
  return found ?? nothingShown(name, 'it was not booted')
}

function nothingShown(kernel: string, problem: string): KernelFindings {
  const from = { kernel: '', machine: '', by: 'tcg', host: kernel } as const
  return { ...from, ms: 0, findings: [], maps: [], problem }
}

function verdictFile(evidence: string): string {
  return join(dirname(evidence), 'verdict.json')
}

function isFrom(path: string, started: number): boolean {
  const stat = fs.statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.mtimeMs >= started - 1000
}

function readFindings(path: string): KernelFindings | undefined {
  try {
    const said = parseJson(fs.readFileSync(path, 'utf8'))
    return isObject(said) && Array.isArray(said['findings'])
      ? (said as unknown as KernelFindings)
      : undefined
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return undefined
  }
}

/** Why there can be no guests of an architecture here. */
function obstacleTo(
  ctx: TaskContext,
  arch: string,
  built: string,
): (FailureBlock & { readonly hint: string }) | undefined {
  const machine = machines.get(arch)
  const missing = (program: string, hint: string) =>
    findProgram(program, ctx.environment) === undefined
      ? { what: `${program} is not here`, hint }
      : undefined
  if (machine === undefined) return { what: `there are no guests for ${arch}`, hint: 'x86, arm64' }
  const setup = 'npx tsx tasks.ts setup --vm --yes'
  const debian = `Debian has gcc-${machine.cross.slice(0, -1)}, and libbpf-dev and libelf-dev for ${machine.debian}`
  return (
    missing(
      machine.program,
      arch === archOf(runsOn()) ? setup : 'apt-get install qemu-system-arm',
    ) ?? (arch === built ? undefined : missing(`${machine.cross}gcc`, debian))
  )
}

/** How programs are built for an architecture, where that is another one than what is built for anyway. */
async function settingsFor<K extends GuestKernel>(
  ctx: TaskContext,
  proving: Proving<K>,
  arch: string,
  built: string,
  kernels: readonly K[],
): Promise<{ readonly settings: Readonly<Record<string, string>>; readonly targets: Input }> {
  const machine = machines.get(arch)
  if (arch === built || machine === undefined) return { settings: {}, targets: [] }
  const [types] = kernels.flatMap((kernel) => proving.types(kernel) ?? [])
  const usesHere = types !== undefined && (await ctx.ask(proving.usesTypesOfHere))
  return {
    settings: {
      CROSS_COMPILE: machine.cross,
      ...(usesHere ? { VMLINUX_BTF: types.output.path } : {}),
    },
    targets: usesHere ? types : [],
  }
}

function show(ctx: TaskContext, columns: readonly KernelFindings[]): void {
  if (columns.length === 0) return
  ctx.emit(matrixTable(columns))
  for (const column of columns) {
    const { problem } = column
    if (problem !== undefined)
      ctx.emit({ type: 'note', text: `${columnTitle(column)}: ${problem}` })
  }
  for (const column of columns) {
    for (const [feature, names] of lackingBy(column.findings)) {
      const text = `not supported on ${columnTitle(column)}: ${feature}, by ${names.join(', ')}`
      ctx.emit({ type: 'note', text })
    }
  }
  const wrong = columns.filter((column) => !isWell(column))
  const all = `${columns.length} kernel${columns.length === 1 ? '' : 's'}`
  ctx.say(wrong.length === 0 ? `${all}: all well` : `${wrong.length} of ${all} not as expected`)
}

/** @throws UserError for what cannot be meant */
function runOptions(
  usual: GuestRunOptions,
  seconds: string | undefined,
  accel: string | undefined,
): GuestRunOptions {
  if (seconds !== undefined && !/^[1-9]\d*$/.test(seconds))
    throw new UserError({ what: `--seconds takes a number, not ${seconds}`, status: 2 })
  if (accel !== undefined && accel !== 'kvm' && accel !== 'tcg')
    throw new UserError({ what: `--accel is kvm or tcg, not ${accel}`, status: 2 })
  return {
    seconds: seconds === undefined ? usual.seconds : Number(seconds),
    accelerator: accel ?? usual.accelerator,
  }
}

function pathOfInput(input: Input): string {
  if (typeof input === 'string') return input
  if ('path' in input) return input.path
  if ('output' in input) return input.output.path
  throw new Error('a kernel is one file')
}
