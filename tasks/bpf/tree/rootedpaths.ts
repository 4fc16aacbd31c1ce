// What a tree in a folder of its own is described with, with its paths named from the root of the build.
import type { Edge, Input, Output } from '../../engine/index.ts'
import type { Folder, Objects, SourceFile, Sources, VmlinuxSpec } from '../rules/index.ts'
import type { BpftoolSpec, LibbpfSpec } from '../sources/index.ts'
import type { ProjectOptions, TreeOptions } from './bpfrules.ts'
import type { ToolOptions, ToolsOptions } from './tooloptions.ts'

/** Names a path of the folder from the root of the build. */
export type Here = (path: string) => string

/** What has paths in it, of all that compiles and links can be told. */
interface WithPaths {
  readonly includes?: readonly Folder[] | undefined
  readonly headers?: readonly Input[] | undefined
  readonly objects?: readonly Objects[] | undefined
  readonly sources?: readonly SourceFile[] | undefined
  readonly versionScript?: SourceFile | undefined
}

/** Handles know where their files are; only what is written as text is of the folder. */
function named<T extends object>(here: Here, one: string | T): string | T {
  return typeof one === 'string' ? here(one) : one
}

function all<T extends object>(here: Here, list: readonly (string | T)[]): (string | T)[] {
  return list.map((one) => named(here, one))
}

export function sourceHere(here: Here, source: SourceFile): SourceFile {
  return named<Edge | Output>(here, source)
}

export function sourcesHere(here: Here, sources: Sources): Sources {
  return isList(sources) ? sources.map((one) => sourceHere(here, one)) : sourceHere(here, sources)
}

export function objectsHere(here: Here, objects: readonly Objects[]): readonly Objects[] {
  return Array.isArray(objects) ? objects.map((one) => named(here, one)) : objects
}

/** What is wrong in it is left as it is, for the rules to refuse. */
export function optionsHere<T extends WithPaths>(here: Here, options: T): T {
  const { includes, headers, objects, sources, versionScript } = options
  return {
    ...options,
    ...(Array.isArray(includes) ? { includes: all(here, includes) } : {}),
    ...(Array.isArray(headers) ? { headers: inputsHere(here, headers) } : {}),
    ...(Array.isArray(objects) ? { objects: objectsHere(here, objects) } : {}),
    ...(Array.isArray(sources) ? { sources: all(here, sources) } : {}),
    ...(versionScript === undefined ? {} : { versionScript: sourceHere(here, versionScript) }),
  }
}

function inputsHere(here: Here, inputs: readonly Input[]): Input[] {
  return inputs.map((input) => {
    if (typeof input === 'string') return here(input)
    return Array.isArray(input) ? inputsHere(here, input) : input
  })
}

export function projectHere<T extends ProjectOptions>(here: Here, options: T): T {
  const { bpf, user, programs } = options
  return {
    ...optionsHere(here, options),
    ...(isRecord(bpf) ? { bpf: optionsHere(here, bpf) } : {}),
    ...(isRecord(user) ? { user: optionsHere(here, user) } : {}),
    ...(typeof programs === 'string' ? { programs: here(programs) } : {}),
  }
}

/**
 * The options of a whole tree. What is made goes below the folder of what is made, into a folder of the same name.
 * @param from the folder, from the root of the build
 */
export function treeHere(here: Here, from: string, options: TreeOptions): TreeOptions {
  const { out = 'build', vmlinux, libbpf, bpftool } = options
  const below = from.split('/').map((part) => (part === '..' ? 'up' : part))
  return {
    ...projectHere(here, options),
    out: [out, ...below].join('/'),
    ...(vmlinux === undefined ? {} : { vmlinux: vmlinuxHere(here, vmlinux) }),
    ...(isRecord(libbpf) ? { libbpf: libraryHere(here, libbpf) } : {}),
    ...(isRecord(bpftool) ? { bpftool: libraryHere(here, bpftool) } : {}),
  }
}

function vmlinuxHere(here: Here, vmlinux: VmlinuxSpec): VmlinuxSpec {
  if (!isRecord(vmlinux)) return vmlinux
  if ('btf' in vmlinux) return { btf: sourceHere(here, vmlinux.btf) }
  const { headers } = vmlinux
  return { ...vmlinux, headers: (arch) => [headers(arch)].flat().map(here) }
}

function libraryHere<T extends Exclude<LibbpfSpec | BpftoolSpec, string>>(here: Here, spec: T): T {
  const { sources, prefix, staged } = spec as Partial<Record<string, string | readonly string[]>>
  return {
    ...spec,
    ...(sources === undefined ? {} : { sources: [sources].flat().map(here) }),
    ...(typeof prefix === 'string' ? { prefix: here(prefix) } : {}),
    ...(typeof staged === 'string' ? { staged: here(staged) } : {}),
  }
}

/** @param own a path as the folder itself names it */
export function toolsHere(here: Here, own: Here, options: ToolsOptions): ToolsOptions {
  const { each, loaders, name } = options
  return {
    ...toolHere(here, options),
    ...(loaders === undefined || loaders === false ? {} : { loaders: sourcesHere(here, loaders) }),
    ...(typeof name === 'function' ? { name: (source: string) => name(own(source)) } : {}),
    ...(isRecord(each)
      ? {
          each: Object.fromEntries(
            Object.entries(each).map(([tool, more]) => [tool, toolHere(here, more)]),
          ),
        }
      : {}),
  }
}

function toolHere<T extends ToolOptions | ToolsOptions>(here: Here, options: T): T {
  const { bpf, user } = options
  return {
    ...optionsHere<T & WithPaths>(here, options),
    ...(isRecord(bpf) ? { bpf: optionsHere(here, bpf) } : {}),
    ...(isRecord(user) ? { user: optionsHere(here, user) } : {}),
  }
}

function isList(sources: Sources): sources is readonly SourceFile[] {
  return Array.isArray(sources)
}

function isRecord<T>(value: T): value is Extract<T, object> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
