// A picture of a large graph folds to what one can read: by rule, folder and ending.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { folded, READABLE } from '../../../tasks/engine/inspect/folding.ts'
import type { Arrow, Box, Picture } from '../../../tasks/engine/inspect/graphtext.ts'

function box(id: string, rule: string | undefined, path: string, reasons: string[] = []): Box {
  return { id, rule, paths: [path], reasons, ms: rule === undefined ? undefined : 10 }
}

/** Tools, each with a source, an object and a program; where they lie is for the caller to say. */
function tools(count: number, folder: (at: number) => string): Picture {
  const names = Array.from({ length: count }, (_, at) => ({ at, in: folder(at) }))
  return {
    boxes: names.flatMap(({ at, in: home }) => [
      box(`s${at}`, undefined, `${home}t${at}.src`),
      box(`h${at}`, undefined, `${home}t${at}.head`),
      box(`o${at}`, 'MAKE', `out/${home}t${at}.o`, at < 2 ? ['never built'] : []),
      box(`p${at}`, 'LINK', `out/${home}t${at}`),
    ]),
    arrows: names.flatMap(({ at }): Arrow[] => [
      { from: `s${at}`, to: `o${at}`, kind: 'declared' },
      { from: `h${at}`, to: `o${at}`, kind: 'discovered' },
      { from: `o${at}`, to: `p${at}`, kind: at === 0 ? 'discovered' : 'declared' },
    ]),
  }
}

/** What each box says that it stands for. */
function shown({ boxes }: Picture): (string | undefined)[] {
  return boxes.map(({ rule, paths, stands }) =>
    [rule, stands === undefined ? paths[0] : `${stands.pattern} × ${stands.boxes}`]
      .filter((part) => part !== undefined)
      .join(' '),
  )
}

test('a small picture stays as it is', () => {
  const small = tools(7, () => '')
  assert.ok(small.boxes.length <= READABLE)
  assert.is(folded(small), small)
})

test('60 tools in one folder are four boxes, with the arrows between them', () => {
  const picture = folded(tools(60, () => ''))
  assert.equal(shown(picture), [
    '*.src × 60',
    '*.head × 60',
    'MAKE out/*.o × 60',
    'LINK out/* × 60',
  ])
  assert.equal(picture.arrows, [
    { from: 'n0', to: 'n2', kind: 'declared' },
    { from: 'n1', to: 'n2', kind: 'discovered' },
    { from: 'n2', to: 'n3', kind: 'declared' },
  ])
})

test('folders are kept where few enough are left, and cut from below where not', () => {
  const two = folded(tools(60, (at) => (at % 2 === 0 ? 'a/' : 'b/')))
  assert.equal(shown(two).sort().slice(0, 2), ['LINK out/a/* × 30', 'LINK out/b/* × 30'])
  const each = folded(tools(60, (at) => `tools/t${at}/`))
  assert.equal(shown(each), [
    'tools/**/*.src × 60',
    'tools/**/*.head × 60',
    'MAKE out/tools/**/*.o × 60',
    'LINK out/tools/**/* × 60',
  ])
})

test('more endings than can be read are one box of sources', () => {
  const boxes = Array.from({ length: 40 }, (_, at) => box(`s${at}`, undefined, `/a/f.kind${at}`))
  assert.equal(shown(folded({ boxes, arrows: [] })), ['/a/* × 40'])
})

test('a group is stale where one of it is, and says how many and why', () => {
  const picture = folded(tools(60, () => ''))
  assert.equal(
    picture.boxes.map(({ reasons }) => reasons),
    [[], [], ['2 of 60 are stale', '2 × never built'], []],
  )
  assert.is(picture.boxes[2]?.ms, 600)
  assert.equal(picture.boxes[2]?.paths.slice(0, 3), ['out/t0.o', 'out/t1.o', 'out/t2.o'])
})

test('what stands alone keeps its name', () => {
  const { boxes, arrows } = tools(40, () => '')
  const picture = folded({ boxes: [...boxes, box('x', 'DUMP', 'out/types.h')], arrows })
  assert.equal(shown(picture).at(-1), 'DUMP out/types.h')
})

test('no arrow leads from a group to itself', () => {
  const boxes = Array.from({ length: 40 }, (_, at) => box(`b${at}`, 'NEXT', `out/${at}`))
  const arrows = boxes
    .slice(1)
    .map(({ id }, at): Arrow => ({ from: `b${at}`, to: id, kind: 'declared' }))
  assert.equal(folded({ boxes, arrows }).arrows, [])
})

test.run()
