// What is stale in a plan, where some of it is only asked in each build.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Reason } from '../../../tasks/engine/base/events.ts'
import { Graph, type Node } from '../../../tasks/engine/decide/graph.ts'
import { isStale, plan } from '../../../tasks/engine/decide/plan.ts'
import { edge, foreign } from '../../../tasks/engine/declare/index.ts'
import { fakeAnswers } from '../../support/fakeworld.ts'
import { Scene } from '../../support/stalescene.ts'

const made = foreign({ outputs: ['out'], command: ['make'] })
const user = edge({ rule: 'COPY', outputs: ['copy'], inputs: [made], command: ['cp'] })
const other = edge({ rule: 'OTHER', outputs: ['other'], command: ['x'] })

/** A plan in which edges have these reasons. */
function planOf(reasons: Readonly<Record<string, readonly Reason[]>>) {
  const graph = new Graph(fakeAnswers({}))
  const { nodes } = graph.add([user, other])
  return plan(nodes, (node: Node) => reasons[node.name] ?? [])
}

test('what is only asked in each build, and what waits for that, is not stale', () => {
  const asked = {
    out: [{ kind: 'asked-each-build' }],
    copy: [{ kind: 'input-stale', path: 'out' }],
  } as const
  assert.is(planOf({}).open.size, 0)
  assert.not.ok(isStale(planOf({})))
  assert.is(planOf(asked).open.size, 2)
  assert.not.ok(isStale(planOf(asked)))
  assert.ok(isStale(planOf({ ...asked, other: [{ kind: 'never-built' }] })))
  assert.ok(isStale(planOf({ ...asked, out: [{ kind: 'output-missing', path: 'out' }] })))
})

test('it is asked although nothing changed, and says first what did', () => {
  using scene = new Scene()
  scene.disk.put('out', 'made')
  assert.equal(scene.kinds(made), ['not-in-log'])
  scene.ran(made)
  assert.equal(scene.kinds(made), ['asked-each-build'])
  scene.disk.put('out', 'other')
  assert.equal(scene.kinds(made), ['output-changed'])
})

test.run()
