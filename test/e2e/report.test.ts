// The report opens in a real browser without a network, and a node tells why it is stale.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { Tree } from '../support/tree.ts'

const browserPath = '/usr/bin/chromium'
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

const name = 'the report opens, a node can be chosen, nothing is complained of'
if (!existsSync(browserPath)) skip(test, name, 'no chromium here')
else {
  test(name, async () => {
    using tree = new Tree()
    tree.tasks(`
      const copy = edge({ rule: 'COPY', outputs: ['build/a_long/name_of/an_output.o'], inputs: ['a'], command: ['cp', 'a', 'build/a_long/name_of/an_output.o'] })
      await main({ build: task('Copy', [copy]) })`)
    tree.write('a', 'one')
    tree.run(['build'])
    tree.write('a', 'other')
    tree.run(['report'])
    const browser = await chromium.launch({ executablePath: browserPath, args: flags.split(' ') })
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 800 } })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('request', (request) => {
        if (request.url().startsWith('http')) complaints.push(request.url())
      })
      await page.goto(`file://${tree.at('build/report.html')}`)
      await page.locator('#graph .node', { hasText: 'COPY' }).click()
      assert.match((await page.locator('#told').textContent()) ?? '', /an_output.o\na changed/)
      assert.is(await page.locator('#timeline i').count(), 1)
      assert.is(await page.evaluate('document.documentElement.scrollWidth'), 390)
      const spilt = `[...document.querySelectorAll('#graph .node')].filter((node) =>
        [...node.querySelectorAll('text')].some((text) =>
          text.getBBox().width > node.querySelector('path, polygon').getBBox().width))
        .map((node) => node.textContent)`
      assert.equal(await page.evaluate(spilt), [])
      for (const why of await page.locator('td:nth-child(2)', { hasText: 'changed' }).all()) {
        const box = await why.boundingBox()
        assert.ok(box !== null && box.x + box.width <= 390, 'a reason is cut off on a phone')
      }
      assert.equal(complaints, [])
    } finally {
      await browser.close()
    }
    tree.run(['build'])
    assert.equal(tree.ran(['build']), [])
  })
}

test.run()
