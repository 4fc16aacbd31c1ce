// The page of the report: its look, its behaviour, and the pieces of HTML that it is made of. Alone reads Panzoom.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const style = `
:root { color-scheme: light dark; --line: #8885; --good: #2e8555; --bad: #d64545;
  --c0: #5b8def; --c1: #3fa796; --c2: #b07cc6; --c3: #c9963b; --c4: #6c9a3b; --c5: #d0709a; --c6: #4aa3c7; --c7: #8a8f98 }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; padding: 0 1rem; max-width: 72rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
h3, h4 { font-size: 1rem; margin: 1rem 0 .2rem }
#result { font-size: 1.05rem } #result b { padding: .1em .5em; border-radius: 4px; color: #fff; background: var(--good) }
#result.bad b { background: var(--bad) }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .5rem; margin: 0 }
dl div { border: 1px solid var(--line); border-radius: 6px; padding: .3rem .6rem }
dt { font-size: .8rem; opacity: .75 } dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto } .columns { display: flex; flex-wrap: wrap; gap: 1rem 4rem }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .15rem .9rem .15rem 0; border-bottom: 1px solid var(--line) }
th { font-size: .8rem; font-weight: 600; opacity: .75 }
td { overflow-wrap: anywhere; min-width: 3.2rem } .n { text-align: right; font-variant-numeric: tabular-nums }
.why { width: 100%; table-layout: fixed } .paths { white-space: pre-line }
details { margin: .15rem 0 } details[open] { margin-bottom: .8rem } summary { cursor: pointer; overflow-wrap: anywhere }
details > pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
.about { white-space: pre-wrap; overflow: auto; overflow-wrap: anywhere; max-height: 16em; padding: .6rem; margin: .6rem 0; border: 1px solid var(--line); border-radius: 6px }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .3rem 0 } .legend span { display: inline-flex; align-items: center; gap: .35rem }
.legend i { width: 1em; height: 1em; border-radius: 3px }
.legend .source, .legend .fresh, .legend .stale { border: 2px solid #7a869a } .legend .fresh { border-color: #3d8b5f } .legend .stale { border-color: #d9822b }
#bars { position: relative; border-left: 1px solid var(--line) }
#bars i { position: absolute; height: 1.6em; overflow: hidden; border-radius: 3px; min-width: 2px; cursor: pointer; container-type: inline-size; outline-offset: -2px }
#bars b { display: block; font: .75rem/1.9em system-ui, sans-serif; padding: 0 .3em; white-space: nowrap; color: #fff }
@container (max-width: 4.5rem) { b { visibility: hidden } }
.c0 { background: var(--c0) } .c1 { background: var(--c1) } .c2 { background: var(--c2) } .c3 { background: var(--c3) }
.c4 { background: var(--c4) } .c5 { background: var(--c5) } .c6 { background: var(--c6) } .c7 { background: var(--c7) }
.critical { box-shadow: inset 0 0 0 2px #d9822b } i.failed, i.interrupted { background: var(--bad) }
#bars .chosen { outline: 2px solid CanvasText }
#axis { position: relative; height: 1.6em; border-top: 1px solid var(--line); font-size: .8rem; font-variant-numeric: tabular-nums }
#axis span { position: absolute; padding-left: .25em; border-left: 1px solid var(--line); white-space: nowrap }
#axis .left { transform: translateX(-100%); border: solid var(--line); border-width: 0 1px 0 0; padding: 0 .25em 0 0 }
#graph { position: relative; overflow: hidden; height: min(32rem, 70vh); border: 1px solid var(--line); border-radius: 6px; margin-top: .5rem }
#sheet { width: max-content } #sheet svg { display: block }
#graph .node { cursor: pointer } #graph a { text-decoration: none }
#graph .node.chosen path, #graph .node.chosen polygon { stroke-width: 3 }
.bar { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin-top: .5rem } .bar small { opacity: .75 }
button { font: inherit; padding: .1rem .7rem; min-width: 2.2rem }
`

/** Sizes are in CSS pixels. Text smaller than `least` of its size is not read: then one sees a part, and moves. */
const script = `
const least = 0.58
const about = (holder, members, tip) => {
  for (const member of document.querySelectorAll(members)) {
    member.tabIndex = 0
    const choose = () => {
      document.querySelector(members + '.chosen')?.classList.remove('chosen')
      member.classList.add('chosen')
      document.getElementById(holder).textContent = tip(member)
    }
    member.addEventListener('click', (event) => { event.preventDefault(); choose() })
    member.addEventListener('keydown', (event) => { if (event.key === 'Enter') choose() })
  }
}
about('lap', '#bars i', (bar) => bar.title)
about('told', '#graph .node', (node) => node.querySelector('a')?.getAttribute('xlink:title') ?? '')

const [graph, sheet] = ['graph', 'sheet'].map((id) => document.getElementById(id))
const svg = sheet.querySelector('svg')
const { width, height } = svg.viewBox.baseVal
svg.setAttribute('width', width * 4 / 3)
svg.setAttribute('height', height * 4 / 3)
const natural = { width: width * 4 / 3, height: height * 4 / 3 }
const panzoom = Panzoom(sheet, { canvas: true, origin: '0 0', minScale: 0.05, maxScale: 8, cursor: 'grab', handleStartEvent: (event) => { if (event.cancelable) event.preventDefault() } })
const show = (scale) => {
  const room = (size, all) => Math.max(0, (all - size * scale) / 2)
  panzoom.zoom(scale, { animate: false, force: true })
  panzoom.pan(room(natural.width, graph.clientWidth) / scale, room(natural.height, graph.clientHeight) / scale, { animate: false, force: true })
}
const fitting = () => Math.min(1, graph.clientWidth / natural.width, graph.clientHeight / natural.height)
document.getElementById('in').addEventListener('click', () => panzoom.zoomIn())
document.getElementById('out').addEventListener('click', () => panzoom.zoomOut())
document.getElementById('fit').addEventListener('click', () => show(fitting()))
graph.addEventListener('wheel', (event) => { if (event.ctrlKey || event.metaKey) panzoom.zoomWithWheel(event) }, { passive: false })
graph.style.height = Math.min(graph.clientHeight, Math.max(120, natural.height * Math.max(least, fitting()) + 24)) + 'px'
show(Math.max(least, fitting()))
`

export function page(sections: readonly string[]): string {
  const library = readFileSync(
    fileURLToPath(import.meta.resolve('@panzoom/panzoom/dist/panzoom.min.js')),
    'utf8',
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Build report</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>${style}</style></head><body><h1>Build report</h1>
${sections.join('\n')}
<script>${library}</script>
<script>${script}</script></body></html>
`
}

export function section(title: string, html: string): string {
  return `<section><h2>${text(title)}</h2>${html}</section>`
}

/** The drawing, fitted, to be moved and magnified. */
export function graphHtml(svg: string): string {
  return `<div class="bar"><button id="in" title="zoom in">+</button><button id="out" title="zoom out">−</button><button id="fit">Fit</button>
<small>Drag to move; Ctrl and the wheel, or two fingers, zoom.</small></div>
<div id="graph"><div id="sheet">${svg.slice(svg.indexOf('<svg'))}</div></div>
<pre class="about" id="told">Choose a box to see its files, and why it is stale.</pre>`
}

/** What is shown only when its title is chosen. */
export function folds(title: string, html: string, isOpen = false): string {
  return `<details${isOpen ? ' open' : ''}><summary>${text(title)}</summary>${html}</details>`
}

export function tableHtml(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = (tag: string, row: readonly (string | number)[]): string =>
    row
      .map(
        (cell) =>
          `<${tag}${typeof cell === 'number' ? ' class="n"' : ''}>${text(String(cell))}</${tag}>`,
      )
      .join('')
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')
  return `<div class="wide"><table><thead><tr>${cells('th', columns)}</tr></thead><tbody>${body}</tbody></table></div>`
}

export function text(plain: string): string {
  return plain.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
