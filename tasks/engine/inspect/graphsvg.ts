// A picture of the graph as text that others draw: dot, mermaid, svg. Alone imports @viz-js/viz.
import type { GraphFormat } from '../build/index.ts'
import type { Box, Picture } from './graphtext.ts'

/** Colours that tell on white and on black alike. */
const STALE = '#d9822b'
const FRESH = '#3d8b5f'
const SOURCE = '#7a869a'

/** So many names of a box that stands for several are listed. */
const LISTED = 30

export async function drawn(picture: Picture, format: GraphFormat): Promise<string> {
  switch (format) {
    case 'dot':
      return dot(picture)
    case 'mermaid':
      return mermaid(picture)
    case 'svg': {
      const { instance } = await import('@viz-js/viz')
      return (await instance()).renderString(dot(picture), { format: 'svg' }).trimEnd()
    }
    default:
      return format satisfies never
  }
}

export function dot({ boxes, arrows }: Picture): string {
  const quoted = (text: string): string =>
    `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
  const style = { declared: '', discovered: ' [style=dotted]', 'order-only': ' [style=dashed]' }
  // Graphviz knows how wide letters are for the first of these fonts; others are as wide.
  const font = 'Helvetica,Arial,Liberation Sans,sans-serif'
  return [
    'digraph build {',
    '  rankdir=LR; bgcolor=transparent',
    `  node [shape=box, style=rounded, fontname="${font}", fontsize=11, margin="0.2,0.06"]`,
    '  edge [color="#7a869a", arrowsize=0.7]',
    ...boxes.map((box) => {
      const colour = colourOf(box)
      const more = box.paths.length - LISTED
      const paths = more > 0 ? [...box.paths.slice(0, LISTED), `… ${more} more`] : box.paths
      const tip = [...paths, ...box.reasons].join('\n')
      return `  ${box.id} [id=${box.id}, label=${quoted(label(box))}, color="${colour}", fontcolor="${colour}", tooltip=${quoted(tip)}]`
    }),
    ...arrows.map(({ from, to, kind }) => `  ${from} -> ${to}${style[kind]}`),
    '}',
  ].join('\n')
}

function mermaid({ boxes, arrows }: Picture): string {
  // In its strings, characters with a meaning are written as entities.
  const quoted = (text: string): string =>
    `"${text.replace(/["#<>&]/g, (c) => `#${c.charCodeAt(0)};`).replaceAll('\n', '<br>')}"`
  const line = { declared: '-->', discovered: '-.->', 'order-only': '-.->' }
  return [
    'flowchart LR',
    ...boxes.map((box) => `  ${box.id}[${quoted(label(box))}]:::${kindOf(box)}`),
    ...arrows.map(({ from, to, kind }) => `  ${from} ${line[kind]} ${to}`),
    `  classDef stale stroke:${STALE},color:${STALE}`,
    `  classDef upToDate stroke:${FRESH},color:${FRESH}`,
    `  classDef source stroke:${SOURCE},color:${SOURCE}`,
  ].join('\n')
}

function label({ rule, paths, stands }: Box): string {
  const names = stands === undefined ? paths.join('\n') : `${stands.pattern} × ${stands.boxes}`
  return rule === undefined ? names : `${rule}\n${names}`
}

function kindOf({ rule, reasons }: Box): 'source' | 'stale' | 'upToDate' {
  if (rule === undefined) return 'source'
  return reasons.length > 0 ? 'stale' : 'upToDate'
}

function colourOf(box: Box): string {
  return { source: SOURCE, stale: STALE, upToDate: FRESH }[kindOf(box)]
}
