// The report opens in a real browser without a network: what it says first, its timeline, its graph.
import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const browserPath = '/usr/bin/chromium'
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

/** Opens the report of a tree at a width of the window; nothing may be complained of, nor asked of a network. */
async function opened(
  tree: Tree,
  width: number,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({ executablePath: browserPath, args: flags.split(' ') })
  try {
    const page = await browser.newPage({ viewport: { width, height: 800 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (request.url().startsWith('http')) complaints.push(request.url())
    })
    await page.goto(`file://${tree.at('build/report.html')}`)
    assert.is(await page.evaluate('document.documentElement.scrollWidth'), width)
    await look(page)
    assert.equal(complaints, [])
  } finally {
    await browser.close()
  }
}

function inBrowser(name: string, body: () => Promise<void>): void {
  if (existsSync(browserPath)) test(name, body)
  else skip(test, name, 'no chromium here')
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? ''
}

/** 60 tools of four files and three edges each. */
function manyTools(): Tree {
  const tree = new Tree()
  tree.tasks(`
    const copy = (rule, from, to) => edge({ rule, outputs: [to], inputs: [from], command: ['cp', from, to] })
    const tools = Array.from({ length: 60 }, (_, at) => [
      copy('MAKE', 's' + at + '.src', 'build/s' + at + '.o'),
      copy('SKEL', 'build/s' + at + '.o', 'build/s' + at + '.head'),
      copy('LINK', 'build/s' + at + '.head', 'build/s' + at),
    ])
    const describe = (path, bytes) => path.endsWith('.o') ? [{ title: 'Parts', columns: ['bytes'], rows: [[bytes.length]] }] : undefined
    await main({ build: task('Copy', tools.flat()) }, { describe: async () => describe })`)
  for (let at = 0; at < 60; at++) tree.write(`s${at}.src`, `source ${at}`)
  return tree
}

inBrowser('the report opens, a node can be chosen, nothing is complained of', async () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = edge({ rule: 'COPY', outputs: ['build/a_long/name_of/an_output.o'], inputs: ['a'], command: ['cp', 'a', 'build/a_long/name_of/an_output.o'] })
    await main({ build: task('Copy', [copy]) })`)
  tree.write('a', 'one')
  tree.run(['build'])
  tree.write('a', 'other')
  tree.run(['report'])
  await opened(tree, 390, async (page) => {
    await page.locator('#graph .node', { hasText: 'COPY' }).click()
    assert.match(await textOf(page, '#told'), /an_output.o\na changed/)
    assert.is(await page.locator('#bars i').count(), 1)
    await page.locator('#bars i').click()
    assert.match(await textOf(page, '#lap'), /^COPY build\/a_long\S+: [\d.]+ s, waited/)
    const spilt = `[...document.querySelectorAll('#graph .node')].filter((node) =>
      [...node.querySelectorAll('text')].some((text) =>
        text.getBBox().width > node.querySelector('path, polygon').getBBox().width))
      .map((node) => node.textContent)`
    assert.equal(await page.evaluate(spilt), [])
    for (const why of await page.locator('td', { hasText: 'changed' }).all()) {
      const box = await why.boundingBox()
      assert.ok(box !== null && box.x + box.width <= 390, 'a reason is cut off on a phone')
    }
  })
  tree.run(['build'])
  assert.equal(tree.ran(['build']), [])
})

inBrowser('the report says first what became of the build, and what failed', async () => {
  using tree = new Tree()
  tree.tasks(`
    const copy = (to, command) => edge({ rule: 'COPY', outputs: [to], inputs: ['a'], command })
    await main({ build: task('Copy', [copy('build/good', ['cp', 'a', 'build/good']), copy('build/bad', ['false'])]) })`)
  tree.write('a', 'one')
  tree.run(['build', '-k'])
  tree.run(['report'])
  await opened(tree, 1280, async (page) => {
    assert.match(
      await textOf(page, '#result'),
      /^1 failed .* UTC\. 1 of 2 edges of all tasks are stale now\.$/,
    )
    assert.match(await textOf(page, '#result + ul'), 'COPY build/bad: failed')
    assert.match(await textOf(page, 'dl'), /commands ran2from the cache0up to date0skipped0/)
  })
})

inBrowser(
  '60 tools: a folded graph that can be read, moved and magnified, on a desk and a phone',
  async () => {
    using tree = manyTools()
    tree.run(['build'])
    tree.run(['report'])
    const bytes = tree.read('build/report.html').length
    assert.ok(bytes < 600_000, `${bytes} bytes`)
    for (const width of [1280, 390]) {
      await opened(tree, width, async (page) => {
        assert.match(await textOf(page, '#result'), /^Succeeded/)
        assert.is(await page.locator('#bars i').count(), 180)
        assert.ok((await page.locator('#axis span').count()) >= 2)
        assert.equal(await page.locator('.legend').first().locator('span').allTextContents(), [
          ...['MAKE', 'SKEL', 'LINK', 'critical path', 'failed'],
        ])
        const nodes = page.locator('#graph .node')
        assert.equal((await nodes.locator('text').allTextContents()).sort(), [
          ...['*.src × 60', 'LINK', 'MAKE', 'SKEL'],
          ...['build/* × 60', 'build/*.head × 60', 'build/*.o × 60'],
        ])
        // Each object once, and closed.
        assert.is(await page.getByText('build/s7.o –').count(), 1)
        assert.not(await page.getByText('build/s7.o –').isVisible())
        const height = async (): Promise<number> =>
          (await nodes.first().locator('text').first().boundingBox())?.height ?? 0
        const before = await height()
        assert.ok(before >= 9, `text of ${before} px`)
        await page.getByRole('button', { name: '+' }).click()
        await page.waitForFunction(
          `document.querySelector('#graph text').getBoundingClientRect().height > ${before * 1.2}`,
        )
        await page.getByRole('button', { name: 'Fit' }).click()
        const inside = `(() => {
        const graph = document.getElementById('graph').getBoundingClientRect()
        return [...document.querySelectorAll('#graph .node')].every((node) => {
          const box = node.getBoundingClientRect()
          return box.left >= graph.left - 1 && box.right <= graph.right + 1 && box.top >= graph.top - 1 && box.bottom <= graph.bottom + 1
        })
      })()`
        await page.waitForFunction(inside)
        await nodes.filter({ hasText: 'MAKE' }).click()
        assert.match(await textOf(page, '#told'), /^build\/s0\.o\nbuild\/s1\.o\n[\s\S]*… 30 more$/)
      })
    }
  },
)

test('--graph folds a large graph by folder; -v shows it whole, and a file alone is drawn as it is', () => {
  using tree = manyTools()
  const { stdout, stderr } = tree.run(['--graph'])
  assert.match(stdout, 'label="MAKE\\nbuild/*.o × 60"')
  assert.is(stdout.match(/label=/g)?.length, 4)
  assert.match(stderr, '240 files and edges, folded by folder: -v shows each')
  assert.is(tree.run(['--graph', '-v']).stdout.match(/label=/g)?.length, 240)
  const one = tree.run(['--graph', 'build/s3'])
  assert.is(one.stdout.match(/label=/g)?.length, 4)
  assert.match(one.stdout, 'label="MAKE\\nbuild/s3.o"')
  assert.is(one.stderr, '')
})

test.run()
