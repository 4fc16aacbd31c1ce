// A build runs what is stale, once, and a second build runs nothing.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Tree } from '../support/tree.ts'

const COPY = `
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
await main({ build: task('Copy', [copy]) })
`

test('a second build runs nothing', () => {
  using tree = new Tree()
  tree.tasks(COPY)
  tree.write('a', 'one')
  assert.equal(tree.ran(['build']), ['build/b'])
  assert.is(tree.read('build/b'), 'one')
  assert.equal(tree.ran(['build']), [])
  assert.match(tree.run(['build']).stdout, 'nothing to do (1 up to date)')
})

test.run()
