// The shell script that keeps a folder on another machine, in each shell that is here: what it says, and what it leaves.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keeperScript, readGreeting } from '../../../../tasks/bpf/proof/host/keeper.ts'
import { inPath, skip } from '../../../support/needs.ts'
import { Tree } from '../../../support/tree.ts'

const shells = [['dash'], ['bash'], ['busybox', 'ash']] as const

/** A keeper in a folder of this test, when it is ready. */
async function keeper([shell, ...args]: readonly [string, ...string[]], folder: string) {
  const child = spawn(shell, [...args, '-s'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  child.stdin.write(keeperScript({ token: 'TOKEN', folder, tracefs: false }))
  const greeting = await new Promise<ReturnType<typeof readGreeting>>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      const greeting = readGreeting(lines, 'TOKEN')
      if (greeting !== undefined) resolve(greeting)
    })
    void ended.then(() => resolve(undefined))
  })
  assert.ok(greeting, lines.join('\n'))
  return { child, lines, ended, greeting }
}

/** Something that runs in a folder, and ignores what it can. */
async function started(folder: string) {
  const script = 'trap "" INT TERM HUP; echo ready; while :; do sleep 0.1; done'
  const child = spawn('sh', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_, signal) => resolve(signal)),
  )
  return { child, ended }
}

for (const [shell, ...args] of shells) {
  const name = [shell, ...args].join(' ')
  const declare = (what: string, body: () => Promise<void>): void => {
    if (inPath(shell)) test(`${name}: ${what}`, body)
    else skip(test, `${name}: ${what}`, `no ${shell} here`)
  }

  declare('it greets, and leaves nothing when its input ends', async () => {
    using tree = new Tree()
    const { child, lines, ended, greeting } = await keeper([shell, ...args], tree.root)
    assert.ok(greeting.folder.startsWith(`${tree.root}/bpf-tasks.`))
    assert.ok(existsSync(greeting.folder))
    assert.ok(greeting.runs && Number(greeting.free) > 0 && greeting.release !== '')
    mkdirSync(`${greeting.folder}/a/b`, { recursive: true })
    const inside = await started(`${greeting.folder}/a/b`)
    assert.is(readlinkSync(`/proc/${inside.child.pid}/cwd`), `${greeting.folder}/a/b`)
    const outside = await started(tree.root)
    child.stdin.end()
    assert.is(await inside.ended, 'SIGKILL')
    await ended
    assert.ok(lines.includes('TOKEN gone'))
    assert.not(existsSync(greeting.folder))
    assert.is(outside.child.exitCode ?? outside.child.signalCode, null, 'not in its folder')
    outside.child.kill('SIGKILL')
    await outside.ended
  })

  declare('it leaves nothing when it is asked to end', async () => {
    using tree = new Tree()
    const { child, ended, greeting } = await keeper([shell, ...args], tree.root)
    child.kill('SIGTERM')
    await ended
    assert.not(existsSync(greeting.folder))
  })

  declare('without a folder to work in it does not get ready', async () => {
    using tree = new Tree()
    const child = spawn(shell, [...args, '-s'], { stdio: ['pipe', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (text) => {
      said += text
    })
    child.stdin.end(keeperScript({ token: 'T', folder: tree.at('missing'), tracefs: false }))
    const status = await new Promise((resolve) => child.on('close', resolve))
    assert.is(status, 1)
    assert.is(readGreeting(said.split('\n'), 'T'), undefined)
  })
}

test('lines of a login shell are not taken for ours', () => {
  const said = ['Welcome!', 'folder /etc', 'T folder /tmp/a', 'T root sudo', 'T free 4', 'T ready']
  const greeting = readGreeting(said, 'T')
  assert.is(greeting?.folder, '/tmp/a')
  assert.is(greeting?.root, 'sudo')
  assert.is(greeting?.free, 4096)
  assert.is(greeting?.runs, false)
  assert.is(readGreeting(said.slice(0, -1), 'T'), undefined)
})

test.run()
