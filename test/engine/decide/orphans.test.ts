// What a deleted source leaves behind is removed, and nothing else is.
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../tasks/engine/base/events.ts'
import { Graph, type Node } from '../../../tasks/engine/decide/graph.ts'
import { removeOrphans } from '../../../tasks/engine/decide/orphans.ts'
import { type Edge, edge } from '../../../tasks/engine/declare/edge.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { BuildLog } from '../../../tasks/engine/log/buildlog.ts'
import { fakeAnswers } from '../../support/fakeworld.ts'
import { Tree } from '../../support/tree.ts'

class Scene {
  readonly tree = new Tree()
  readonly disk = new Disk(this.tree.root)
  readonly log = BuildLog.open(this.disk, 'state/log')

  /** Writes both and records the one as made from the other. */
  ran(output: string, input: string, discovered: readonly string[] = []): void {
    for (const path of [output, input, ...discovered]) {
      if (!this.disk.exists(path)) fs.writeFileSync(this.#place(path), path)
    }
    const stamp = (path: string) => {
      const { mtime, size, ino, changed } = this.disk.stat(path) ?? {
        ...{ mtime: 0, size: 0, ino: 0, changed: 0 },
      }
      return {
        path,
        mtime,
        size,
        ino,
        changed,
        digest: this.disk.digest(path) ?? '',
        settled: true,
      }
    }
    this.log.recordEdge(output, {
      outputs: [stamp(output)],
      inputs: [stamp(input)],
      discovered: discovered.map(stamp),
      absent: [],
      folders: [],
      facts: [],
      ms: 1,
    })
  }

  #place(path: string): string {
    const at = this.disk.at(path)
    fs.mkdirSync(dirname(at), { recursive: true })
    return at
  }

  /** Paths that are removed, given the edges that there still are. */
  removed(...edges: Edge[]): string[] {
    const answers = fakeAnswers({ disk: this.disk })
    const graph = new Graph(answers)
    graph.add(edges)
    const events: Event[] = []
    const searchPath = ({ edge }: Node) => answers.words(edge.searchPath)
    removeOrphans(graph, this.log, this.disk, 'build', searchPath, (event) => events.push(event))
    return events.map((event) => (event.type === 'removed' ? event.path : event.type))
  }

  [Symbol.dispose](): void {
    this.log.close()
    this.tree[Symbol.dispose]()
  }
}

function make(output: string, ...inputs: string[]): Edge {
  return edge({ rule: 'CC', outputs: [output], inputs, command: [] })
}

test('an output whose edge and whose source are gone goes, with its empty folder', () => {
  using scene = new Scene()
  scene.ran('build/x/a.o', 'a.c')
  scene.ran('build/b.o', 'b.c')
  scene.tree.remove('a.c')
  assert.equal(scene.removed(make('build/b.o', 'b.c')), ['build/x/a.o'])
  assert.is(scene.tree.exists('build/x'), false)
  assert.is(scene.tree.exists('build/b.o'), true)
  assert.is(scene.log.edge('build/x/a.o'), undefined)
  assert.equal(scene.removed(make('build/b.o', 'b.c')), [])
})

test('it stays where the source is there, or the edge', () => {
  using scene = new Scene()
  scene.ran('build/a.o', 'a.c')
  assert.equal(scene.removed(), [])
  scene.tree.remove('a.c')
  assert.equal(scene.removed(make('build/a.o', 'a2.c')), [])
  assert.is(scene.tree.exists('build/a.o'), true)
})

test('it stays where somebody has changed it, and is forgotten', () => {
  using scene = new Scene()
  scene.ran('build/a.o', 'a.c')
  scene.tree.remove('a.c')
  scene.tree.write('build/a.o', 'mine now')
  assert.equal(scene.removed(), [])
  assert.is(scene.tree.read('build/a.o'), 'mine now')
  assert.is(scene.log.edge('build/a.o'), undefined)
})

test('it stays where another file of the same time and size was put in its place', () => {
  using scene = new Scene()
  scene.tree.write('build/a.o', 'made')
  scene.tree.touch('build/a.o', 1e9)
  scene.ran('build/a.o', 'a.c')
  scene.tree.remove('a.c')
  scene.tree.write('mine', 'mine')
  scene.tree.touch('mine', 1e9)
  fs.renameSync(scene.tree.at('mine'), scene.tree.at('build/a.o'))
  assert.equal(scene.removed(), [])
  assert.ok(scene.tree.exists('build/a.o'))
})

test('it stays where another edge is declared to read it', () => {
  using scene = new Scene()
  scene.ran('build/a.h', 'a.in')
  scene.tree.remove('a.in')
  assert.equal(scene.removed(make('build/c.o', 'build/a.h')), [])
  assert.is(scene.tree.exists('build/a.h'), true)
})

test('it goes where a command only found it: after a clean build it would not be there', () => {
  using scene = new Scene()
  scene.ran('build/a.h', 'a.in')
  scene.ran('build/b.o', 'b.c', ['build/a.h'])
  scene.tree.remove('a.in')
  assert.equal(scene.removed(make('build/b.o', 'b.c')), ['build/a.h'])
})

test('it stays where it lies outside of the tree, also behind a link', () => {
  using scene = new Scene()
  using outside = new Tree()
  fs.symlinkSync(outside.root, scene.tree.at('link'))
  const absolute = outside.at('b.o')
  scene.ran('link/a.o', 'a.c')
  scene.ran(absolute, 'a.c')
  scene.tree.remove('a.c')
  assert.equal(scene.removed(), [])
  assert.is(outside.exists('a.o'), true)
  assert.is(outside.exists('b.o'), true)
})

test('among the sources it is named, and left there', () => {
  using scene = new Scene()
  scene.ran('src/a.skel.h', 'a.c')
  scene.tree.remove('a.c')
  assert.equal(scene.removed(), ['note'])
  assert.is(scene.tree.exists('src/a.skel.h'), true)
  assert.equal(scene.removed(), [], 'said once')
})

test('what was made of orphans alone goes with them, however long the chain', () => {
  using scene = new Scene()
  scene.ran('build/c', 'build/b')
  scene.ran('build/b', 'build/a')
  scene.ran('build/a', 'gone')
  scene.ran('build/x', 'there')
  fs.rmSync(scene.disk.at('gone'))
  assert.equal(scene.removed().sort(), ['build/a', 'build/b', 'build/c'])
  assert.ok(scene.disk.exists('build/x'))
})

test('what an edge of the graph found goes when nothing makes it any more, its inputs there or not', () => {
  using scene = new Scene()
  scene.ran('build/gen/config.h', 'config.in')
  scene.ran('build/o', 's.c', ['build/gen/config.h'])
  const object = edge({ rule: 'CC', outputs: ['build/o'], inputs: ['s.c'], command: ['cc'] })
  assert.equal(scene.removed(object), ['build/gen/config.h'])
})

test('what an edge of the graph would find in its search path goes too, and nothing beside it', () => {
  using scene = new Scene()
  scene.ran('build/gen/sub/config.h', 'config.in')
  scene.ran('build/general/other.h', 'config.in')
  const spec = { rule: 'CC', outputs: ['build/o'], inputs: ['s.c'], command: ['cc'] } as const
  assert.equal(scene.removed(edge({ ...spec, searchPath: ['./build/gen/'] })), [
    'build/gen/sub/config.h',
  ])
  assert.equal(scene.removed(edge(spec)), [])
})

test.run()
