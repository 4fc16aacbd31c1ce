// Random graphs for the property test: what fast-check draws, and the files and edges it stands for.
import fc from 'fast-check'
import type { Job } from './fakelanguage.ts'

/** What fast-check draws: numbers that are taken modulo what there is to choose from. */
export interface Shape {
  readonly recipes: readonly Recipe[]
  /** Which file includes which. */
  readonly includes: readonly (readonly [number, number])[]
  readonly parts: number
  readonly headers: number
  readonly gate: boolean
  /** Refer to other edges by handle only, so that any of them can be built alone. */
  readonly handles: boolean
}

interface Recipe {
  readonly kind: number
  readonly inputs: readonly number[]
  readonly order: readonly number[]
  readonly outputs: number
  readonly folders: number
  readonly bits: number
}

/** One edge of a graph, without what edits change. All paths are the tree's. */
export interface Template {
  readonly id: string
  readonly action: Job['action']
  readonly inputs: readonly string[]
  /** Is every file of `lists/` an input? */
  readonly lists: boolean
  /** Is every output of the edges made for `parts/` an input? */
  readonly parts: boolean
  /** Are the outputs of the edges made for `hdr/` order-only inputs? */
  readonly afterHeaders: boolean
  readonly orderOnly: readonly string[]
  readonly outputs: readonly string[]
  /** Where included files are looked for. Undefined: includes are not followed. */
  readonly folders: readonly string[] | undefined
  readonly stdout: boolean
  readonly fresh: boolean
  readonly coarse: boolean
  readonly tool: string | undefined
  readonly variable: boolean
  /** Is what a probe answers one of its words, and which probe? */
  readonly probe: keyof typeof ASKED | undefined
  readonly directory: 'src' | '.'
}

export interface Spec {
  readonly templates: readonly Template[]
  /** The files that there are at first. */
  readonly files: ReadonlyMap<string, string>
  readonly handles: boolean
}

export const TOOLS = ['bin/tool0', 'bin/tool1'] as const
/** A script that runs the last tool, for its setting. */
export const WRAPPER = 'bin/wrap'
/** What probes read: the one that is declared, and the one that nobody has named. */
export const ASKED = { declared: 'ask/declared', unnamed: 'ask/unnamed' } as const
const PROBES = ['declared', 'declared', 'declared', 'declared', 'unnamed'] as const
/** The folder of headers outside of the tree, as the tree would name it. */
export const SYSTEM = '/SYSTEM'
/** Folders of headers, with names that a depfile must quote. */
export const FOLDERS = ['inc0', 'inc1', 'inc two', SYSTEM] as const
const GATE = 'build/gate'

/** What an edge is where nothing else is said. */
export const basis: Omit<Template, 'id' | 'inputs' | 'outputs'> = {
  action: 'digest',
  lists: false,
  parts: false,
  afterHeaders: false,
  orderOnly: [],
  folders: undefined,
  stdout: false,
  fresh: false,
  coarse: false,
  tool: undefined,
  variable: false,
  probe: undefined,
  directory: '.',
}

const number = fc.nat({ max: 999 })

export const shapes: fc.Arbitrary<Shape> = fc.record({
  recipes: fc.oneof(
    { arbitrary: recipes(1, 8), weight: 6 },
    { arbitrary: recipes(5, 20), weight: 3 },
    { arbitrary: recipes(20, 52), weight: 1 },
  ),
  includes: fc.array(fc.tuple(number, number), { maxLength: 32, size: 'max' }),
  parts: fc.nat({ max: 3 }),
  headers: fc.nat({ max: 3 }),
  gate: fc.boolean(),
  handles: fc.boolean(),
})

function recipes(minLength: number, maxLength: number): fc.Arbitrary<Recipe[]> {
  const recipe = fc.record({
    kind: number,
    inputs: fc.array(number, { minLength: 1, maxLength: 4, size: 'max' }),
    order: fc.array(number, { maxLength: 2, size: 'max' }),
    outputs: fc.integer({ min: 1, max: 3 }),
    folders: number,
    bits: fc.nat({ max: 4095 }),
  })
  return fc.array(recipe, { minLength, maxLength, size: 'max' })
}

type Kind = 'header' | 'compile' | 'use' | 'join' | 'list' | 'link'
const KINDS: readonly Kind[] = [
  'join',
  'compile',
  'use',
  'header',
  'compile',
  'use',
  'join',
  'list',
  'link',
]

export function pick<T>(from: readonly T[], choice: number): T {
  if (from.length === 0) throw new Error('nothing to choose from')
  return from[choice % from.length] as T
}

/** `x#.c`, 3 → x0.c, x1.c, x2.c */
function numbered(pattern: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => pattern.replace('#', String(at)))
}

/** Headers are made first: every edge that may include them comes after them. */
export function makeSpec(shape: Shape): Spec {
  const kindOf = (recipe: Recipe): Kind => pick(KINDS, recipe.kind)
  const makers = shape.recipes.filter((recipe) => kindOf(recipe) === 'header')
  const others = shape.recipes.filter((recipe) => kindOf(recipe) !== 'header')
  const names = numbered('src/s#.c', 4)
  const files = new Map<string, string>()
  for (const path of [
    ...names,
    ...numbered('src/g#.c', 3),
    ...numbered('src/i#.in', 3),
    ...numbered('inc1/h#.h', 5),
    ...numbered('inc1/m#.h', 2),
    ...numbered(`${SYSTEM}/y#.h`, 3),
    ...numbered('lists/l#.t', 3),
    ...numbered('parts/p#.p', shape.parts),
    ...numbered('hdr/k#.in', shape.headers),
    ...TOOLS,
    WRAPPER,
    ...Object.values(ASKED),
  ])
    files.set(path, `${path === WRAPPER ? '#!' : ''}text of ${path}\n# comment 0\n`)
  const templates: Template[] = []
  const made: string[] = []
  const headers: string[] = []
  for (const [at, recipe] of makers.entries()) {
    const template = makeTemplate(recipe, 'header', `build/gen/k${at + 10}.h`, [...made], [])
    templates.push({ ...template, orderOnly: [] })
    headers.push(...template.outputs)
    made.push(...template.outputs)
  }
  if (shape.gate) {
    const gate = { id: 'gate', inputs: ['src/s0.c'], orderOnly: headers, outputs: [GATE] }
    templates.push({ ...basis, afterHeaders: true, ...gate })
  }
  const parts = shape.handles ? [] : numbered('parts/p#.p', shape.parts).map(partOutput)
  for (const [at, recipe] of others.entries()) {
    const kind = kindOf(recipe)
    const template = makeTemplate(recipe, kind, `build/out ${at}/e${at}`, [...made], parts)
    // What includes made headers waits for them: for each, or for one edge that waits for each.
    const behind = shape.gate ? [GATE] : headers
    templates.push(
      kind === 'use'
        ? { ...template, afterHeaders: !shape.gate, orderOnly: [...behind, ...template.orderOnly] }
        : template,
    )
    made.push(...template.outputs)
  }
  addIncludes(files, shape.includes, makers.length, shape.headers)
  return { templates, files, handles: shape.handles }
}

function makeTemplate(
  recipe: Recipe,
  kind: Kind,
  first: string,
  made: readonly string[],
  parts: readonly string[],
): Template {
  const bit = (at: number): boolean => ((recipe.bits >> at) & 1) === 1
  const rare = (at: number): boolean => bit(at) && bit(at + 1)
  const follows = kind === 'compile' || kind === 'use'
  const copies = kind === 'header'
  const own = {
    header: numbered('src/i#.in', 3),
    compile: numbered('src/s#.c', 4),
    use: [...numbered('src/g#.c', 3), 'src/s0.c'],
    join: [...numbered('src/s#.c', 4), ...numbered('inc1/h#.h', 2), ...parts],
    list: ['src/i0.in'],
    link: ['src/i1.in'],
  }[kind]
  const [input = 0, ...more] = recipe.inputs
  const from = follows || copies ? [...own, ...made] : [...made, ...made, ...own]
  const inputs = new Set([pick(follows ? own : from, input), ...more.map((at) => pick(from, at))])
  const orderOnly = made.length === 0 ? [] : recipe.order.map((at) => pick(made, at))
  return {
    ...basis,
    id: first,
    action: copies ? 'copy' : 'digest',
    inputs: [...inputs],
    lists: kind === 'list',
    parts: kind === 'link',
    orderOnly: [...new Set(orderOnly)],
    outputs: [
      first,
      ...Array.from({ length: recipe.outputs - 1 }, (_, at) => `${first}.${at + 1}`),
    ],
    folders: follows ? searchPath(kind, recipe.folders) : undefined,
    stdout: bit(0),
    fresh: rare(1),
    coarse: rare(3) && !copies,
    tool: bit(5) ? pick(TOOLS, recipe.folders) : undefined,
    variable: rare(6),
    // Seldom, because a tree with a probe of undeclared files keeps no memo.
    probe: rare(9) && bit(11) ? pick(PROBES, recipe.folders) : undefined,
    directory: follows && bit(8) ? 'src' : '.',
  }
}

/** inc1 and the system's headers are always looked through: there the headers are at first. */
function searchPath(kind: Kind, choice: number): string[] {
  const folders: string[] = kind === 'use' ? ['build/gen', 'inc1'] : ['inc1']
  if (choice % 2 === 0) folders.reverse()
  if (choice % 3 > 0) folders.splice(choice % folders.length, 0, 'inc0')
  if (choice % 5 > 1) folders.splice(choice % (folders.length + 1), 0, 'inc two')
  folders.splice(choice % 7 === 0 ? 0 : folders.length, 0, SYSTEM)
  return folders
}

/** Which names a file may include: those that are surely there, and never one that includes it. */
export function includable(path: string, makers: number, headers: number): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const [family = '', rank = 0] = [name.charAt(0), Number(name.charAt(1))]
  const system = numbered('y#.h', 3)
  const plain = [...numbered('h#.h', 5), ...system]
  const generated = [
    ...Array.from({ length: makers }, (_, at) => `k${at + 10}.h`),
    ...numbered('k#.h', headers),
  ]
  switch (family) {
    case 's':
    case 'i':
      return plain
    case 'g':
      return [...plain, ...numbered('m#.h', 2), ...generated, ...generated]
    case 'm':
      return [...plain, ...generated]
    case 'h':
      return [...plain.slice(rank + 1), ...system]
    case 'y':
      return system.slice(rank + 1)
    default:
      return []
  }
}

function addIncludes(
  files: Map<string, string>,
  pairs: Shape['includes'],
  makers: number,
  headers: number,
): void {
  const includers = [...files.keys()].filter((path) => includable(path, makers, headers).length > 0)
  for (const [from, to] of pairs) {
    const path = pick(includers, from)
    const line = `include ${pick(includable(path, makers, headers), to)}\n`
    const text = files.get(path) ?? ''
    if (!text.includes(line)) files.set(path, text + line)
  }
}

/** What the edge for a file of `parts/` makes. */
export function partOutput(part: string): string {
  return `build/${part.slice(0, -'.p'.length)}.o`
}

/** What the edge for a file of `hdr/` makes. */
export function headerOutput(file: string): string {
  return `build/gen/${file.slice('hdr/'.length, -'.in'.length)}.h`
}
