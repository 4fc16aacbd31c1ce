// What run:NAME starts: the program of a tool by each of its names, with its arguments.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { runTasks } from '../../../tasks/bpf/treetasks/runtasks.ts'
import type { Askable, TaskContext } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { body } from '../../support/faketaskcontext.ts'

const machine = new FakeMachine()
for (const path of ['net.bpf.c', 'net.c']) machine.disk.put(path, '')
const bpf = bpfRules({ out: 'out' })
const tools = bpf.tools('*.bpf.c', { each: { net: { aliases: ['also'] } } })
const tasks = runTasks(bpf, tools, [])

for (const [name, path] of [
  ['net', 'out/net'],
  ['also', 'out/also'],
] as const) {
  test(`run:${name} and dev:${name} start ${path}`, async () => {
    for (const verb of ['run', 'dev']) {
      const family = tasks[`${verb}:NAME`]
      assert.ok(family?.kind === 'family')
      const { ctx, said } = body({ args: ['--count', '1'], dryRun: true, environment: process.env })
      const context = { ...ctx, ask: async (what: Askable) => machine.ask(what) } as TaskContext
      assert.is(await family.member(name).body?.(context), 0)
      assert.ok(said[0]?.endsWith(`${path} --count 1`), said.join('\n'))
    }
  })
}

test.run()
