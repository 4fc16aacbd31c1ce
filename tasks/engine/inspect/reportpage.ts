// The look of the report and what it does when a node is chosen. Text only, for the page itself.

export const style = `
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; padding: 0 1rem; max-width: 70rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; overflow-wrap: anywhere }
.wide { overflow-x: auto }
#graph { overflow: auto; max-height: 75vh } #graph svg { max-width: none }
#graph .node { cursor: pointer }
#graph .node.chosen path, #graph .node.chosen polygon { stroke-width: 3 }
#told { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem; border: 1px solid #8886; border-radius: 4px }
table { border-collapse: collapse } th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid #8884 }
@media (max-width: 40rem) { .why td { overflow-wrap: anywhere; min-width: 8rem } }
.n { text-align: right; font-variant-numeric: tabular-nums }
#timeline { position: relative; min-width: 40rem }
#timeline i { position: absolute; height: 1.6em; box-sizing: border-box; overflow: hidden; white-space: nowrap;
  font: .75rem/1.6em system-ui, sans-serif; padding: 0 .25em; border-radius: 3px; background: #5b8def88 }
#timeline .failed { background: #d6454588 } #timeline .critical { border: 2px solid #d9822b }
`

export const script = `
const told = document.getElementById('told')
for (const node of document.querySelectorAll('#graph .node')) {
  const tip = node.querySelector('a')?.getAttribute('xlink:title') ?? ''
  node.tabIndex = 0
  const choose = () => {
    document.querySelector('#graph .chosen')?.classList.remove('chosen')
    node.classList.add('chosen')
    told.textContent = tip
  }
  node.addEventListener('click', (event) => { event.preventDefault(); choose() })
  node.addEventListener('keydown', (event) => { if (event.key === 'Enter') choose() })
}
`
