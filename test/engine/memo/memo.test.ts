// What is kept of a decision, when it is not kept, and what must be as it was for it to be recalled.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Memo, type MemoParts } from '../../../tasks/engine/memo/memo.ts'
import { memoPath, recall } from '../../../tasks/engine/memo/recall.ts'
import { Tree } from '../../support/tree.ts'

const SAID = [[1, 'nothing to do\n']] as const

/** A tree in which a build has just found nothing to do, by a source, a link and a variable. */
class Scene {
  readonly tree = new Tree()
  readonly state = this.tree.at('build/.tasks')
  readonly environment: Record<string, string | undefined> = { MODE: 'fast' }

  constructor() {
    this.tree.write('tasks.txt', 'declarations')
    this.tree.write('source', 'text')
    this.tree.write('far/target', '')
    fs.symlinkSync('far', this.tree.at('link'))
    this.tree.write('build/.tasks/log', 'log')
    // A lock that is younger than all that was looked at.
    const before = fs.statSync(this.tree.at('build/.tasks/log')).ctimeMs
    do this.tree.write('build/.tasks/lock', '')
    while (fs.statSync(this.tree.at('build/.tasks/lock')).ctimeMs <= before)
  }

  [Symbol.dispose](): void {
    this.tree[Symbol.dispose]()
  }

  memo(more: Partial<MemoParts> = {}): Memo {
    return new Memo({
      root: this.tree.root,
      state: this.state,
      environment: this.environment,
      key: 'key',
      recordModules: async (disk) => {
        disk.stat('tasks.txt')
        return undefined
      },
      age: () => -1000,
      ...more,
    })
  }

  decide(memo: Memo, hasVolatile = false): void {
    const { disk, setting } = memo.world((name) => this.environment[name])
    setting('MODE')
    disk.stat('source')
    disk.stat('missing')
    disk.realPath('link/target')
    memo.decided(hasVolatile)
  }

  /** @returns why nothing is kept */
  async keep(more: Partial<MemoParts> = {}): Promise<string | undefined> {
    const memo = this.memo(more)
    this.decide(memo)
    memo.logClosed()
    const why = await memo.keep(SAID)
    this.tree.remove('build/.tasks/lock')
    return why
  }

  get path(): string {
    return memoPath(this.state, 'key')
  }

  recalled(): string | undefined {
    return recall(this.path, this.state, this.environment)?.said[0]?.[1]
  }
}

test('a decision is recalled while all is as it was', async () => {
  using scene = new Scene()
  assert.is(await scene.keep(), undefined)
  assert.is(scene.recalled(), 'nothing to do\n')
  assert.is(scene.recalled(), 'nothing to do\n')
})

const changes: Readonly<Record<string, (scene: Scene) => void>> = {
  'a source is another': ({ tree }) => tree.write('source', 'TEXT'),
  'a source was replaced under its time and size': ({ tree }) => {
    const { mtimeMs } = fs.statSync(tree.at('source'))
    tree.write('new', 'TEXT')
    tree.touch('new', mtimeMs / 1000)
    fs.renameSync(tree.at('new'), tree.at('source'))
  },
  'a source is gone': ({ tree }) => tree.remove('source'),
  'what was missing is there': ({ tree }) => tree.write('missing', ''),
  'a declaration is another': ({ tree }) => tree.write('tasks.txt', 'others'),
  'a link leads elsewhere': ({ tree }) => {
    tree.write('near/target', '')
    tree.remove('link')
    fs.symlinkSync('near', tree.at('link'))
  },
  'a variable is another': ({ environment }) => {
    environment['MODE'] = 'slow'
  },
  'a variable is not set': ({ environment }) => {
    environment['MODE'] = undefined
  },
  'PATH is another': ({ environment }) => {
    environment['PATH'] = '/elsewhere'
  },
  'the log is another': ({ tree }) => tree.write('build/.tasks/log', 'more'),
  'the log is gone': ({ tree }) => tree.remove('build/.tasks/log'),
  'a build is running': ({ tree }) => tree.write('build/.tasks/lock', ''),
  'the memo is a link': ({ tree, path }) => {
    fs.renameSync(path, tree.at('elsewhere'))
    fs.symlinkSync(tree.at('elsewhere'), path)
  },
}

for (const [name, change] of Object.entries(changes)) {
  test(`it is not recalled when ${name}`, async () => {
    using scene = new Scene()
    await scene.keep()
    change(scene)
    assert.is(scene.recalled(), undefined)
  })
}

test('a memo that was cut off anywhere says nothing', async () => {
  using scene = new Scene()
  await scene.keep()
  const whole = fs.readFileSync(scene.path)
  for (let length = 0; length < whole.length; length++) {
    fs.writeFileSync(scene.path, whole.subarray(0, length))
    assert.is(scene.recalled(), undefined, `${length} bytes`)
  }
  for (const text of ['null', '{}', '[]', 'text', '{"log":""}'])
    for (const end of ['', '\0']) {
      fs.writeFileSync(scene.path, text + end)
      assert.is(scene.recalled(), undefined, text)
    }
})

test('why nothing is kept is said', async () => {
  const impure = { recordModules: async () => 'tasks.ts asks for Date' }
  using scene = new Scene()
  assert.is(await scene.memo().keep(SAID), 'there was something to do')
  assert.is(await scene.keep(impure), 'tasks.ts asks for Date')
  assert.is(await scene.keep(), 'there is no lock')
  assert.not.ok(fs.existsSync(scene.path))
})

test('what changed since the build began is not kept, a module that did since the run began neither', async () => {
  using scene = new Scene()
  const memo = scene.memo()
  scene.tree.write('source', 'edited while the build ran')
  scene.decide(memo)
  assert.match((await memo.keep(SAID)) ?? '', /source changed since the build began$/)
  scene.tree.write('build/.tasks/lock', 'a new build')
  assert.match((await scene.keep({ age: () => 60_000 })) ?? '', /tasks.txt changed since this run/)
})

test('an answer that must be asked in each build is not kept', async () => {
  using scene = new Scene()
  const memo = scene.memo()
  scene.decide(memo, true)
  assert.is(await memo.keep(SAID), 'something is asked in each build')
})

test('the newest eight are kept', async () => {
  using scene = new Scene()
  for (let at = 0; at < 12; at++) {
    scene.tree.write('build/.tasks/lock', '')
    assert.is(await scene.keep({ key: `key${at}` }), undefined)
    fs.utimesSync(memoPath(scene.state, `key${at}`), at, at)
  }
  const names = fs.readdirSync(`${scene.state}/memo`)
  assert.is(names.length, 8)
  assert.not.ok(names.includes('key0'))
})

test.run()
