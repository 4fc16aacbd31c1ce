// The edits of the property test: what people and programs do to a tree between builds and during them.
import fc from 'fast-check'
import { AS_THEY_ARE } from './declare.ts'
import { compute, folderOf } from './fakelanguage.ts'
import {
  ASKED,
  FOLDERS,
  headerOutput,
  includable,
  partOutput,
  pick,
  SYSTEM,
  TOOLS,
  WRAPPER,
} from './graphs.ts'
import type { World } from './world.ts'

/** Numbers are taken modulo what there is to choose from. */
export interface Edit {
  readonly kind: Kind
  readonly which: number
  readonly how: number
}

/** Each returns what it did, in words, or undefined where there was nothing to do it to. */
type Action = (world: World, which: number, how: number) => string | undefined

const number = fc.nat({ max: 999 })

/** Headers outside of the tree stay: what they include is not looked for in the tree, or noticed there. */
function stays(path: string): boolean {
  return path.startsWith(SYSTEM)
}

/** Files that no edge makes, but for tools and what probes read. */
function sources(world: World): string[] {
  // What runs makes its outputs, also where its edge has just left the graph.
  const running = [...(world.build?.running.values() ?? [])].map(({ edge }) => edge)
  const made = new Set([...world.edges(), ...running].flatMap(({ outputs }) => outputs))
  return [...world.model.files.keys()].filter(
    (path) => !made.has(path) && !/^(?:bin|ask)\//.test(path),
  )
}

/** What a source is chosen from: during a build, what the running commands read. */
function candidates(world: World): string[] {
  const all = sources(world)
  if (world.build === undefined) return all
  const read = new Set<string>()
  for (const { edge } of world.build.running.values()) {
    const seen = compute(edge.job, (path) => world.model.files.get(path)?.text)
    for (const path of [...edge.inputs, ...seen.read]) read.add(path)
  }
  const those = all.filter((path) => read.has(path))
  return those.length === 0 ? all : those
}

/** Outputs that are there and that no running command makes. */
function outputs(world: World): string[] {
  return world
    .edges()
    .filter(({ key }) => world.build?.running.has(key) !== true)
    .flatMap((edge) => edge.outputs)
    .filter((path) => world.model.files.has(path))
}

function choose(from: readonly string[], which: number): string | undefined {
  return from.length === 0 ? undefined : pick(from, which)
}

/** An edit of one source. */
function onSource(act: (world: World, path: string, how: number) => string | undefined): Action {
  return (world, which, how) => {
    const path = choose(candidates(world), which)
    return path === undefined ? undefined : act(world, path, how)
  }
}

function onOutput(act: (world: World, path: string, how: number) => string): Action {
  return (world, which, how) => {
    const path = choose(outputs(world), which)
    if (path === undefined) return undefined
    // What was made in this very tick and is replaced by as many bytes cannot be told apart.
    world.tick()
    return act(world, path, how)
  }
}

function put(world: World, path: string, text: string, how: number): string {
  const ways = ['place', 'replace', 'again'] as const
  const way = pick(ways, how)
  world.write(path, text, way)
  return `${path} (${way})`
}

/** The same number of bytes, and other ones. */
function otherLetters(text: string, how: number): string {
  const at = text.search(/[a-z]$/m)
  const now = text.charAt(at)
  const next = String.fromCharCode(97 + ((now.charCodeAt(0) - 97 + 1 + (how % 20)) % 26))
  return text.slice(0, at) + (next === now ? 'z' : next) + text.slice(at + 1)
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

/** How names of one family begin: only within it files may take each other's place. */
function family(path: string): string {
  return path.slice(folderOf(path).length + 1).charAt(0)
}

const actions = {
  change: onSource((world, path, how) => put(world, path, `${world.text(path)}more ${how}\n`, how)),
  'same size': onSource((world, path, how) =>
    put(world, path, otherLetters(world.text(path), how), how),
  ),
  comment: onSource((world, path, how) => put(world, path, `${world.text(path)}# ${how}\n`, how)),
  touch: onSource((world, path) => {
    world.setTime(path, Date.now() / 1000)
    return path
  }),
  'touch into the past': onSource((world, path) => {
    world.setTime(path)
    return path
  }),
  'touch into the future': onSource((world, path, how) => {
    world.setTime(path, 4_000_000_000 + how)
    return path
  }),
  'change, time kept': onSource((world, path, how) => {
    const now = world.model.files.get(path)
    if (now === undefined || !Number.isInteger(now.time / 1000)) return undefined
    const text = how % 3 === 0 ? `${now.text}kept ${how}\n` : otherLetters(now.text, how)
    world.write(path, text, pick(['place', 'replace'] as const, how))
    world.setTime(path, now.time / 1000)
    return path
  }),
  delete: onSource((world, path, how) => {
    // Mostly a header or what a pattern matches: without a declared source no build begins.
    if (stays(path) || (how % 4 > 0 && path.startsWith('src/'))) return undefined
    world.remove(path)
    return path
  }),
  restore: (world, which, how) => {
    const gone = [...world.history.keys()].filter((path) => !world.model.files.has(path))
    const from = gone.filter((path) => !path.startsWith('build/'))
    const path = choose(how % 2 === 0 && from.length > 0 ? from : candidates(world), which)
    const version = pick(world.history.get(path ?? '') ?? [undefined], how)
    if (path === undefined || version === undefined) return undefined
    world.write(path, version.text, 'replace')
    world.setTime(path, version.time / 1000)
    return path
  },
  rename: onSource((world, path, how) => {
    if (stays(path)) return undefined
    const folder = folderOf(path)
    const name = path.slice(folder.length + 1)
    const headers = FOLDERS.some((known) => known === folder)
    const to = headers ? `${pick(FOLDERS, how)}/${name}` : `${folder}/${name.replace(/\d/, '9')}`
    if ((folder === 'src' && how % 4 > 0) || world.model.files.has(to)) return undefined
    world.rename(path, to)
    return `${path} to ${to}`
  }),
  'rename over': onSource((world, path, how) => {
    const others = sources(world).filter((to) => to !== path && family(to) === family(path))
    const to = choose(others, how)
    if (to === undefined || stays(path) || path.startsWith('src/')) return undefined
    world.rename(path, to)
    return `${path} to ${to}`
  }),
  shadow: (world, which, how) => {
    const headers = candidates(world).filter((path) => path.endsWith('.h'))
    const path = choose(headers, which)
    if (path === undefined) return undefined
    const to = `${pick([...FOLDERS, 'src'], how)}${path.slice(path.lastIndexOf('/'))}`
    if (world.model.files.has(to) || (path.startsWith('/') && how % 2 === 0)) return undefined
    world.write(to, `shadow of ${path}\n`, 'replace')
    return to
  },
  'shadow generated': (world, which, how) => {
    const headers = outputs(world).filter((path) => path.endsWith('.h'))
    const path = choose(headers, which)
    if (path === undefined) return undefined
    const to = `${pick(['inc0', 'inc1', 'inc two', 'src'], how)}${path.slice(path.lastIndexOf('/'))}`
    if (world.model.files.has(to)) return undefined
    world.write(to, `shadow of ${path}\n`, 'place')
    return to
  },
  include: onSource((world, path, how) => {
    const names = includable(path, 2, 2)
    if (names.length === 0) return undefined
    const line = `include ${pick(names, how)}`
    const now = lines(world.text(path))
    const then = now.includes(line) ? now.filter((other) => other !== line) : [line, ...now]
    return `${line}: ${put(world, path, `${then.join('\n')}\n`, how)}`
  }),
  flag: (world, which, how) => {
    const ids = ['parts', 'headers', ...world.spec.templates.map(({ id }) => id)]
    const id = pick(ids, which)
    world.knobs.flags.set(id, pick(['O0', 'O1', 'O2'], how))
    return `${id} ${world.knobs.flags.get(id)}`
  },
  field: (world, which, how) => {
    const id = choose(
      world.spec.templates.map((template) => template.id),
      which,
    )
    if (id === undefined) return undefined
    const now = world.knobs.fields.get(id) ?? AS_THEY_ARE
    const field = pick(['fresh', 'depfile', 'absolute', 'absolute', 'first'] as const, how)
    world.knobs.fields.set(id, { ...now, [field]: !now[field] })
    return `${field} of ${id}`
  },
  variable: (world, _, how) => {
    world.knobs.mode = pick([undefined, 'plain', 'debug', 'tiny'], how)
    return String(world.knobs.mode)
  },
  tool: (world, which, how) => {
    const path = pick([...TOOLS, WRAPPER], which)
    const text = how % 2 === 0 ? `${world.text(path)}${how}` : otherLetters(world.text(path), how)
    return put(world, path, text, how)
  },
  launcher: (world, _, how) => {
    world.knobs.launcher = pick(['none', 'env', 'script'] as const, how)
    return world.knobs.launcher
  },
  'what a probe reads': (world, which, how) => {
    const path = pick(Object.values(ASKED), which)
    const text = how % 2 === 0 ? `${world.text(path)}${how}` : otherLetters(world.text(path), how)
    return put(world, path, text, how)
  },
  'touch a tool': (world, which) => {
    const path = pick([...TOOLS, WRAPPER], which)
    world.setTime(path)
    return path
  },
  'edit an output': onOutput((world, path, how) =>
    put(world, path, how % 2 === 0 ? 'edited\n' : otherLetters(`${world.text(path)}a`, how), how),
  ),
  'touch an output': onOutput((world, path) => {
    world.setTime(path)
    return path
  }),
  'delete an output': onOutput((world, path) => {
    world.remove(path)
    return path
  }),
  fail: onSource((world, path, how) => {
    const line = how % 2 === 0 ? 'fail' : 'fail late'
    return put(world, path, `${world.text(path)}${line}\n`, how)
  }),
  mend: (world, _, how) => {
    const broken = sources(world).filter((path) => /^fail/m.test(world.text(path)))
    for (const path of broken) put(world, path, world.text(path).replaceAll(/^fail.*\n/gm, ''), how)
    return broken.length === 0 ? undefined : broken.join(' ')
  },
  'mend all': (world) => {
    for (const [path, text] of world.spec.files) {
      if (!world.model.files.has(path)) world.write(path, text, 'replace')
    }
    for (const path of sources(world)) {
      const text = world.text(path)
      if (/^fail/m.test(text)) world.write(path, text.replaceAll(/^fail.*\n/gm, ''), 'place')
    }
    return 'what fails and what is gone'
  },
  'new file': (world, which, how) => {
    const path = pick(['lists/l#.t', 'parts/p#.p', 'hdr/k#.in'], which).replace(
      '#',
      String(how % 9),
    )
    return put(world, path, `new text ${how}a\n`, how)
  },
  'leave an edited output behind': (world, which, how) => {
    const families = sources(world).filter((path) => /^(parts|hdr)\//.test(path))
    const path = choose(families, which)
    if (path === undefined) return undefined
    const output = path.startsWith('parts/') ? partOutput(path) : headerOutput(path)
    if (!world.model.files.has(output)) return undefined
    world.tick()
    world.remove(path)
    return `${put(world, output, 'edited\n', how)} without ${path}`
  },
  'delete matched': (world, which) => {
    const matched = sources(world).filter((path) => /^(lists|parts|hdr)\//.test(path))
    const path = choose(matched, which)
    if (path === undefined) return undefined
    world.remove(path)
    return path
  },
} satisfies Record<string, Action>

/** Edits that are made only while commands run. */
const during = {
  'put an output back': (world, which, how) => {
    const left = [...world.model.memories.values()].flatMap((memory) => [...memory.outputs])
    const edited = left.filter(([path, { text }]) => (world.text(path) || text) !== text)
    const [path, version] = edited[which % Math.max(1, edited.length)] ?? []
    if (path === undefined || version === undefined || !outputs(world).includes(path))
      return undefined
    return put(world, path, version.text, how)
  },
  'delete a source': (world, which) => {
    const path = choose(
      sources(world).filter((source) => source.startsWith('src/')),
      which,
    )
    if (path === undefined) return undefined
    world.remove(path)
    return path
  },
  /** So soon before what is started next that no clock can tell. */
  'change, no tick': onSource((world, path, how) => {
    world.write(path, otherLetters(world.text(path), how), 'place', true)
    return path
  }),
  'change, old time': onSource((world, path, how) => {
    const now = world.model.files.get(path)
    if (now === undefined || !Number.isInteger(now.time / 1000)) return undefined
    world.write(path, otherLetters(now.text, how), 'place')
    world.setTime(path, now.time / 1000)
    return path
  }),
} satisfies Record<string, Action>

const all: Readonly<Record<string, Action>> = { ...actions, ...during }

export type Kind = keyof typeof actions | keyof typeof during

const betweenKinds = (Object.keys(actions) as Kind[]).filter((kind) => kind !== 'mend all')
const duringKinds: readonly Kind[] = [
  'change',
  'same size',
  'comment',
  'touch',
  'touch into the past',
  'delete',
  'restore',
  'rename over',
  'shadow',
  'shadow',
  'shadow',
  'include',
  'tool',
  'edit an output',
  'edit an output',
  'edit an output',
  'touch an output',
  'put an output back',
  'put an output back',
  'put an output back',
  'delete an output',
  'delete matched',
  'delete a source',
  'new file',
  'change, no tick',
  'change, old time',
  'change, old time',
]

const edits = (kinds: readonly Kind[]): fc.Arbitrary<Edit> =>
  fc.record({ kind: fc.constantFrom(...kinds), which: number, how: number })

export const editsBetween = edits(betweenKinds)
export const editsDuring = edits(duringKinds)

/** Makes the edit. Returns it in words, or undefined where there was nothing to edit. */
export function apply({ kind, which, how }: Edit, world: World): string | undefined {
  const done = all[kind]?.(world, which, how)
  if (done !== undefined && world.build !== undefined && kind !== 'change, no tick') world.tick()
  return done === undefined ? undefined : `${kind}: ${done}`
}
