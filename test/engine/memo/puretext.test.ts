// What a module's text can depend on: its imports where that is all, nothing where more is possible.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOfPure } from '../../../tasks/engine/memo/puretext.ts'

/** `%{` stands for the beginning of an expression in a template. */
function importsOf(text: string): readonly string[] | undefined {
  return importsOfPure(text.replaceAll('%{', '$' + '{'))
}

const PURE: Readonly<Record<string, readonly string[]>> = {
  "import { a } from './b.ts'": ['./b.ts'],
  "import './c.ts'": ['./c.ts'],
  'import d, {\n  e,\n} from "./f.ts" with { type: \'json\' }': ['./f.ts'],
  "export * from './g.ts'": ['./g.ts'],
  "import type { H } from 'h'": ['h'],
  "const i = await import('./i.ts')": ['./i.ts'],
  "await import( /* j */ './j.ts' )": ['./j.ts'],
  "const words = ['process.env', \"Date\", 'import x from']": [],
  '// process\n/* Date.now() */ x.map((y) => y.process)': [],
  'a?.process?.Date': [],
  "task('Run', [], body, { arguments: 'words', process: 1 })": [],
  "'x'.replace(/[/'\"`]/g, '').split(/process/)": [],
  'const it = (x) => /process/.test(x)': [],
  '`a $ { %{b ? `c %{d} process` : { e: 1 }} Date` + f': [],
  'const half = all / 2, both = [1] / 2 / `%{3}` / 4.5e3': [],
  'export const here = import.meta.dirname + import.meta.url': [],
  "Array.from('x'); const { from } = tree; from": [],
  'class A { #b = 1; get c(): Record<string, string[]> { return this.#b as unknown } }': [],
  "for (const [a, b] of Object.entries({ 'c': 1 })) new Map<string, number>().set(a, Math.max(b))":
    [],
}

const NOT_PURE = [
  'process.env.X',
  'globalThis.process',
  'globalThis["pro" + "cess"]',
  '`a%{process.argv}`',
  '`%{`%{Date.now()}`}`',
  '`%{[...process.argv]}`',
  '[...process.argv]',
  '{ ...process }',
  '({ process })',
  '({ process, a: 1 })',
  'a?.[process]',
  'x ? process : y',
  'x ? y : process',
  'new Date()',
  'console.log(1)',
  'performance.now()',
  'Math.random()',
  "'a'.localeCompare('b')",
  'new Intl.Collator()',
  "fetch('x')",
  'crypto.randomUUID()',
  'Buffer.alloc(1)',
  'eval("1")',
  'new Function("return process")',
  'x.constructor',
  "x['constructor']",
  "x['con\\x73tructor']",
  'new Error().stack',
  '\\u0070rocess',
  "require('fs')",
  '__dirname',
  'arguments[0]',
  'loadLimits()',
  'setTimeout(a)',
  'import(x)',
  "import('./a' + b)",
  "import.meta.resolve('x')",
  'import.meta.main',
  'const { meta } = import . meta.env',
  // What could be read in two ways.
  "if (a) /'/.test(process); '",
  "(a) / process / '",
  'i++ / process / 2',
  'of / process / 2',
  'known! / process / 2',
  '{} / process / 2',
  // What ends nowhere.
  "'a",
  '`a',
  '`%{a',
]

test('what is pure is told with its imports', () => {
  for (const [text, imports] of Object.entries(PURE)) assert.equal(importsOf(text), imports, text)
})

test('what may know of the world is not, nor what can be read in two ways', () => {
  for (const text of NOT_PURE) {
    assert.is(importsOf(text), undefined, text)
    // As a part of more, too.
    assert.is(importsOf(`import { b } from './b.ts'\nconst c = 1\n${text}\n`), undefined, text)
  }
})

test('every global of this runtime is known as one of the language or refused', () => {
  const allowed = Object.getOwnPropertyNames(globalThis).filter(
    (name) => importsOfPure(`f(${name})`) !== undefined,
  )
  const outside = ['process', 'global', 'globalThis', 'Date', 'Function', 'eval', 'WebAssembly']
  for (const name of outside) assert.not.ok(allowed.includes(name), name)
  for (const name of ['Object', 'Map', 'JSON', 'undefined']) assert.ok(allowed.includes(name), name)
})

test.run()
