// What is told of the libraries that libbpf and bpftool can use.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { featureLine } from '../../../tasks/bpf/machine/librarychecks.ts'
import { features, required, targetFeatures } from '../../../tasks/bpf/toolchain/libraryfeatures.ts'
import { managers } from '../../../tasks/bpf/toolchain/packages.ts'
import type { CommandQuestion } from '../../../tasks/engine/answer/question.ts'
import { UserError } from '../../../tasks/engine/index.ts'
import { everyTool, fakeAnswers, fakeWorld } from '../../support/fakeworld.ts'

const { libcap, libelf, zlib, libelfAndZlib } = targetFeatures
const apt = managers.find(({ name }) => name === 'apt')

test('what is there is OK, and what is optional too', () => {
  assert.equal(featureLine(libelf, undefined, apt), {
    type: 'check',
    name: 'libelf',
    status: 'ok',
    detail: 'usable',
  })
  const without = featureLine(libcap, 'sys/capability.h: No such file', apt)
  assert.is(without.status, 'ok')
  assert.match(without.detail, 'libcap-dev would bring it')
})

test('what libbpf cannot be built without is a warning that names the package', () => {
  const { status, detail, hint = '' } = featureLine(libelf, 'libelf.h: No such file', apt)
  assert.is(status, 'warning')
  assert.match(detail, 'libelf.h: No such file')
  assert.match(hint, /^env .*apt-get install .*libelf-dev$/)
  assert.is(featureLine(libelf, 'x', undefined).hint, 'npx tsx tasks.ts setup')
})

test('names fit the column of the table, and none comes twice', () => {
  const names = features.map(({ name }) => name)
  for (const name of names) assert.ok(name.length <= 16, name)
  assert.is(new Set(names).size, names.length)
})

/** What is asked for what libbpf needs, and how that ends, where the compiler finds only `there`. */
function needed(there: (feature: string) => boolean): { asked: string[]; error?: UserError } {
  const asked: string[] = []
  const remembered = (question: CommandQuestion): readonly string[] => {
    const [, feature] = /^feature (.*): /.exec(question.key) ?? []
    if (feature === undefined) return everyTool()(question)
    asked.push(feature)
    return there(feature) ? [] : [`no ${feature}`]
  }
  const disk = fakeWorld().disk
  const path = ['/bin']
  Object.assign(disk, { isExecutable: () => true, realPath: (at: string) => at })
  try {
    const words = fakeAnswers({ disk, path, remembered }).words(
      required(libelfAndZlib, libelf, zlib),
    )
    assert.equal(words, [])
    return { asked }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { asked, error }
  }
}

test('one question where all that libbpf needs is there', () => {
  assert.equal(
    needed(() => true),
    { asked: ['libelf and zlib'] },
  )
})

test('what is missing of it is told apart, with its package', () => {
  const { asked, error } = needed((feature) => feature === 'libelf')
  assert.equal(asked, ['libelf and zlib', 'libelf', 'zlib'])
  assert.is(error?.block.what, 'zlib is missing')
  assert.match(JSON.stringify(error?.block.facts), /no zlib.*zlib1g-dev/)
})

test('two that only work apart are no help', () => {
  const { error } = needed((feature) => feature !== 'libelf and zlib')
  assert.is(error?.block.what, 'libelf and zlib cannot be used together')
  assert.equal(error?.block.facts, [['the compiler', 'no libelf and zlib']])
})

test.run()
