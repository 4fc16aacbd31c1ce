// The setup task: finds out what the build misses on this machine, and installs just that.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { machine } from 'node:os'
import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { quoteCommand, type TaskContext, UserError, unlessErrno } from '../../engine/index.ts'
import { asRoot, findProgram } from '../system/index.ts'
import {
  guestNeeds,
  hasSubstitute,
  headerNeeds,
  installCommand,
  lacksCandidate,
  type Manager,
  managers,
  type Need,
  needs,
  packagesFor,
  parseRelease,
  pickManager,
  placesOf,
  type Release,
} from '../toolchain/index.ts'
import { testNeeds } from './testneeds.ts'

/** What is to be installed, and with what. */
interface Plan {
  readonly missing: readonly Need[]
  readonly manager: Manager
  readonly release: Release
}

/**
 * Installs what the build needs and this machine has not; returns the exit status.
 * @param headers those that the sources of the tree include
 */
export async function install(ctx: TaskContext, headers: readonly string[] = []): Promise<number> {
  const found = await missingNeeds(ctx, headers)
  if (found.length === 0) {
    ctx.say('nothing to install: all that the build needs is here')
    return 0
  }
  const plan = planFor(ctx, found)
  const { missing } = plan
  for (const need of found) {
    if (missing.includes(need)) continue
    ctx.say(`no package of ${plan.manager.name} brings ${need.name}: what needs it is left out`)
  }
  if (missing.length === 0) return 0
  const refresh = hasLists(plan.manager) ? undefined : plan.manager.refresh
  const command = await installWords(ctx, plan)
  const commands = (refresh === undefined ? [command] : [refresh, command]).map((words) =>
    asRoot(words, ctx.environment),
  )
  ctx.say(`missing: ${namesOf(missing)}`)
  for (const words of commands) ctx.say(quoteCommand(words))
  if (ctx.dryRun) return 0
  if (!ctx.options.has('yes') && !(await isAgreed(ctx))) {
    ctx.say('nothing was installed')
    return 1
  }
  if (refresh === undefined) await installOrRefresh(ctx, plan, command)
  else await refreshAndInstall(ctx, plan, refresh, command)
  const still = (await missingNeeds(ctx, headers)).filter((need) => missing.includes(need))
  if (still.length > 0) throw stillMissing(still, plan.manager)
  ctx.say('installed: all that the build needs is here')
  return 0
}

/** @throws UserError where no manager is here, or none of its packages brings any of it */
function planFor(ctx: TaskContext, found: readonly Need[]): Plan {
  const release = parseRelease(readText('/etc/os-release') ?? readText('/usr/lib/os-release') ?? '')
  const manager = pickManager(release, (program) => isThere(program, ctx))
  if (manager === undefined) throw noManager(found)
  const missing = installable(found, manager)
  if (missing.length > 0 && packagesFor(missing, manager.name, () => false).length === 0) {
    throw nothingBrings(missing, manager)
  }
  return { missing, manager, release }
}

/**
 * What is to be installed: all that every build needs, and of what only some tools and tests need that for which
 * the manager has packages.
 */
export function installable(
  missing: readonly Need[],
  { name }: Pick<Manager, 'name'>,
): readonly Need[] {
  return missing.filter((need) => needs.includes(need) || need.packages[name].length > 0)
}

/** Fetches new lists only when the installation shows that the old ones are too old. */
async function installOrRefresh(
  ctx: TaskContext,
  plan: Plan,
  command: readonly string[],
): Promise<void> {
  const { oldLists, refresh } = plan.manager
  if (oldLists === undefined || refresh === undefined) {
    await execute(ctx, command, plan.manager)
    return
  }
  if (await execute(ctx, command, plan.manager, oldLists)) return
  ctx.say(`the package lists are old: ${quoteCommand(asRoot(refresh, ctx.environment))}`)
  await refreshAndInstall(ctx, plan, refresh, command)
}

/** New lists may have other names; the command is said again where it is another by that. */
async function refreshAndInstall(
  ctx: TaskContext,
  plan: Plan,
  refresh: readonly string[],
  before: readonly string[],
): Promise<void> {
  await execute(ctx, refresh, plan.manager)
  const command = await installWords(ctx, plan)
  const line = quoteCommand(command)
  if (line !== quoteCommand(before)) ctx.say(quoteCommand(asRoot(command, ctx.environment)))
  await execute(ctx, command, plan.manager)
}

/**
 * Runs one command as root and shows its lines.
 * @returns false when it failed and said what `forgiven` matches
 * @throws UserError when it failed otherwise
 */
async function execute(
  ctx: TaskContext,
  words: readonly string[],
  manager: Manager,
  forgiven?: RegExp,
): Promise<boolean> {
  const command = asRoot(words, ctx.environment)
  const lines: string[] = []
  const onLine = (text: string) => {
    // dpkg writes as to a terminal: what a carriage return wrote over is not to be seen.
    const line = text.trimEnd().split('\r').at(-1) ?? ''
    lines.push(line)
    ctx.say(line)
  }
  const { status } = await ctx.run(command, { nothrow: true, onLine })
  if (status === 0) return true
  if (forgiven !== undefined && lines.some((line) => forgiven.test(line))) return false
  throw new UserError({
    what: `${manager.program} failed`,
    facts: [
      ['command', quoteCommand(command)],
      ['status', status === null ? 'ended by a signal' : `${status}`],
      ['it said', lastWords(lines)],
    ],
    hint: 'mend what it names, then: npx tsx tasks.ts setup',
  })
}

/** What a package manager said of its failure: its errors, else its last lines. */
function lastWords(lines: readonly string[]): string {
  const errors = lines.filter((line) => /^(?:E:|error|ERROR)/i.test(line))
  const said = (errors.length > 0 ? errors : lines).slice(-3).join('\n')
  return said === '' ? 'nothing' : said
}

async function installWords(ctx: TaskContext, plan: Plan): Promise<readonly string[]> {
  const { missing, manager, release } = plan
  const lacking = new Set<string>()
  for (const name of packagesFor(missing, manager.name, () => false).filter(hasSubstitute)) {
    if (await lacksPackage(ctx, name, plan)) lacking.add(name)
  }
  const packages = packagesFor(missing, manager.name, (name) => lacking.has(name))
  return installCommand(manager, release, packages)
}

async function lacksPackage(
  ctx: TaskContext,
  name: string,
  { manager, release }: Plan,
): Promise<boolean> {
  if (manager.name !== 'apt' || !release.families.includes('ubuntu')) return false
  // Without lists nobody can tell: the substitute is the name that every Ubuntu knows.
  if (!hasLists(manager)) return true
  const { stdout } = await ctx.run(['apt-cache', 'policy', name], {
    output: 'capture',
    nothrow: true,
    environment: { LC_ALL: 'C' },
  })
  return lacksCandidate(stdout)
}

async function missingNeeds(ctx: TaskContext, headers: readonly string[]): Promise<Need[]> {
  const missing: Need[] = []
  const all = new Set([
    ...needs,
    ...headers.flatMap((header) => headerNeeds.get(header) ?? []),
    ...(ctx.options.has('vm') ? guestNeeds : []),
    ...(ctx.options.has('tests') ? testNeeds : []),
  ])
  for (const need of all) if (!(await isMet(ctx, need))) missing.push(need)
  return missing
}

async function isMet(ctx: TaskContext, { sign }: Need): Promise<boolean> {
  switch (sign.kind) {
    case 'tool':
      return ctx.ask(sign.tool).then(
        () => true,
        (error: unknown) => {
          if (error instanceof UserError) return false
          throw error
        },
      )
    case 'program':
      return isThere(sign.program, ctx)
    case 'header':
    case 'library':
    case 'keyring':
      return placesOf(sign, machine()).some((path) => existsSync(path))
    default:
      return sign satisfies never
  }
}

/** False as well when the answer is the end of the input, or when the runner is asked to end. */
async function isAgreed(ctx: TaskContext): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new UserError({
      what: 'setup asks before it installs, and there is no terminal to ask on',
      hint: 'npx tsx tasks.ts setup --yes',
      status: 2,
    })
  }
  // Not readline's own editing: in its raw mode Ctrl-C would end nothing but the question.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    const asked = lines.question('Install? [y/N] ', { signal: ctx.signal })
    return /^y(?:es)?$/i.test((await Promise.race([asked, closed])).trim())
  } catch (error) {
    if (ctx.signal.aborted) return false
    throw error
  } finally {
    lines.close()
  }
}

function noManager(missing: readonly Need[]): UserError {
  return new UserError({
    what: 'no package manager that setup knows is here',
    facts: [
      ['needed', namesOf(missing)],
      ['known', managers.map(({ program }) => program).join(', ')],
    ],
    hint: 'install what is needed by hand, then: npx tsx tasks.ts doctor',
  })
}

function nothingBrings(missing: readonly Need[], manager: Manager): UserError {
  return new UserError({
    what: `no package of ${manager.name} brings what is missing`,
    facts: [['missing', namesOf(missing)]],
    hint: 'build libbpf from source: https://github.com/libbpf/libbpf#building-libbpf',
  })
}

function stillMissing(missing: readonly Need[], manager: Manager): UserError {
  const [sought = ''] = missing.map(({ name, sign }) => ('file' in sign ? sign.file : name))
  return new UserError({
    what: 'the installation ended well, but something is still missing',
    facts: missing.map((need) => [need.name, whereIt(need)] as const),
    hint: `find the package that has it: ${manager.search} ${sought}`,
  })
}

function whereIt({ sign }: Need): string {
  switch (sign.kind) {
    case 'tool':
      return 'not found, or it does not work: npx tsx tasks.ts doctor says which'
    case 'program':
      return 'not found in PATH'
    case 'header':
    case 'library':
    case 'keyring':
      return `looked for ${placesOf(sign, machine()).join(', ')}`
    default:
      return sign satisfies never
  }
}

function namesOf(missing: readonly Need[]): string {
  return missing.map(({ name }) => name).join(', ')
}

function hasLists({ lists }: Manager): boolean {
  if (lists === undefined) return true
  return (unlessErrno(() => readdirSync(lists.folder)) ?? []).some((name) => lists.name.test(name))
}

function isThere(program: string, ctx: TaskContext): boolean {
  return findProgram(program, ctx.environment) !== undefined
}

function readText(path: string): string | undefined {
  return unlessErrno(() => readFileSync(path, 'utf8'))
}
