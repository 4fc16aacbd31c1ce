// Whenever a run or one of its compilers is killed, the next build is right, and nothing survives it.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Demos } from '../support/demos.ts'
import { randomNumbers } from '../support/fakeworld.ts'
import { EDITED } from '../support/killedgraph.ts'
import {
  busy,
  compiledTasks,
  KilledTree,
  marked,
  markOf,
  outputsOf,
  runAll,
  runUntil,
  startedBy,
} from '../support/killedtree.ts'
import { testWith } from '../support/needs.ts'
import { withEach } from '../support/startedrun.ts'

/** Other numbers, other instants. */
const SEED = 20_240_611
/** Kills of the runner, of a compiler, and in builds of the demos, where one in so many is of a compiler. */
const RUNNERS = 60
const COMPILERS = 20
const DEMOS = 200
const OF_COMPILER = 10
/** One in so many builds of the demos starts from nothing. */
const WHOLE = 20
/** How many events a build of the small tree has before its last command: from nothing, or not. */
const FROM_NOTHING = 20
const FROM_THERE = 10
/** At most so many rounds of being busy between an event and a kill. */
const ROUNDS = 200

/** The event that a compiler is started. */
const COMPILES = /"type":"start","rule":"(CC|BPF|PCH|LINK)"/

type Random = (below: number) => number

/** What a clean build of each state gives; built once, beside. */
class Reference {
  readonly #known = new Map<string, Promise<string[]>>()

  of(tree: KilledTree): Promise<string[]> {
    const known = this.#known.get(tree.state) ?? this.#build(tree)
    this.#known.set(tree.state, known)
    return known
  }

  async #build({ variants }: KilledTree): Promise<string[]> {
    using tree = new KilledTree()
    for (const [path, variant] of variants) tree.edit(path, variant)
    assert.is((await tree.build())?.failed, 0)
    return outputsOf(tree)
  }
}

/** Some edits; now and then nothing is left of the last build. @returns after how many events to act */
function disturb(tree: KilledTree, random: Random): number {
  for (const path of EDITED) tree.edit(path, random(2))
  if (random(4) > 0) return 1 + random(FROM_THERE)
  tree.remove('build')
  return 1 + random(FROM_NOTHING)
}

async function assertIsRight(tree: KilledTree, reference: Reference, about: string) {
  assert.equal(outputsOf(tree), await reference.of(tree), about)
  assert.is((await tree.build())?.ran, 0, `${about}: a second build runs something`)
}

test(`after ${RUNNERS} kills of the runner the next build is right and ends what is left`, async () => {
  const scripts = compiledTasks()
  const reference = new Reference()
  let survivors = 0
  await withEach([1, 2, 3, 4], async (lane) => {
    using tree = new KilledTree()
    const random = randomNumbers(SEED + lane)
    for (let own = 0; own < RUNNERS / 4; ) {
      const [events, rounds] = [disturb(tree, random), random(ROUNDS)]
      const about = `seed ${SEED + lane}, kill ${own}, ${events} events and ${rounds} rounds`
      let mark: string | undefined
      const { acted } = await runUntil(scripts.killed, tree, events, (pid) => {
        busy(rounds)
        mark = markOf(tree)
        return kill(pid)
      })
      if (acted) own++
      if (mark !== undefined) survivors += marked(mark).length
      if (own % 8 === 0) assert.is(await runAll(scripts.killed, tree), 0, about)
      else assert.is((await tree.build())?.failed, 0, about)
      if (mark !== undefined) assert.equal(marked(mark), [], `${about}: something survived`)
      await assertIsRight(tree, reference, about)
    }
  })
  // Otherwise nothing was tried: now and then a command must have outlived its runner.
  assert.ok(survivors > 0, 'no command outlived its runner')
})

test(`after ${COMPILERS} kills of a compiler the next build is right`, async () => {
  const scripts = compiledTasks()
  const reference = new Reference()
  await withEach([5, 6], async (lane) => {
    using tree = new KilledTree()
    const random = randomNumbers(SEED + lane)
    for (let own = 0; own < COMPILERS / 2; ) {
      disturb(tree, random)
      const events = 1 + random(2)
      const about = `seed ${SEED + lane}, kill ${own}, compiler ${events}`
      const { acted, status } = await runUntil(
        scripts.killed,
        tree,
        events,
        killCompilers,
        COMPILES,
      )
      if (acted) own++
      else assert.is(status, 0, about)
      assert.is((await tree.build())?.failed, 0, about)
      await assertIsRight(tree, reference, about)
    }
  })
})

testWith(test, ['clang', 'btf'], `after ${DEMOS} kills the demos are built right`, async () => {
  const scripts = compiledTasks()
  await withEach([7, 8], async (lane) => {
    using tree = new Demos()
    assert.is(await runAll(scripts.demos, tree), 0)
    // Of this tree: its folder's name is in the debug information.
    const clean = outputsOf(tree)
    const random = randomNumbers(SEED + lane)
    let compilers = 0
    for (let killed = 0; killed < DEMOS / 2; ) {
      if (random(WHOLE) === 0) {
        // With the lock goes what the next build knows a killed one by, and its commands may still run.
        assert.is(await runAll(scripts.demos, tree), 0)
        tree.remove('build')
      }
      for (const path of tree.sources()) if (random(3) === 0) tree.touch(path)
      const ofCompiler = killed % OF_COMPILER === OF_COMPILER - 1
      const [events, rounds] = [1 + random(ofCompiler ? 2 : 8), random(ROUNDS)]
      const act = (pid: number): boolean => {
        busy(rounds)
        return ofCompiler ? killCompilers(pid) : kill(pid)
      }
      const kind = ofCompiler ? COMPILES : /./
      const { acted, status } = await runUntil(scripts.demos, tree, events, act, kind)
      // One that had just ended, and was not asked about yet, can be killed as well.
      if (acted && ofCompiler && status === 1) compilers++
      // Some kills hit what the last one left behind.
      if (!acted || ++killed % 10 > 0) continue
      const about = `seed ${SEED + lane}, kill ${killed}`
      assert.is(await runAll(scripts.demos, tree), 0, about)
      assert.equal(outputsOf(tree), clean, about)
      if (killed % 20 === 0) assert.equal(tree.ran(['build']), [], about)
    }
    assert.ok(compilers > 0, 'no compiler was killed while it ran')
  })
})

/** False where none runs. */
function killCompilers(runner: number): boolean {
  return startedBy(runner).filter((pid) => isCompiler(pid) && kill(pid)).length > 0
}

function isCompiler(pid: number): boolean {
  try {
    return /^(gcc|cc1|cc|as|clang)\b/.test(fs.readFileSync(`/proc/${pid}/comm`, 'latin1'))
  } catch {
    return false
  }
}

/** False where it has ended by itself. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

test.run()
