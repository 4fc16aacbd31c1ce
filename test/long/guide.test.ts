// doc/guide.md is true: every command on it is typed, in order, and shows what the page shows.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { differences, patternOf, type Typed, typedOn } from '../support/markdownblocks.ts'
import { inOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { checkout, Folder, folder, install, userEnvironment } from '../support/packedpackage.ts'
import { withTracefs } from '../support/tracefs.ts'
import { repository } from '../support/tree.ts'
import { Running } from '../support/watchedprocess.ts'

const page = fs.readFileSync(join(repository, 'doc/guide.md'), 'utf8')
const environment = { ...userEnvironment(), npm_config_fund: 'false' } as Record<string, string>

const title = 'every command of the guide does what the page shows'
const lack = install(folder('tried'))
if (lack !== undefined) skip(test, title, lack)
else {
  testWith(test, ['root', 'bpf', 'btf', 'clang'], title, async () => {
    let where = checkout(folder('guide').at('bpf-tasks'))
    const typed = typedOn(page)
    assert.ok(typed.length > 25, `${typed.length} commands`)
    for (const one of typed) {
      if (one.shown.includes('^C')) await stays(where, one)
      else where = await ends(where, one)
    }
    assert.not.ok(fs.existsSync(where.at('build')))
  })
}

test('the pages tell the number of lines of the tasks.ts that init writes', () => {
  const tasks = fs.readFileSync(join(repository, 'tasks/command/tree/tasks.ts.txt'), 'utf8')
  const count = tasks.trimEnd().split('\n').length
  assert.match(page, `\`tasks.ts\` is ${count} lines`)
  const readme = fs.readFileSync(join(repository, 'README.md'), 'utf8')
  assert.match(readme, `a \`tasks.ts\` of ${count} lines`)
})

/** Types a command that ends by itself; returns the folder in which that leaves the shell. */
async function ends(where: Folder, { command, shown, line }: Typed): Promise<Folder> {
  const left = where.at('.left')
  const script = `${command}\nstatus=$?\npwd > '${left}'\nexit $status`
  await using running = new Running(inOwnMounts(withTracefs, ['bash', '-c', script]), {
    cwd: where.root,
    env: environment,
  })
  const happening = setInterval(happen, 100)
  const status = await running.end().finally(() => clearInterval(happening))
  const said = running.stdout.join('\n')
  const at = `guide.md:${line}: ${command}\n${said}\n${running.stderr.join('\n')}`
  assert.is(status, 0, at)
  if (shown.length > 0) assert.equal(differences(shown, said), [], at)
  const next = new Folder(fs.readFileSync(left, 'utf8').trim())
  fs.rmSync(left)
  return next
}

/** Types a command that stays, does beside it what the page says, and ends it by Ctrl-C. */
async function stays(where: Folder, { command, shown }: Typed): Promise<void> {
  await using running = new Running(inOwnMounts(withTracefs, ['bash', '-c', `exec ${command}`]), {
    cwd: where.root,
    env: environment,
  })
  for (const line of shown) {
    const beside = /^# in another terminal: (.+)$/.exec(line)?.[1]
    if (line === '^C') running.killGroup('SIGINT')
    else if (beside === undefined) await running.line(patternOf(line))
    else assert.is(where.exec('bash', '-c', beside).status, 0, beside)
  }
  // As the runner counts it, or npx, which the signal ends as well.
  assert.ok([130, 'SIGINT'].includes((await running.end()) ?? 0), running.stderr.join('\n'))
}

/** Something for a tool to see. */
function happen(): void {
  spawnSync('/bin/true')
}

test.run()
