// A package.json is completed, and nothing in it is taken away.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { completed, parsed } from '../../tasks/command/packagejson.ts'

const packages = { 'bpf-tasks': '^1.0.0', tsx: '^4.0.0' }
const needs = { script: 'tasks.ts', isModule: true, packages }
const scripts = { build: 'tsx tasks.ts build', test: 'tsx tasks.ts test' }

test('an empty one gets all', () => {
  assert.equal(completed({}, needs), { type: 'module', scripts, devDependencies: packages })
})

test('one that has all is left as it is', () => {
  const data = completed({}, needs)
  assert.is(JSON.stringify(completed(data, needs)), JSON.stringify(data))
})

test('own scripts, packages and the type of own modules stay', () => {
  const own = { build: 'make', test: 'true' }
  const data = { type: 'commonjs', scripts: own, dependencies: packages }
  assert.equal(completed(data, { ...needs, isModule: false }), data)
  assert.equal(completed({ devDependencies: { tsx: '4', x: '1' } }, needs).devDependencies, {
    ...{ tsx: '4', x: '1' },
    'bpf-tasks': '^1.0.0',
  })
})

test('the test that npm init writes gives way', () => {
  const failing = { test: 'echo "Error: no test specified" && exit 1' }
  assert.equal(completed({ scripts: failing }, needs).scripts, { ...scripts })
})

test('only an object is a package.json', () => {
  assert.equal(parsed('{ "type": "module" }'), { type: 'module' })
  assert.equal(parsed('\uFEFF{}'), {})
  for (const text of ['', '{', '[]', 'null', '"x"']) assert.is(parsed(text), undefined)
})

test.run()
