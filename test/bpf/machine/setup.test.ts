// The setup task against made-up answers: what it says, asks, runs, and looks at afterwards.
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { setup } from '../../../tasks/bpf/index.ts'
import { installable } from '../../../tasks/bpf/machine/setup.ts'
import { findProgram, isRoot } from '../../../tasks/bpf/system/sudo.ts'
import { headerNeeds, managers, needs } from '../../../tasks/bpf/toolchain/packages.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { type BodySpec, body } from '../../support/faketaskcontext.ts'
import { skip } from '../../support/needs.ts'

test('what no package brings is only asked for where every build needs it', () => {
  const [clang] = needs
  const sdt = headerNeeds.get('sys/sdt.h')
  assert.ok(clang !== undefined && sdt !== undefined)
  assert.equal(installable([clang, sdt], { name: 'apt' }), [clang, sdt])
  assert.equal(installable([clang, sdt], { name: 'pacman' }), [clang])
})

const missing = () => {
  throw new UserError({ what: 'clang was not found' })
}

test('where nothing is missing nothing is done', async () => {
  const { said, commands, status } = await install({ answer: () => ({}) })
  assert.is(status, 0)
  assert.match(said.join('\n'), 'nothing to install')
  assert.equal(commands, [])
})

/** A test that comes as far as a command: it needs a package manager, and a way to be root. */
function installing(name: string, act: () => Promise<void>): void {
  const has = (program: string) => findProgram(program, process.env) !== undefined
  if (!managers.some(({ program }) => has(program))) skip(test, name, 'no package manager here')
  else if (!isRoot() && !has('sudo')) skip(test, name, 'not root, and no sudo')
  else test(name, act)
}

installing(
  'a dry run says what is missing and the exact command, and runs no command',
  async () => {
    const { said, commands, status } = await install({ dryRun: true, ...withoutClang })
    assert.is(status, 0)
    assert.match(said[0] ?? '', /^missing: clang$/)
    assert.match(said.at(-1) ?? '', /\bclang$/)
    assert.equal(commands, [])
  },
)

installing('the command that is said is run, and the outcome is looked at', async () => {
  let installed = false
  const { said, commands, status } = await install({
    options: ['yes'],
    answer: (name) => (name === 'clang' && !installed ? missing() : {}),
    command: () => {
      installed = true
      return { lines: ['50%\rSetting up clang\r'] }
    },
  })
  assert.is(status, 0)
  assert.ok(said.includes(commands.at(-1)?.join(' ') ?? 'no command'))
  assert.ok(said.includes('Setting up clang'))
  assert.match(said.at(-1) ?? '', 'installed')
})

installing('what is still missing afterwards is named', async () => {
  const error = await failureOf({ options: ['yes'], ...withoutClang })
  assert.match(error.block.what, 'still missing')
  assert.equal(
    error.block.facts?.map(([name]) => name),
    ['clang'],
  )
})

installing('an installation that fails tells what it said', async () => {
  const lines = ['Reading package lists...', 'E: dpkg was interrupted']
  const error = await failureOf({
    options: ['yes'],
    ...withoutClang,
    command: () => ({ status: 100, lines }),
  })
  assert.match(error.block.what, 'failed')
  assert.ok(error.block.facts?.some(([, value]) => value === 'E: dpkg was interrupted'))
})

const refusal = 'without --yes and without a terminal it refuses'
if (process.stdin.isTTY === true) skip(test, refusal, 'there is a terminal')
else {
  installing(refusal, async () => {
    const error = await failureOf(withoutClang)
    assert.match(error.block.what, 'no terminal')
    assert.match(error.block.hint ?? '', 'setup --yes')
    assert.is(error.block.status, 2)
  })
}

const withoutClang: BodySpec = {
  answer: (name) => (name === 'clang' ? missing() : {}),
  command: () => ({}),
}

async function install(spec: BodySpec) {
  const { ctx, said, commands } = body({ command: () => ({}), ...spec })
  const status = await setup.body?.(ctx)
  return { said, commands, status }
}

async function failureOf(spec: BodySpec): Promise<UserError> {
  try {
    await install(spec)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test.run()
