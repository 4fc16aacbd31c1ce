// One graph in two forms: as the engine is declared with, and as plain data for the model.
import { posix } from 'node:path'
import {
  type Arg,
  type Derived,
  derive,
  type Edge,
  edge,
  glob,
  type Input,
  type ProcessResult,
  probe,
  setting,
  type Tool,
  tool,
} from '../../tasks/engine/index.ts'
import { digest, type Job } from './fakelanguage.ts'
import {
  ASKED,
  basis,
  headerOutput,
  partOutput,
  type Spec,
  SYSTEM,
  type Template,
  TOOLS,
  WRAPPER,
} from './graphs.ts'

/** What edits change besides files. */
export interface Knobs {
  /** By the id of an edge or a family. */
  readonly flags: Map<string, string>
  /** By the id of an edge: which of its fields are other than the graph has them, and whether its files go by
   * absolute names, which changes nothing. */
  readonly fields: Map<string, Fields>
  /** What the declared variable is set to; undefined: not set. */
  mode: string | undefined
  /** How the last tool is started. */
  launcher: Launcher
}

/** By itself, behind a program that runs it, or by a script. */
export type Launcher = 'none' | 'env' | 'script'

export interface Fields {
  readonly fresh: boolean
  readonly depfile: boolean
  readonly absolute: boolean
  /** Is another folder of headers looked through first? */
  readonly first: boolean
}

export const AS_THEY_ARE: Fields = { fresh: false, depfile: false, absolute: false, first: false }

/** An edge with every pattern and value worked out. */
export interface PlainEdge {
  /** The first output. */
  readonly key: string
  readonly inputs: readonly string[]
  readonly orderOnly: readonly string[]
  readonly outputs: readonly string[]
  readonly job: Job
  readonly stdout: boolean
  readonly fresh: boolean
  /** Has its depfile another name? */
  readonly otherDepfile: boolean
  /** How its tool is started. */
  readonly launcher: Launcher
  /** The file that its probe reads. */
  readonly asks: string | undefined
}

/** The folder that a flag puts before all others. */
const FIRST = 'inc0'

/** The variable's value where nobody set it. */
const FALLBACK = 'plain'
const MODE = setting('MODE', 'what the edges that declare it depend on', FALLBACK)

/** The tool that a launcher may start. */
const LAUNCHED = TOOLS[1]
export const LAUNCHER = setting('TOOL1', `how ${LAUNCHED} is started`)

/** The value of that setting; undefined: it is found by its name. */
export function launcherValue(launcher: Launcher): string | undefined {
  const name = posix.basename(LAUNCHED)
  return { none: undefined, env: `env A=1 ${name}`, script: posix.basename(WRAPPER) }[launcher]
}

const tools: ReadonlyMap<string, Tool> = new Map(
  TOOLS.map((path) => {
    const name = posix.basename(path)
    const set = path === LAUNCHED ? { setting: LAUNCHER } : {}
    const version = { args: ['--version'], pattern: /version (.*)/ }
    return [path, tool({ name, ...set, names: [name], version, hint: 'none' })]
  }),
)

const probes = new Map(
  Object.entries(ASKED).map(([name, path]) => {
    const inputs = name === 'declared' ? [path] : []
    const read = ({ stdout }: ProcessResult) => [stdout.trim()]
    return [name, probe({ name, command: ['fake', '--ask', path], inputs, read })]
  }),
)

/** The families: one edge for each file that matches. */
const PARTS = { pattern: /^parts\/.*\.p$/, glob: glob('parts/*.p'), template: partTemplate }
const HEADERS = { pattern: /^hdr\/.*\.in$/, glob: glob('hdr/*.in'), template: headerTemplate }
const LISTS = { pattern: /^lists\/.*\.t$/, glob: glob('lists/*.t') }

function partTemplate(part: string): Template {
  const outputs = [partOutput(part), `${partOutput(part)}.map`]
  return { ...basis, id: 'parts', inputs: [part], outputs, tool: 'bin/tool0' }
}

function headerTemplate(file: string): Template {
  const outputs = [headerOutput(file)]
  return { ...basis, id: 'headers', action: 'copy', inputs: [file], outputs, stdout: true }
}

/** All edges, each after those whose outputs it needs. */
export function plainEdges(
  spec: Spec,
  knobs: Knobs,
  files: ReadonlyMap<string, { readonly text: string }>,
): PlainEdge[] {
  const paths = [...files.keys()].sort()
  const textOf = (path: string): string => files.get(path)?.text ?? ''
  const matching = (pattern: RegExp): string[] => paths.filter((path) => pattern.test(path))
  const parts = matching(PARTS.pattern).map(partTemplate)
  const headers = matching(HEADERS.pattern).map(headerTemplate)
  return [...headers, ...parts, ...spec.templates].map((template) => {
    const outputsOf = (family: readonly Template[]) => family.flatMap(({ outputs }) => outputs)
    const inputs = [
      ...template.inputs,
      ...(template.lists ? matching(LISTS.pattern) : []),
      ...(template.parts ? outputsOf(parts) : []),
    ]
    const fields = knobs.fields.get(template.id) ?? AS_THEY_ARE
    return {
      key: template.outputs[0] ?? '',
      inputs,
      orderOnly: [...template.orderOnly, ...(template.afterHeaders ? outputsOf(headers) : [])],
      outputs: template.outputs,
      stdout: template.stdout,
      fresh: template.fresh !== fields.fresh,
      otherDepfile: fields.depfile && template.folders !== undefined,
      launcher: template.tool === LAUNCHED ? knobs.launcher : 'none',
      asks: template.probe && ASKED[template.probe],
      job: {
        action: template.action,
        inputs,
        folders: foldersOf(template, fields) ?? [],
        follow: template.folders !== undefined,
        outputs: template.outputs,
        words: [
          knobs.flags.get(template.id) ?? 'O0',
          template.variable ? (knobs.mode ?? FALLBACK) : '',
          template.probe === undefined ? '' : digest(textOf(ASKED[template.probe])),
        ],
        tool: template.tool,
        coarse: template.coarse,
      },
    }
  })
}

function foldersOf({ folders }: Template, { first }: Fields): readonly string[] | undefined {
  return first && folders !== undefined
    ? [FIRST, ...folders.filter((path) => path !== FIRST)]
    : folders
}

/** Handles by id, those of families last. */
export interface Declared {
  readonly edges: ReadonlyMap<string, Edge>
  readonly all: readonly Input[]
}

/** @param system where {@link SYSTEM} is on this machine */
export function declare(spec: Spec, knobs: Knobs, system: string, root: string): Declared {
  const made = new Map<string, Edge>()
  const edges = new Map<string, Edge>()
  const here = (path: string): string => path.replace(SYSTEM, system)
  const family = ({ glob, template }: typeof PARTS): Derived<Input | undefined> =>
    derive([glob], (paths) => paths.map((path) => engineEdge(template(path), [path], [])))
  const parts = family(PARTS)
  const headers = family(HEADERS)

  /** The file as a path, or by the handle of the edge that makes it. */
  const refer = (path: string, at: number): Input => {
    const maker = made.get(path)
    if (maker === undefined || (!spec.handles && at % 2 === 0)) return path
    return (
      maker.outputs.find(({ path: name }) => name === path || name === `${root}/${path}`) ?? path
    )
  }

  function engineEdge(
    template: Template,
    inputs: readonly Input[],
    orderOnly: readonly Input[],
  ): Edge {
    const { directory, outputs, variable } = template
    const fields = knobs.fields.get(template.id) ?? AS_THEY_ARE
    const folders = foldersOf(template, fields)
    const named = (path: string): string => (fields.absolute ? `${root}/${path}` : path)
    const [first = '', ...more] = outputs
    const seen = (path: string): string =>
      path.startsWith('/') || directory === '.' ? here(path) : posix.relative(directory, path)
    const depfile = folders === undefined ? undefined : `${first}${fields.depfile ? '.dep' : '.d'}`
    const program = template.tool === undefined ? undefined : tools.get(template.tool)
    const words: Arg[] = [
      program ?? 'fake',
      ...['--flag', knobs.flags.get(template.id) ?? 'O0'],
      ...(template.probe === undefined ? [] : ['--answer', probes.get(template.probe) ?? '']),
      ...(template.action === 'copy' ? ['--copy'] : []),
      ...(template.coarse ? ['--coarse'] : []),
      ...(depfile === undefined ? [] : ['--depfile', seen(depfile)]),
      ...(folders ?? []).flatMap((folder) => ['-I', seen(folder)]),
      ...outputs.flatMap((path) => ['--out', seen(path)]),
      ...template.inputs.flatMap((path) => ['--in', seen(path)]),
      ...(template.lists ? ['--these', LISTS.glob] : []),
      ...(template.parts
        ? [
            '--these',
            derive([PARTS.glob], (all) => all.flatMap((part) => partTemplate(part).outputs)),
          ]
        : []),
    ]
    return edge({
      rule: 'FAKE',
      outputs: [named(first), ...more.map(named)],
      inputs: inputs.map((input) => (typeof input === 'string' ? named(input) : input)),
      orderOnly,
      command: words,
      directory,
      environment: variable ? { MODE } : {},
      searchPath: (folders ?? []).map(here),
      captureStdout: template.stdout,
      cache: true,
      fresh: template.fresh !== fields.fresh,
      ...(depfile === undefined ? {} : { depfile: named(depfile) }),
    })
  }

  for (const template of spec.templates) {
    const inputs = template.inputs.map(refer)
    if (template.lists) inputs.push(LISTS.glob)
    if (template.parts) inputs.push(parts)
    const orderOnly = template.orderOnly.map((path, at) => refer(path, at + 1))
    if (template.afterHeaders) orderOnly.push(headers)
    const handle = engineEdge(template, inputs, orderOnly)
    edges.set(template.outputs[0] ?? '', handle)
    for (const path of template.outputs) made.set(path, handle)
  }
  return { edges, all: [headers, parts, ...edges.values()] }
}
