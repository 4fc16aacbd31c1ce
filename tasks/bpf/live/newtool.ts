// A new tool from a template: its BPF program, its loader, and a test that the kernel takes it.
import * as fs from 'node:fs'
import { join } from 'node:path'
import {
  asCalled,
  didYouMean,
  type Fact,
  packageFile,
  type TaskContext,
  UserError,
  unlessErrno,
} from '../../engine/index.ts'
import { headerPath } from '../machine/index.ts'
import { kernelName } from './kernelnames.ts'

interface Template {
  readonly about: string
  /** Which file of the folder of templates has the loader, and which the header, if there is one. */
  readonly loader: string
  readonly header?: string
  /** What the loader is given in the test, besides `--test`. */
  readonly arguments?: string
  /** A header of the system that not every machine has. */
  readonly needs?: string
}

const EVENTS = { loader: 'events.c', header: 'events.h' } as const
const PACKETS = { loader: 'packets.c', header: 'packets.h', arguments: 'lo' } as const

/** What the programs are attached to. */
export const templates: Readonly<Record<string, Template>> = {
  tracepoint: { about: 'every program that is executed, from a tracepoint', ...EVENTS },
  kprobe: { about: 'every fsync, from a kprobe', ...EVENTS },
  fentry: { about: 'every file that is opened, from the entry of a function', ...EVENTS },
  uprobe: { about: 'every host name that is looked up, from a uprobe on libc', ...EVENTS },
  usdt: {
    about: 'what a program announces with a static probe',
    ...EVENTS,
    needs: 'sys/sdt.h',
  },
  xdp: { about: 'packets that come in, by protocol', ...PACKETS },
  tc: { about: 'packets that go out, by protocol', ...PACKETS },
  lsm: { about: 'every program before it is executed, and may forbid it', ...EVENTS },
  iter: { about: 'a line for every thread that there is', loader: 'iter.c' },
}

const USAGE = `npx tsx tasks.ts new NAME --template ${Object.keys(templates).join('|')}`
const abouts = Object.entries(templates).map(([kind, { about }]): Fact => [kind, about])

/** The words of C, up to C23, and what the BPF programs of the templates define. */
const TAKEN: ReadonlySet<string> = new Set(
  [
    'auto break case char const continue default do double else enum extern float for goto if',
    'inline int long register restrict return short signed sizeof static struct switch typedef',
    'union unsigned void volatile while asm typeof bool true false nullptr constexpr alignas',
    'alignof static_assert thread_local typeof_unqual main LICENSE events counts dropped only_uid',
  ]
    .join(' ')
    .split(' '),
)

/**
 * Writes the files of a tool that has the name and the template that the arguments say.
 * @throws UserError for wrong arguments, and where a file is there already: then nothing is written
 */
export function newTool({
  args,
  root,
  dryRun,
  say,
}: Pick<TaskContext, 'args' | 'root' | 'dryRun' | 'say'>): void {
  const { name, kind, template } = asked(args)
  const files = filesOf(name, kind, template)
  const there = [...files.keys()].filter((path) => fs.existsSync(join(root, path)))
  if (there.length > 0) {
    throw new UserError({
      what: `there is something named ${name} already`,
      facts: there.map((path) => ['there already', path] as const),
      hint: 'choose another name, or move these away',
      status: 2,
    })
  }
  for (const [path, text] of files) {
    if (!dryRun) fs.writeFileSync(join(root, path), text, { flag: 'wx' })
    say(dryRun ? `would write ${path}` : `wrote ${path}`)
  }
  const { needs } = template
  const lacks = needs !== undefined && headerPath(needs) === undefined
  if (lacks)
    say(
      `${name} needs ${needs}, which is not here: setup installs it; until then build leaves it out`,
    )
  if (!dryRun) say(asCalled(`next: npx tsx tasks.ts ${lacks ? 'setup build' : 'build'}`))
}

function asked(args: readonly string[]): {
  readonly name: string
  readonly kind: string
  readonly template: Template
} {
  const words = args.flatMap((word) =>
    word.startsWith('--template=') ? ['--template', word.slice('--template='.length)] : [word],
  )
  const at = words.indexOf('--template')
  const kind = at === -1 ? 'tracepoint' : words[at + 1]
  const [name, ...more] = words.filter(
    (_, index) => at === -1 || (index !== at && index !== at + 1),
  )
  if (name === undefined) throw wrong('a new tool needs a name', USAGE, abouts)
  if (kind === undefined || more.length > 0 || name.startsWith('-')) {
    throw wrong(`that is not how new is called: new ${args.join(' ')}`, USAGE, abouts)
  }
  mustBeName(name)
  const template = Object.hasOwn(templates, kind) ? templates[kind] : undefined
  if (template !== undefined) return { name, kind, template }
  const near = didYouMean(kind, Object.keys(templates))
  const hint = near === undefined ? USAGE : `did you mean --template ${near}?`
  throw wrong(`there is no template ${kind}`, hint, abouts)
}

/** The program in the object is called by the name, beside what the templates have. */
function mustBeName(name: string): void {
  if (!/^[a-z_]\w*$/i.test(name)) {
    const near = name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_')
    throw wrong(
      `'${name}' is not a valid C identifier: letters, digits and _`,
      /[a-z]/i.test(near) ? `for example: npx tsx tasks.ts new ${near}` : USAGE,
    )
  }
  const mine = `for example: npx tsx tasks.ts new my_${name}`
  if (TAKEN.has(name)) throw wrong(`${name} has a meaning in the C of a tool already`, mine)
  const btf = unlessErrno(() => fs.readFileSync(KERNEL))
  const taken = btf === undefined ? undefined : kernelName(btf, name)
  if (taken !== undefined) throw wrong(`${name} is ${taken} of the kernel, in vmlinux.h`, mine)
}

/** The types of this kernel, which vmlinux.h is made of unless the tree says otherwise. */
const KERNEL = '/sys/kernel/btf/vmlinux'

/** What a file has for one kind of tool, and what it has for others instead. */
const OF_ONE_KIND = /^\/\/@ (\w+)\n([\s\S]*?)(?:^\/\/@ else\n([\s\S]*?))?^\/\/@ end\n/gm

/** Paths from the root, and texts. */
function filesOf(name: string, kind: string, template: Template): Map<string, string> {
  const { loader, header } = template
  const fill = (file: string): string =>
    fs
      .readFileSync(packageFile(`tasks/bpf/live/templates/${file}`), 'utf8')
      .replace(OF_ONE_KIND, (_, of, own, others = '') => (of === kind ? own : others))
      .replaceAll('NAME_H', `${name.toUpperCase()}_H`)
      .replaceAll('NAME', name)
  const files = new Map([
    [`${name}.bpf.c`, fill(`${kind}.bpf.c`)],
    [`${name}.c`, fill(loader)],
  ])
  if (header !== undefined) files.set(`${name}.h`, fill(header))
  const words = ['--test', template.arguments].filter((word) => word !== undefined)
  const list = words.map((word) => `'${word}'`).join(', ')
  return files.set(`${name}.test.mjs`, fill('tool.test.mjs').replace('ARGUMENTS', list))
}

function wrong(what: string, hint: string, facts: readonly Fact[] = []): UserError {
  return new UserError({ what, facts, hint, status: 2 })
}
