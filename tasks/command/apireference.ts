// A program: writes doc/api.md from the doc comments of all public names. It goes by how the sources are formatted:
// a declaration begins its line, and ends at a line that begins with its bracket.
//
//   apireference.ts
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export interface PublicName {
  readonly name: string
  /** Where it is declared, from the root of the repository. */
  readonly file: string
  /** Its doc comment with the marks of a comment; empty where there is none. */
  readonly comment: string
}

/** What is exported here is public, under the name of a module. */
const DOORS: Readonly<Record<string, string>> = {
  'bpf-tasks': 'tasks/engine/room.ts',
  'bpf-tasks/bpf': 'tasks/bpf/room.ts',
}

/** The page, and where it is. */
export const PAGE = 'doc/api.md'

const BEGIN = `# API reference

Made from the doc comments by \`npx tsx tasks.ts api\`. [trees.md](trees.md) shows how the parts go together. Your
editor shows the same text: the package carries its types.
`

const PASSED_ON = /export (?:type )?\{([^}]*)\} from '([^']+)'/g
const KINDS = 'interface|type|const|function|async function|class'

/** Every name that a module of the package exports, without what is internal. */
export function publicNames(root: string, module: string): PublicName[] {
  const door = DOORS[module] ?? ''
  const text = textOf(root, door)
  const passedOn = [...text.matchAll(PASSED_ON)].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== '')
      .map((name) => ({ name, file: declaring(root, name, join(dirname(door), from)) })),
  )
  const own = [...text.matchAll(/^export const (\w+)/gm)].map(([, name = '']) => ({
    name,
    file: door,
  }))
  return [...passedOn, ...own]
    .map(({ name, file }) => ({ name, file, comment: commentOn(textOf(root, file), name, file) }))
    .filter(({ comment }) => !comment.includes('@internal'))
}

export const MODULES = Object.keys(DOORS)

/** The text of the whole page. */
export function referencePage(root: string): string {
  const modules = MODULES.map((module) => ({ module, entries: entriesOf(root, module) }))
  const anchors = anchorsOf(modules.flatMap(({ entries }) => entries.map(({ name }) => name)))
  const parts = modules.map(({ module, entries }) => partOf(module, entries, anchors))
  return [BEGIN, ...parts].join('\n')
}

interface Entry extends PublicName {
  readonly declared: string
  readonly isType: boolean
}

const BY_NAME = new Intl.Collator('en')

/** What a module exports, values before types. */
function entriesOf(root: string, module: string): Entry[] {
  const entries = publicNames(root, module).map((found) => {
    const declared = declarationOf(textOf(root, found.file), found.name)
    return { ...found, declared, isType: /^(?:interface|type)\b/.test(declared) }
  })
  return entries.sort(
    (a, b) => Number(a.isType) - Number(b.isType) || BY_NAME.compare(a.name, b.name),
  )
}

/** Where each name is on the page, as GitHub calls it: a name that differs in case only gets a number. */
type Anchors = ReadonlyMap<string, string>

function partOf(module: string, entries: readonly Entry[], anchors: Anchors): string {
  const links = (isType: boolean): string =>
    entries
      .flatMap((one) => (one.isType === isType ? `[${one.name}](#${anchors.get(one.name)})` : []))
      .join(', ')
  const texts = entries.map((entry) => entryOf(entry, anchors))
  return `## ${module}\n\nValues: ${links(false)}.\n\nTypes: ${links(true)}.\n\n${texts.join('\n')}`
}

function entryOf({ name, comment, declared }: Entry, anchors: Anchors): string {
  const { about, tags } = parsed(comment, anchors)
  const list = tags
    .filter(({ tag }) => tag !== 'example')
    .map(({ tag, text }) => {
      const [, of = '', rest = ''] = tag === 'param' ? (/^(\S+)\s*([\s\S]*)$/.exec(text) ?? []) : []
      return tag === 'param' ? `- \`${of}\`: ${rest}` : `- ${tag}: ${text}`
    })
  const examples = tags
    .filter(({ tag }) => tag === 'example')
    .map(({ text }) => `Example:\n\n${fenced(text)}`)
  const blocks = [`### ${name}`, about, fenced(declared), list.join('\n'), ...examples]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** Another mark than in pages whose examples are checked: these are, where they are written. */
function fenced(code: string): string {
  return `\`\`\`typescript\n${code}\n\`\`\``
}

/** A comment as Markdown: what it says, and what its tags say. */
function parsed(
  comment: string,
  anchors: Anchors,
): {
  readonly about: string
  readonly tags: readonly { readonly tag: string; readonly text: string }[]
} {
  const plain = comment.replace(/^\/\*\*|\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '')
  const [about = '', ...rest] = plain.split(/(?:^|\s)@(?=(?:param|returns?|throws|example)\b)/)
  const tags = rest.map((text) => {
    const [, tag = '', body = ''] = /^(\w+)\s*([\s\S]*)$/.exec(text) ?? []
    return { tag, text: tag === 'example' ? body.trim() : oneLine(linked(body, anchors)) }
  })
  return { about: oneLine(linked(about, anchors)), tags }
}

/** Paragraphs and lists keep their lines; the rest flows. */
function oneLine(text: string): string {
  return text.trim().replace(/(?<!\n)\n(?!\n|[-*] )/g, ' ')
}

function linked(text: string, anchors: Anchors): string {
  return text.replace(/\{@link ([\w.]+)\}/g, (_, name: string) => {
    const [owner = ''] = name.split('.')
    const anchor = anchors.get(owner)
    return anchor === undefined ? `\`${name}\`` : `[${name}](#${anchor})`
  })
}

function anchorsOf(names: readonly string[]): Anchors {
  const counts = new Map<string, number>()
  return new Map(
    names.map((name) => {
      const low = name.toLowerCase()
      const before = counts.get(low) ?? 0
      counts.set(low, before + 1)
      return [name, before === 0 ? low : `${low}-${before}`]
    }),
  )
}

/** The file that declares a name which this one exports: a door hands it on from another. */
function declaring(root: string, name: string, file: string): string {
  for (const [, names = '', from = ''] of textOf(root, file).matchAll(PASSED_ON))
    if (new RegExp(`\\b${name}\\b`).test(names))
      return declaring(root, name, join(dirname(file), from))
  return file
}

function startOf(text: string, name: string): number {
  return new RegExp(`^export (?:${KINDS}) ${name}\\b`, 'm').exec(text)?.index ?? -1
}

/** The comment that ends right above the first declaration of a name. */
function commentOn(text: string, name: string, file: string): string {
  const at = startOf(text, name)
  if (at === -1) throw new Error(`${file} does not declare ${name}`)
  const before = text.slice(0, at)
  const start = before.lastIndexOf('/**')
  const comment = before.slice(start)
  const isRightAbove = /\*\/\n$/.test(comment) && comment.indexOf('*/') === comment.length - 3
  return start !== -1 && isRightAbove ? comment.trimEnd() : ''
}

/** As a declaration file has it: no bodies, nothing private. */
function declarationOf(text: string, name: string): string {
  const code = text.slice(startOf(text, name)).replace(/^export /, '')
  if (/^(?:async )?function/.test(code)) {
    const all = [...text.matchAll(new RegExp(`^export ((?:async )?function ${name}\\b)`, 'gm'))]
    const forms = all.map(({ index }) => signatureAt(text.slice(index)))
    // The one with a body is not for callers where there are others.
    const overloads = forms.filter((form) => !form.endsWith(' {'))
    return (overloads.length > 0 ? overloads : forms)
      .map((form) => form.replace(/^export (?:async )?/, '').replace(/ \{$/, ''))
      .join('\n')
  }
  if (code.startsWith('const')) return constantOf(code)
  const end = code.startsWith('type') ? /\n(?=\n|export |\/\*\*|function |const |$)/ : /\n\}(?=\n)/
  const found = code.match(end)
  const whole = code.slice(0, (found?.index ?? code.length) + (code.startsWith('type') ? 0 : 2))
  return code.startsWith('class') ? withoutBodies(whole) : whole
}

/** The first line, or all up to the line that closes its brackets. */
function signatureAt(text: string): string {
  const [first = ''] = text.split('\n', 1)
  return /[({<[]$/.test(first.replace(/ \{$/, ''))
    ? (/^[\s\S]*?\n[)}\]>].*/.exec(text)?.[0] ?? first)
    : first
}

/** A constant by its type, where it names one, else by what it has. */
function constantOf(code: string): string {
  const [first = ''] = code.split(/\n(?=\n|export |\/\*\*)/)
  const typed = /^(const \w+: [^=\n]+?) = /.exec(first)?.[1]
  if (typed !== undefined) return typed
  if (first.split('\n').length <= 3) return first
  const members = [...first.matchAll(/^ {2}(?:async )?(\w+)/gm)].map(([, name]) => name)
  return `${/^const \w+/.exec(first)?.[0]}: { ${members.join(', ')} }`
}

function withoutBodies(code: string): string {
  return code.replace(/ \{\n {4}[\s\S]*?\n {2}\}/g, '').replace(/\n {2}(?:readonly )?#.*/g, '')
}

function textOf(root: string, path: string): string {
  return fs.readFileSync(join(root, path), 'utf8')
}

const own = fileURLToPath(import.meta.url)
if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === own) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  fs.writeFileSync(join(root, PAGE), referencePage(root))
}
