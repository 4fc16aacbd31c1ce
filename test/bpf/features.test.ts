// What is told of the libraries that libbpf and bpftool can use.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkOf } from '../../tasks/bpf/featurechecks.ts'
import { features, targetFeatures } from '../../tasks/bpf/features.ts'
import { managers } from '../../tasks/bpf/packages.ts'

const { libcap, libelf } = targetFeatures
const apt = managers.find(({ name }) => name === 'apt')

test('what is there is OK, and what is optional too', () => {
  assert.equal(checkOf(libelf, undefined, apt), {
    type: 'check',
    name: 'libelf',
    status: 'ok',
    detail: 'usable',
  })
  const without = checkOf(libcap, 'sys/capability.h: No such file', apt)
  assert.is(without.status, 'ok')
  assert.match(without.detail, 'libcap-dev would bring it')
})

test('what libbpf cannot be built without is a warning that names the package', () => {
  const { status, detail, hint = '' } = checkOf(libelf, 'libelf.h: No such file', apt)
  assert.is(status, 'warning')
  assert.match(detail, 'libelf.h: No such file')
  assert.match(hint, /^env .*apt-get install .*libelf-dev$/)
  assert.is(checkOf(libelf, 'x', undefined).hint, 'npx tsx tasks.ts setup')
})

test('names fit the column of the table, and none comes twice', () => {
  const names = features.map(({ name }) => name)
  for (const name of names) assert.ok(name.length <= 16, name)
  assert.is(new Set(names).size, names.length)
})

test.run()
