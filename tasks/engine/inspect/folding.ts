// A picture with too many boxes, made smaller: what one rule makes in one folder becomes one box. Pure.
import { posix } from 'node:path'
import type { Arrow, Box, Picture } from './graphtext.ts'

/** As many boxes as one can read at once. */
export const READABLE = 30

const BY_NAME = new Intl.Collator('en', { numeric: true })

/**
 * The picture itself where it is small enough; else one whose boxes stand for all that a rule makes in a folder,
 * or for all sources of a folder with the same ending. Folders are cut from below until few enough are left.
 */
export function folded(picture: Picture, most = READABLE): Picture {
  const { boxes, arrows } = picture
  if (boxes.length <= most) return picture
  const deepest = boxes.reduce((depth, box) => Math.max(depth, folderOf(box).length), 0)
  let groups = groupedBy(boxes, (box) => keyOf(box, deepest))
  for (let depth = deepest - 1; depth >= 0 && groups.size > most; depth--)
    groups = groupedBy(boxes, (box) => keyOf(box, depth))
  if (groups.size > most) groups = groupedBy(boxes, ({ rule }) => rule ?? '')
  const all = [...groups.values()].map((group, at) => foldedBox(group, `n${at}`))
  const idOf = new Map(
    [...groups.values()].flatMap((group, at) => group.map(({ id }) => [id, `n${at}`])),
  )
  return { boxes: all, arrows: joined(arrows, (id) => idOf.get(id) ?? id) }
}

function folderOf({ paths }: Box): string[] {
  return posix
    .dirname(paths[0] ?? '')
    .split('/')
    .filter((part) => part !== '.')
}

function keyOf(box: Box, depth: number): string {
  const name = posix.basename(box.paths[0] ?? '')
  const kind = box.rule ?? `source ${endingOf(name)}`
  return [kind, ...folderOf(box).slice(0, depth)].join('/')
}

/** From the first dot: `x.test.ts` and `x.ts` are of two kinds. */
function endingOf(name: string): string {
  const dot = name.indexOf('.', 1)
  return dot === -1 ? '' : name.slice(dot)
}

/** Groups in the order of their first members. */
export function groupedBy<T>(
  items: readonly T[],
  key: (item: T) => string,
): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}

function foldedBox([first, ...others]: readonly [Box, ...Box[]], id: string): Box {
  if (others.length === 0) return { ...first, id }
  const group = [first, ...others]
  const stale = group.filter(({ reasons }) => reasons.length > 0)
  const times = group.flatMap(({ ms }) => ms ?? [])
  return {
    id,
    rule: first.rule,
    paths: group.flatMap(({ paths }) => paths).sort(BY_NAME.compare),
    reasons: stale.length === 0 ? [] : reasonsOf(stale, group.length),
    ms: times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0),
    stands: { boxes: group.length, pattern: patternOf(group.map(({ paths }) => paths[0] ?? '')) },
  }
}

/** How many of a group are stale, and the reasons by how many have them. */
function reasonsOf(stale: readonly Box[], all: number): string[] {
  const counts = new Map<string, number>()
  for (const reason of stale.flatMap(({ reasons }) => reasons))
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const common = [...counts].sort(([, one], [, other]) => other - one)
  const shown = common
    .slice(0, 10)
    .map(([reason, count]) => (count > 1 ? `${count} × ${reason}` : reason))
  const more = common.length - shown.length
  return [
    `${stale.length} of ${all} are stale`,
    ...shown,
    ...(more > 0 ? [`… ${more} other reasons`] : []),
  ]
}

/** `build/a.o` and `build/b.o` are `build/*.o`. */
function patternOf(paths: readonly string[]): string {
  const folders = paths.map((path) => posix.dirname(path).split('/'))
  const [first = []] = folders
  const differs = first.findIndex((part, at) => folders.some((other) => other[at] !== part))
  const common = differs === -1 ? first : first.slice(0, differs)
  const isFlat = folders.every(({ length }) => length === common.length)
  const endings = new Set(paths.map((path) => endingOf(posix.basename(path))))
  const [ending = ''] = endings
  const names = `${isFlat ? '' : '**/'}*${endings.size === 1 ? ending : ''}`
  const folder = common.join('/')
  return folder === '.' ? names : `${folder}/${names}`
}

/** An arrow between two groups wherever there is one between their members, the strongest kind of them. */
function joined(arrows: readonly Arrow[], group: (id: string) => string): Arrow[] {
  const found = new Map<string, Arrow>()
  for (const { from, to, kind } of arrows) {
    const arrow = { from: group(from), to: group(to), kind }
    if (arrow.from === arrow.to) continue
    const key = `${arrow.from} ${arrow.to}`
    if (!found.has(key) || kind === 'declared') found.set(key, arrow)
  }
  return [...found.values()]
}
