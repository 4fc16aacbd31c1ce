// Which processes came from others: by their parents, and by a mark where a parent has ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hasFollowers, processTree } from '../../../tasks/engine/process/processtree.ts'

const MARK = `PROCESSTREE_TEST=${process.pid}`

/** Runs a script that prints process ids on one line; gives its own and those. */
async function started(script: string, environment: Record<string, string> = {}, detached = false) {
  const child = spawn('sh', ['-c', script], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached,
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const pids = line.toString().trim().split(' ').map(Number)
  const end = (): void => {
    for (const pid of [child.pid ?? 0, ...pids]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  }
  return { child, pid: child.pid ?? 0, pids, end }
}

test('a process, its children and theirs; not ours, nor what has ended', async () => {
  const { child, pid, pids, end } = await started(
    "sh -c 'sleep 1000 & echo $$ $!; wait' & wait; true",
  )
  assert.equal(processTree([pid]).sort(), [pid, ...pids].sort())
  assert.not(processTree([pid]).includes(process.pid))
  end()
  await once(child, 'close')
  assert.equal(processTree([pid]), [])
})

test('one whose parent has ended is found by its mark, and only by its own', async () => {
  const [name = '', value = ''] = MARK.split('=')
  const { child, pid, pids, end } = await started('sleep 1000 >&2 & echo $!', { [name]: value })
  if (child.exitCode === null) await once(child, 'exit')
  assert.equal(processTree([pid]), [])
  assert.equal(processTree([], MARK), pids)
  assert.equal(processTree([], `${MARK}1`), [])
  end()
})

test('a group has followers until the last of them has ended, also after its leader', async () => {
  const { child, pid, end } = await started('sleep 1000 >&2 & echo $!', {}, true)
  if (child.exitCode === null) await once(child, 'exit')
  assert.ok(hasFollowers(pid))
  end()
  while (hasFollowers(pid)) await new Promise((resolve) => setImmediate(resolve))
})

test.run()
