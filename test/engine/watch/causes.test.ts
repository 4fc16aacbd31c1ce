// Builds for what somebody changed, and not for ever for what builds change themselves.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Causes } from '../../../tasks/engine/watch/causes.ts'
import { Tree } from '../../support/tree.ts'

/** A round: what changed with the build before it, and what somebody saved. */
function round(causes: Causes, withBuild: readonly string[], saved: readonly string[] = []) {
  for (const path of withBuild) causes.add(path, true)
  for (const path of saved) causes.add(path, false)
  return causes.take()
}

test('what is only touched by the build that it started starts no other one', () => {
  using tree = new Tree()
  tree.write('lock', '')
  const causes = new Causes(new Disk(tree.root))
  // It may have been saved by somebody while the first build ran.
  assert.equal(round(causes, ['lock']), { changed: ['lock'], held: [] })
  assert.equal(round(causes, ['lock']), { changed: [], held: ['lock'] })
  // It is named once, even if something else is built in between.
  assert.equal(round(causes, ['lock'], ['a.c']), { changed: ['a.c'], held: [] })
  assert.equal(round(causes, ['lock']), { changed: [], held: [] })
  // Saved by somebody, it is a cause like any other.
  assert.equal(round(causes, [], ['lock']), { changed: ['lock'], held: [] })
})

test('a file whose content differs is built for some times, and told when it goes on', () => {
  using tree = new Tree()
  const causes = new Causes(new Disk(tree.root))
  const seen = [1, 2, 3, 4, 5].map((text) => {
    tree.write('log', `${text}`)
    return round(causes, ['log'])
  })
  const goes = { changed: ['log'], held: [] }
  assert.equal(seen, [goes, goes, goes, { changed: [], held: ['log'] }, { changed: [], held: [] }])
  assert.ok(causes.isEmpty)
})

test('what does not come with a build any more is told anew when it does', () => {
  using tree = new Tree()
  tree.write('lock', '')
  const causes = new Causes(new Disk(tree.root))
  round(causes, ['lock'])
  assert.equal(round(causes, ['lock']).held, ['lock'])
  // After the first of these it could still come; after the second it has not.
  for (const _ of [1, 2]) assert.equal(round(causes, [], ['a.c']).changed, ['a.c'])
  assert.equal(round(causes, ['lock']).changed, ['lock'])
  assert.equal(round(causes, ['lock']).held, ['lock'])
})

test('saved by somebody as well, a change is nobody else’s', () => {
  using tree = new Tree()
  const causes = new Causes(new Disk(tree.root))
  for (const _ of [1, 2, 3]) assert.equal(round(causes, ['a.c'], ['a.c']).changed, ['a.c'])
})

test.run()
