// What a module may say so that a build of it can be remembered, and what it may not.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { purityOf } from '../../../tasks/engine/memo/purity.ts'

const IMPURE = [
  'process.env.X',
  'globalThis.process',
  'Date.now()',
  'Math.random()',
  'const { random } = Math; random()',
  'const { constructor: c } = () => 1',
  "(() => {}).constructor('return process')()",
  "({})['constructor']",
  '({})[`constructor`]',
  'const a = { [process.pid]: 1 }',
  'new Function("1")',
  'eval("1")',
  'fetch("x")',
  "const n = './x.ts'; await import(n)",
  'import.meta.resolve("x")',
  'class A { get x() { return process } }',
  '// a\rprocess.pid',
  "import { loadLimits } from 'bpf-tasks'",
  '{ let process = 1 } process',
  '(process as any).env',
  'enum E { A }',
]

/** Types are gone when the module runs: the name then means the runtime's own. */
const BOUND_ONLY_AS_A_TYPE = [
  'declare const process: any; process.env.X',
  'export declare const process: any; process.env.X',
  'declare class Date { static now(): number } Date.now()',
  "import type { process } from './x.ts'; process",
  "import { type process } from './x.ts'; process",
]

const DECORATED = [
  '@((x: any) => { Date.now() }) class A {}',
  'class A { @(Date.now() as any) x = 1 }',
  'class A { @(Date.now() as any) m() {} }',
  'class A { m(@(Date.now() as any) x: any) {} }',
]

const PURE = [
  'const names = ["a"] as const; names.map((n) => n + ".c")',
  'function f(process: { env: string }) { return process.env }',
  'const { a, b: [c = 1], ...rest } = { a: 1, b: [2], d: 3 }',
  'class A { #x = 1; get y() { return this.#x } }',
  'const here = import.meta.dirname + import.meta.url',
  'type T = typeof process; interface I { constructor: string }',
  'declare const unused: any; Math.max(1, 2)',
  'const t = /process/.test("a / b")',
  'const o = { process: 1 }; o.process',
]

for (const text of [...IMPURE, ...BOUND_ONLY_AS_A_TYPE, ...DECORATED]) {
  test(`refused: ${JSON.stringify(text)}`, async () => {
    assert.is((await purityOf(text)).isPure, false)
  })
}

for (const text of PURE) {
  test(`allowed: ${JSON.stringify(text)}`, async () => {
    assert.equal(await purityOf(text), { isPure: true, imports: [] })
  })
}

test('imports are named as the module names them', async () => {
  const text = "import lib from './lib.ts'; export * from 'bpf-tasks'; await import('./late.ts')"
  const purity = await purityOf(text)
  assert.equal(purity, { isPure: true, imports: ['./lib.ts', 'bpf-tasks', './late.ts'] })
})

test.run()
