// Installs the tools of a tree with their aliases, and takes them away again.
import { basename, isAbsolute, join, resolve } from 'node:path'
import { type TaskContext, UserError } from '../../engine/index.ts'
import { install, target, uninstall } from '../sources/index.ts'
import type { Item } from '../system/index.ts'
import { settings } from '../toolchain/index.ts'
import type { Tools } from '../tree/index.ts'

/**
 * What is installed of a tree, and where: folders are below PREFIX unless they are absolute.
 * @example
 * const install: InstallOptions = { programs: 'sbin', objects: 'lib/bpf', files: { 'share/man/man8': ['x.8'] } }
 */
export interface InstallOptions {
  /** Folder of programs and their aliases. Default: BINDIR, or `bin`. */
  readonly programs?: string
  /** Folder of objects that have no loader. Without it, they are not installed. */
  readonly objects?: string
  /** Other files, by the folder that gets them; made ones are built first. */
  readonly files?: Readonly<Record<string, readonly string[]>>
}

const NAME = 'tools'

export interface Installed {
  readonly out: string
  readonly tools: Tools
  readonly install: InstallOptions
}

/** The body of install. */
export async function installTools(
  context: TaskContext,
  { out, tools, install: wanted }: Installed,
): Promise<void> {
  const { at, destination } = await target(context)
  const prefix = (await context.ask(settings.PREFIX)) ?? '/'
  const begin = (await context.ask(settings.APP_PREFIX)) ?? ''
  const below = (folder: string): string => at(isAbsolute(folder) ? folder : join(prefix, folder))
  const programs = below((await bindir(context)) ?? wanted.programs ?? 'bin')
  const here = (path: string): string => resolve(context.root, path)
  const items = (await context.ask(tools.list)).flatMap(({ loader, object, aliases }): Item[] => {
    if (loader === undefined) {
      if (wanted.objects === undefined || object === undefined) return []
      const { path } = object.output
      return [{ from: here(path), to: join(below(wanted.objects), basename(path)), mode: 0o644 }]
    }
    const { path } = loader.output
    const name = begin + basename(path)
    return [
      { from: here(path), to: join(programs, name), mode: 0o755 },
      ...aliases.map(({ output }) => ({
        from: here(output.path),
        to: join(programs, begin + basename(output.path)),
        mode: 0o755,
        leadsTo: name,
      })),
    ]
  })
  const others = Object.entries(wanted.files ?? {}).flatMap(([folder, paths]) =>
    paths.map((path) => ({
      from: here(path),
      to: join(below(folder), basename(path)),
      mode: 0o644,
    })),
  )
  await install(context, { out }, NAME, destination, [...items, ...others])
}

/** The body of uninstall. */
export async function uninstallTools(context: TaskContext, installed: Installed): Promise<void> {
  const { out, install: wanted } = installed
  const folders = [wanted.programs, wanted.objects, ...Object.keys(wanted.files ?? {})]
  const absolute = folders.filter((folder) => folder !== undefined && isAbsolute(folder))
  await uninstall(
    context,
    { out },
    NAME,
    absolute.flatMap((folder) => folder ?? []),
  )
}

async function bindir(context: TaskContext): Promise<string | undefined> {
  const folder = await context.ask(settings.BINDIR)
  if (folder === undefined || isAbsolute(folder)) return folder
  throw new UserError({
    what: 'BINDIR must be an absolute path',
    facts: [['BINDIR', folder]],
    hint: `BINDIR=${resolve(context.root, folder)}, or DESTDIR for a folder that stands for /`,
    status: 2,
  })
}
