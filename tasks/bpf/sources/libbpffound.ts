// Finds every tree of libbpf's sources below some folders, and its version.
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isErrno, type TaskContext, UserError } from '../../engine/index.ts'
import { settings } from '../toolchain/index.ts'
import { agrees, type LibbpfVersion, libbpfVersion } from './libbpfversion.ts'

export interface FoundLibbpf extends LibbpfVersion {
  /** Path of its libbpf.map. */
  readonly path: string
  readonly agrees: boolean
}

/** The body of libbpf:version: 1 when there is none, or a tree's header and map disagree. */
export async function tellVersions(ctx: TaskContext): Promise<number> {
  const folders = ctx.args.length > 0 ? ctx.args : [await defaultFolder(ctx)]
  const found = folders.flatMap((folder) => findLibbpf(folder, ctx.root))
  for (const libbpf of found) {
    ctx.emit({ type: 'result', text: lineOf(libbpf), data: dataOf(libbpf) })
  }
  if (found.length > 0) return found.every((libbpf) => libbpf.agrees) ? 0 : 1
  throw new UserError({
    what: 'there is no libbpf.map here',
    facts: [['looked in', folders.join('\n')]],
    hint: 'name folders: npx tsx tasks.ts libbpf:version -- DIR…',
  })
}

function dataOf({ path, map, release, header, agrees }: FoundLibbpf) {
  return { path, version: map, release, header, agrees }
}

/** The path, the version, and what disagrees with it. */
export function lineOf({ path, map, release, header, agrees }: FoundLibbpf): string {
  const patch = release === map ? '' : ` (released as ${release})`
  const flag = agrees ? '' : `, but libbpf_version.h says ${header ?? 'none'}`
  return `${path} ${map}${patch}${flag}`
}

async function defaultFolder(ctx: TaskContext): Promise<string> {
  return (await ctx.ask(settings.LIBBPF_TOP)) ?? '.'
}

/**
 * Every libbpf.map in a folder and below it, sorted, with what it says.
 * @throws UserError where there is no such folder
 */
export function findLibbpf(folder: string, root: string): FoundLibbpf[] {
  const stat = statSync(resolve(root, folder), { throwIfNoEntry: false })
  if (stat?.isDirectory() !== true) {
    throw new UserError({
      what: `${folder} is ${stat === undefined ? 'not there' : 'no folder'}`,
      hint: 'name folders: npx tsx tasks.ts libbpf:version -- DIR…',
      status: 2,
    })
  }
  return mapsBelow(folder, root).flatMap((path) => {
    const beside = (name: string) => read(resolve(root, path, '..', name))
    const version = libbpfVersion(
      beside('libbpf.map') ?? '',
      beside('libbpf_version.h'),
      beside('Makefile'),
    )
    return version === undefined ? [] : [{ path, ...version, agrees: agrees(version) }]
  })
}

/** Links are not followed, so that a link upwards ends no walk. */
function mapsBelow(folder: string, root: string): string[] {
  const found: string[] = []
  const waiting = [folder]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const entry of list(resolve(root, at))) {
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules')
          waiting.push(join(at, entry.name))
      } else if (entry.name === 'libbpf.map') found.push(join(at, entry.name))
    }
  }
  return found.sort()
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'ENOENT')) return []
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
}
