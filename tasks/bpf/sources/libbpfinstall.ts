// The tasks that install libbpf, its uapi headers, and take both away again.
import { basename, join, resolve } from 'node:path'
import { type Derived, type TaskContext, UserError } from '../../engine/index.ts'
import { type Item, Manifest } from '../system/index.ts'
import { isOn, settings } from '../toolchain/index.ts'
import { places } from './installfolders.ts'
import { type Libbpf, uapiSources } from './libbpfedges.ts'

const NAME = 'libbpf'

/** What is installed of libbpf, and the folder of what is made. */
export interface LibbpfRules {
  readonly out: string
  readonly libbpf: Derived<Libbpf>
}

/** The body of libbpf:install. */
export async function installLibbpf(ctx: TaskContext, rules: LibbpfRules): Promise<void> {
  const { archive, shared, pc, headers } = await ctx.ask(rules.libbpf)
  const { libraries, includes } = await ctx.ask(places)
  const { at, destination } = await target(ctx)
  const staticOnly = isOn(await ctx.ask(settings.BUILD_STATIC_ONLY))
  const files = (outputs: readonly string[], folder: string, mode: number): Item[] =>
    outputs.map((path) => ({
      from: join(ctx.root, path),
      to: join(at(folder), basename(path)),
      mode,
    }))
  await install(ctx, rules, NAME, destination, [
    ...files(
      headers.flatMap(({ outputs }) => outputs.map(({ path }) => path)),
      join(includes, 'bpf'),
      0o644,
    ),
    ...files([archive.output.path], libraries, 0o644),
    ...(staticOnly
      ? []
      : files(
          shared.map(({ output }) => output.path),
          libraries,
          0o755,
        )),
    ...files([pc.output.path], join(libraries, 'pkgconfig'), 0o644),
  ])
}

/** The body of libbpf:uapi-install: apart, as distributions bring these headers in another package. */
export async function installUapi(ctx: TaskContext, rules: LibbpfRules): Promise<void> {
  const { tree } = await ctx.ask(rules.libbpf)
  const { includes } = await ctx.ask(places)
  const { at, destination } = await target(ctx)
  const items = uapiSources(tree).map((path) => ({
    from: resolve(ctx.root, path),
    to: join(at(includes), 'linux', basename(path)),
    mode: 0o644,
  }))
  await install(ctx, rules, NAME, destination, items)
}

/** The body of libbpf:uninstall. */
export async function uninstallLibbpf(ctx: TaskContext, rules: LibbpfRules): Promise<void> {
  await uninstall(ctx, rules, NAME)
}

/**
 * Removes what was installed under a name to the destination.
 * @param folders absolute ones outside of PREFIX in which it installs, without DESTDIR
 * @throws UserError where none was
 */
export async function uninstall(
  ctx: TaskContext,
  rules: { readonly out: string },
  name: string,
  folders: readonly string[] = [],
): Promise<void> {
  const { at, destination } = await target(ctx)
  const set = [settings.LIBDIR, settings.INCLUDEDIR, settings.BINDIR]
  const given = await Promise.all(set.map((setting) => ctx.ask(setting)))
  // All of DESTDIR is for what is installed: folders that were made above PREFIX go as well.
  const top = (await ctx.ask(settings.DESTDIR)) === undefined ? [] : ['/']
  const asked = [...top, ...given, ...folders]
  const within = asked.flatMap((path) => (path === undefined ? [] : [resolve(at(path))]))
  const manifest = manifestOf(ctx, rules)
  const uninstalled = manifest.uninstall(name, destination, [destination, ...within], ctx.dryRun)
  const { removed, kept, outside } = uninstalled
  for (const path of removed) ctx.emit({ type: 'removed', path })
  for (const path of kept) {
    ctx.emit({ type: 'note', text: `${path} was changed since it was installed: it stays` })
  }
  for (const path of outside) {
    ctx.emit({ type: 'note', text: `${path} is outside of ${destination}: it stays` })
  }
}

/** Installs under the name, and says what. */
export async function install(
  ctx: TaskContext,
  rules: { readonly out: string },
  name: string,
  destination: string,
  items: readonly Item[],
): Promise<void> {
  if (ctx.dryRun) {
    for (const { from, to } of items) ctx.say(`install ${from} ${to}`)
    return
  }
  manifestOf(ctx, rules).install(name, destination, items)
  ctx.say(
    `installed ${name}: ${items.length} ${items.length === 1 ? 'file' : 'files'} in ${destination}`,
  )
}

/** Remembers all that was installed from this tree. */
export function manifestOf(ctx: TaskContext, { out }: { readonly out: string }): Manifest {
  return new Manifest(join(ctx.root, out, 'installed.json'))
}

/** Where files go: DESTDIR before each path; and what the user calls the place. */
export async function target(
  ctx: TaskContext,
): Promise<{ readonly at: (path: string) => string; readonly destination: string }> {
  const destdir = (await ctx.ask(settings.DESTDIR)) ?? ''
  const prefix = (await ctx.ask(settings.PREFIX)) ?? '/'
  for (const [name, path] of [
    ['PREFIX', prefix],
    ['LIBDIR', await ctx.ask(settings.LIBDIR)],
    ['INCLUDEDIR', await ctx.ask(settings.INCLUDEDIR)],
  ] as const) {
    if (path === undefined || path.startsWith('/')) continue
    throw new UserError({
      what: `${name} must be an absolute path`,
      facts: [[name, path]],
      hint: `${name}=${resolve(ctx.root, path)}, or DESTDIR for a folder that stands for /`,
      status: 2,
    })
  }
  const root = destdir === '' ? '/' : resolve(ctx.root, destdir)
  const at = (path: string): string => join(root, path)
  return { at, destination: at(prefix) }
}
