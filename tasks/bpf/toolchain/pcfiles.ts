// Which .pc files an answer of pkg-config comes from: those that it names, where it looks, and what these require.
//
// pc(5), pkg-config(1): a package may be called NAME-uninstalled, which is looked for in all folders first.
import { posix } from 'node:path'
import {
  type Arg,
  type Derived,
  derive,
  probe,
  setting,
  type Tool,
  text,
} from '../../engine/index.ts'
import { settings } from './settings.ts'

const { PKG_CONFIG_PATH, PKG_CONFIG_LIBDIR, PKG_CONFIG_SYSROOT_DIR } = settings

/** Variables that pkg-config reads: handed on, and recorded, so that a change is noticed. */
export const pkgConfigEnvironment: Readonly<Record<string, Arg>> = {
  ...{ PKG_CONFIG_PATH, PKG_CONFIG_LIBDIR, PKG_CONFIG_SYSROOT_DIR },
  ...Object.fromEntries(
    [
      'PKG_CONFIG_TOP_BUILD_DIR',
      'PKG_CONFIG_DISABLE_UNINSTALLED',
      'PKG_CONFIG_ALLOW_SYSTEM_CFLAGS',
      'PKG_CONFIG_ALLOW_SYSTEM_LIBS',
      'PKG_CONFIG_SYSTEM_INCLUDE_PATH',
      'PKG_CONFIG_SYSTEM_LIBRARY_PATH',
    ].map((name) => [name, setting(name, 'read by pkg-config')]),
  ),
}

/** The folders in which a pkg-config looks, first one first. */
export function pcFolders(pkgConfig: Tool): Derived<readonly string[]> {
  const own = probe({
    name: 'folders of pkg-config',
    command: [pkgConfig, '--variable=pc_path', 'pkg-config'],
    read: ({ stdout }) => foldersIn(stdout.trim()),
  })
  return derive(
    [PKG_CONFIG_PATH, PKG_CONFIG_LIBDIR],
    (first = '', instead): Derived<readonly string[]> => {
      if (instead !== undefined)
        return derive([], () => [...foldersIn(first), ...foldersIn(instead)])
      return derive([own], (folders) => [...foldersIn(first), ...folders])
    },
  )
}

/**
 * Paths of the .pc files that some packages are described in, with those that they require. One that is not
 * there is left out: pkg-config says so.
 */
export function pcFilesOf(
  names: readonly string[],
  folders: Derived<readonly string[]>,
): Derived<readonly string[]> {
  return derive([folders], (all) => found(names, all, new Map()))
}

/** @param known the files so far, by package; undefined for one that is not there */
function found(
  names: readonly string[],
  folders: readonly string[],
  known: ReadonlyMap<string, string | undefined>,
): Derived<readonly string[]> {
  const asked = [...new Set(names)].filter((name) => !known.has(name))
  const paths = () => [...known.values()].flatMap((path) => path ?? [])
  if (asked.length === 0) return derive([], paths)
  const places = asked.map((name) =>
    [`${name}-uninstalled.pc`, `${name}.pc`].flatMap((file) =>
      folders.map((folder) => posix.join(folder, file)),
    ),
  )
  return derive(places.flat().map(text), (...texts) => {
    const now = new Map(known)
    const required: string[] = []
    const count = texts.length / asked.length
    for (const [at, name] of asked.entries()) {
      const said = texts.slice(at * count, (at + 1) * count)
      const first = said.findIndex((one) => one !== undefined)
      now.set(name, places[at]?.[first])
      required.push(...requiredBy(said[first] ?? ''))
    }
    return found(required, folders, now)
  })
}

/** The packages that a .pc file requires, privately too: their flags are part of its own. */
export function requiredBy(pc: string): string[] {
  const lines = pc
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, ''))
  const variables = new Map(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^\s*([\w.]+)\s*=(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value.trim()] as const]
    }),
  )
  const expanded = (value: string, depth = 0): string =>
    value.replace(/\$\{([\w.]+)\}/g, (_, name: string) =>
      depth > 9 ? '' : expanded(variables.get(name) ?? '', depth + 1),
    )
  const names = lines.flatMap((line) => {
    const [, list] = /^\s*Requires(?:\.\w+)?\s*:(.*)$/.exec(line) ?? []
    const packages = expanded(list ?? '').matchAll(/([^\s,<>=!]+)(?:\s*(?:[<>!]=?|=)\s*[^\s,]+)?/g)
    return [...packages].map(([, name = '']) => name)
  })
  return [...new Set(names)]
}

function foldersIn(list: string): string[] {
  return list.split(':').filter((folder) => folder !== '')
}
