// Kernels to boot: a bzImage that is named, or Debian's, fetched once and kept, never installed.
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { machine } from 'node:os'
import { join, resolve } from 'node:path'
import {
  isErrno,
  parseJson,
  quoteCommand,
  type TaskContext,
  UserError,
} from '../../../engine/index.ts'
import { isObject, isRoot } from '../../system/index.ts'

export interface Kernel {
  /** As it was asked for, or the name of its package. */
  readonly name: string
  /** Absolute path of its bzImage. */
  readonly image: string
}

/** What is written beside a kernel: where it is from, and how to know it again. */
interface Record {
  readonly package: string
  readonly version: string
  /** Of the package, as the archive's signed index has it. */
  readonly packageSha256: string
  readonly imageSha256: string
}

/**
 * @param wanted a version such as 6.1, or a path of a bzImage
 * @param folder where kernels are kept, relative to the root
 * @throws UserError where there is no such file or package
 */
export async function findKernel(
  ctx: TaskContext,
  wanted: string,
  folder: string,
): Promise<Kernel> {
  if (!/^\d+\.\d+(?:\.\d+)?$/.test(wanted)) return namedImage(ctx, wanted)
  const kept = keptKernel(ctx, wanted, folder)
  if (kept !== undefined) return kept
  const packageName = await newestPackage(ctx, wanted)
  ctx.say(`fetching ${packageName}`)
  return await fetchKernel(ctx, packageName, folder)
}

function namedImage(ctx: TaskContext, path: string): Kernel {
  const image = resolve(ctx.root, path)
  // "HdrS" at 0x202: Documentation/arch/x86/boot.rst.
  const isImage = readOrNothing(image)?.subarray(0x202, 0x206).toString('latin1') === 'HdrS'
  if (isImage) return { name: path, image }
  throw new UserError({
    what: `${path} is neither a version such as 6.1 nor a bzImage`,
    hint: 'npx tsx tasks.ts vm -- --kernel 6.1',
    status: 2,
  })
}

/** The newest of those that were fetched before and are as they were then. */
function keptKernel(ctx: TaskContext, version: string, folder: string): Kernel | undefined {
  const names = foldersIn(resolve(ctx.root, folder)).filter((name) => isOf(name, version))
  for (const name of names.sort(byVersion).reverse()) {
    const place = resolve(ctx.root, folder, name)
    const record = readRecord(join(place, 'kernel.json'))
    const image = join(place, 'vmlinuz')
    if (record !== undefined && sha256(readOrNothing(image)) === record.imageSha256) {
      return { name, image }
    }
  }
  return undefined
}

/** @throws UserError where the lists of apt have none of that version */
async function newestPackage(ctx: TaskContext, version: string): Promise<string> {
  const pattern = `^linux-image-${version.replaceAll('.', '\\.')}[.-].*-cloud-${architecture()}$`
  const command = ['apt-cache', 'search', '--names-only', pattern]
  const { stdout } = await ctx.run(command, { output: 'capture' })
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '')
  const newest = names
    .filter((name) => isOf(name, version))
    .sort(byVersion)
    .at(-1)
  if (newest !== undefined) return newest
  throw new UserError({
    what: `no package has a kernel ${version} for guests`,
    facts: [['looked for', quoteCommand(command)]],
    hint: 'fetch new lists: apt-get update, or name a bzImage: --kernel FILE',
  })
}

async function fetchKernel(ctx: TaskContext, name: string, folder: string): Promise<Kernel> {
  const parent = resolve(ctx.root, folder)
  mkdirSync(parent, { recursive: true })
  const work = mkdtempSync(join(parent, '.fetching-'))
  try {
    const file = await download(ctx, name, work)
    const { stdout } = await ctx.run(['apt-cache', 'show', '--no-all-versions', name], {
      output: 'capture',
    })
    const packageSha256 = sha256(readFileSync(file))
    const promised = field(stdout, 'SHA256')
    if (packageSha256 !== promised) throw notAsPromised(file, promised, packageSha256)
    const unpacked = join(work, 'unpacked')
    await ctx.run(['dpkg-deb', '-x', file, unpacked])
    const image = foldersIn(join(unpacked, 'boot')).find((entry) => entry.startsWith('vmlinuz-'))
    if (image === undefined) throw new UserError({ what: `${name} has no kernel in /boot` })
    const place = join(work, 'kept')
    mkdirSync(place)
    renameSync(join(unpacked, 'boot', image), join(place, 'vmlinuz'))
    const record: Record = {
      package: name,
      version: field(stdout, 'Version') ?? '',
      packageSha256,
      imageSha256: sha256(readFileSync(join(place, 'vmlinuz'))),
    }
    writeFileSync(join(place, 'kernel.json'), `${JSON.stringify(record, undefined, 2)}\n`)
    rmSync(join(parent, name), { recursive: true, force: true })
    renameSync(place, join(parent, name))
    return { name, image: join(parent, name, 'vmlinuz') }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Downloads into a folder; where the lists are older than the archive, once more with new ones. */
async function download(ctx: TaskContext, name: string, folder: string): Promise<string> {
  const command = ['env', `--chdir=${folder}`, 'apt-get', '-q', 'download', name]
  const once = () => ctx.run(command, { output: 'capture', nothrow: true })
  let result = await once()
  if (result.status !== 0 && isRoot()) {
    ctx.say('the package lists are old: apt-get update')
    await ctx.run(['apt-get', '-q', 'update'], { output: 'capture', nothrow: true })
    result = await once()
  }
  const file = foldersIn(folder).find((entry) => entry.endsWith('.deb'))
  if (result.status === 0 && file !== undefined) return join(folder, file)
  throw new UserError({
    what: `${name} could not be fetched`,
    facts: [
      ['command', quoteCommand(command)],
      ['it said', result.stderr.trim().split('\n').slice(-3).join('\n')],
    ],
    hint: 'fetch new lists: apt-get update, or name a bzImage: --kernel FILE',
  })
}

function notAsPromised(file: string, promised: string | undefined, found: string): UserError {
  return new UserError({
    what: 'a fetched package is not the one of the archive',
    facts: [
      ['file', file],
      ['SHA256', found],
      ['promised', promised ?? 'nothing'],
    ],
    hint: 'fetch new lists: apt-get update',
  })
}

/** Debian's name of this machine's architecture. @throws UserError for one without cloud kernels */
function architecture(): string {
  if (machine() === 'x86_64') return 'amd64'
  throw new UserError({
    what: `guests are booted on x86_64 only so far, and this is ${machine()}`,
    hint: 'verify and check work here: npx tsx tasks.ts verify',
  })
}

function isOf(name: string, version: string): boolean {
  const rest = name.replace(`linux-image-${version}`, '')
  return rest !== name && /^[.-]/.test(rest) && name.endsWith(`-cloud-${architecture()}`)
}

/** By the numbers in the names: 6.1.0-9 before 6.1.0-56. */
function byVersion(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

/** A line of deb-control(5). */
function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
}

function readRecord(path: string): { readonly imageSha256: string } | undefined {
  const record = parseJson(String(readOrNothing(path)))
  if (!isObject(record) || typeof record['imageSha256'] !== 'string') return undefined
  return { imageSha256: record['imageSha256'] }
}

function sha256(bytes: Uint8Array): string
function sha256(bytes: Uint8Array | undefined): string | undefined
function sha256(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex')
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (!isErrno(error)) throw error
    return undefined
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return []
  }
}
