// Handles of loaders and objects, taken as the tools of a tree: each by the name of its file.
import { basename } from 'node:path'
import { derive, described, type Edge, type Input, wrong } from '../../engine/index.ts'
import type { BpfObject, Loader } from '../rules/index.ts'
import {
  type BpfObjects,
  type BpfRules,
  type BuiltTool,
  type KnownTool,
  type Tools,
  toolFiles,
} from '../tree/index.ts'

/**
 * A loader, an object, or all objects of a glob. The object that a loader embeds need not be named.
 * @example
 * const handles: readonly ToolHandle[] = [bpf.loader('x.c'), bpf.object('x.bpf.c')]
 */
export type ToolHandle = Loader | BpfObjects

const LOADERS = ['LINK']
const OBJECTS = ['BPF', 'GENOBJ', 'STRIP']

/** @throws UserError for what the types would refuse */
export function toolsOf(bpf: BpfRules, tools: Tools | readonly ToolHandle[]): Tools {
  if (has(bpf, 'mainOptions')) {
    if (!('leftOut' in Object(tools))) {
      if (Array.isArray(tools)) return toolsOfHandles(tools as readonly ToolHandle[])
    } else return tools as Tools
  }
  throw wrong('treeTasks is given something else', [
    [
      'needed',
      "treeTasks(bpf, tools), with bpf = bpfRules() and tools = bpf.tools('*.bpf.c') or [loader, …]",
    ],
  ])
}

function toolsOfHandles(handles: readonly ToolHandle[]): Tools {
  for (const handle of handles) {
    const rule = (handle as Partial<Edge> | undefined)?.rule
    if (rule !== undefined && [...LOADERS, ...OBJECTS].includes(rule)) continue
    if ((handle as { kind?: unknown } | undefined)?.kind === 'derived') continue
    throw wrong('treeTasks is given something else', [
      ['given', described(handle)],
      ['needed', 'handles of bpf.loader, bpf.object or bpf.objects'],
    ])
  }
  const edges = handles.map((handle) =>
    handle.kind === 'derived' ? handle : derive([], () => [handle]),
  )
  const list = derive(edges, (...all) => byName(all.flat()))
  return Object.freeze({
    list,
    all: derive([list], (tools) => tools.map(toolFiles)),
    known: derive([list], (tools) => tools.map(knownTool)),
    leftOut: derive([], () => []),
  })
}

/** A loader and an object whose files have one name are one tool. */
function byName(handles: readonly (Loader | BpfObject)[]): readonly BuiltTool[] {
  const tools = new Map<string, { object: BpfObject | undefined; loader: Loader | undefined }>()
  const toolOf = (name: string) => {
    const known = tools.get(name) ?? { object: undefined, loader: undefined }
    tools.set(name, known)
    return known
  }
  for (const handle of handles) {
    const tool = toolOf(nameOf(handle))
    if (isLoader(handle)) {
      if (tool.loader !== undefined && tool.loader !== handle) throw twice(tool.loader, handle)
      tool.loader = handle
    } else {
      if (tool.object !== undefined && tool.object !== handle) throw twice(tool.object, handle)
      tool.object = handle
    }
  }
  for (const handle of handles.filter(isLoader)) {
    for (const object of embeddedIn(handle)) {
      const tool = toolOf(nameOf(object))
      tool.object ??= object
    }
  }
  return [...tools].map(([name, tool]) => ({ name, ...tool, aliases: [] }))
}

function twice(one: Edge, other: Edge): Error {
  return wrong(`two tools are called ${nameOf(one)}`, [
    ['one', one.output.path],
    ['the other', other.output.path],
  ])
}

function nameOf({ output }: Edge): string {
  return basename(output.path).replace(/(\.bpf)?\.o$/, '')
}

/** What the skeletons of a loader are of, as far as that is declared plainly. */
function embeddedIn(loader: Loader): readonly BpfObject[] {
  const seen = new Set<Edge>()
  const found: BpfObject[] = []
  const follow = (input: Input): void => {
    if (typeof input === 'string') return
    if (isList(input)) {
      for (const part of input) follow(part)
      return
    }
    const edge = input.kind === 'edge' ? input : input.kind === 'output' ? input.edge : undefined
    if (edge === undefined || seen.has(edge)) return
    seen.add(edge)
    if (OBJECTS.includes(edge.rule)) found.push(edge as BpfObject)
    else follow([...edge.inputs, ...edge.orderOnly])
  }
  follow(loader)
  return found
}

/** Its sources, as far as these are declared plainly: what it includes is not looked at. */
function knownTool({ name, object, loader }: BuiltTool): KnownTool {
  const sourceOf = (edge: Edge | undefined): string | undefined => {
    const [first] = edge?.inputs ?? []
    if (typeof first === 'string') return first
    if (first !== undefined && !isList(first)) {
      if (first.kind === 'source') return first.path
      if (first.kind === 'edge') return sourceOf(first)
    }
    return edge?.output.path
  }
  const sources = { bpf: sourceOf(object), loader: sourceOf(loader) }
  return { name, ...sources, headers: [], skeletons: [], aliases: [] }
}

function isLoader(handle: Loader | BpfObject): handle is Loader {
  return LOADERS.includes(handle.rule)
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

function has(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value
}
