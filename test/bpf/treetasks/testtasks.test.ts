// Which test files are those of one tool, and how they are run.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bpfRules } from '../../../tasks/bpf/index.ts'
import { testTasks } from '../../../tasks/bpf/treetasks/testtasks.ts'
import type { Askable, TaskContext } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { body } from '../../support/faketaskcontext.ts'

const machine = new FakeMachine()
const files = ['src/net.bpf.c', 'src/net.c', 'src/netlink.bpf.c', 'src/none.bpf.c']
const tests = ['src/net.test.mjs', 'src/net.test.py', 'src/netlink.test.mjs', 'other.test.mjs']
for (const path of [...files, ...tests, 'src/net.text.mjs']) machine.disk.put(path, '')
const tools = bpfRules({ out: 'out' }).tools('src/*.bpf.c')
const tasks = testTasks(tools, [tools.all], ['node', '--test'])

async function said(name: string, args: readonly string[]): Promise<string> {
  const family = tasks['test:NAME']
  assert.ok(family?.kind === 'family')
  const { ctx, said: lines } = body({ args, dryRun: true })
  const context = { ...ctx, ask: async (what: Askable) => machine.ask(what) } as TaskContext
  await family.member(name).body?.(context)
  return lines.join('\n')
}

test('the tests of a tool are those beside its sources that begin with its name', async () => {
  assert.is(await said('net', []), 'node --test src/net.test.mjs src/net.test.py')
  assert.is(await said('netlink', ['--only']), 'node --test src/netlink.test.mjs --only')
})

test('a tool without tests has no task for them', () => {
  const family = tasks['test:NAME']
  assert.ok(family?.kind === 'family')
  assert.equal(machine.ask(family.names), ['net', 'netlink'])
})

test.run()
