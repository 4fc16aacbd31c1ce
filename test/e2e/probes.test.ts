// What a build must ask first is asked together, once, and only what is needed may fail it.
import { availableParallelism } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

/** Probes that write down that they were asked. `script` gives each one's last line. */
function project(names: readonly string[], rest: string): Tree {
  const tree = new Tree()
  const probes = names.map(
    (
      name,
    ) => `const ${name} = probe({ name: '${name}', command: ['sh', 'ask', '${name}'], inputs: ['ask'],
      read: ({ status, stdout }) => {
        if (status !== 0) throw new UserError({ what: '${name} has no answer' })
        return [stdout.trim()]
      } })`,
  )
  tree.tasks(`${probes.join('\n')}\n${rest}`)
  return tree
}

/** Each waits until the other has begun: one after the other they would wait for ever. */
const TOGETHER = `echo $1 >> asked
case $1 in one) other=two;; *) other=one;; esac
: > begun.$1
i=0; until [ -e begun.$other ]; do i=$((i + 1)); [ $i -lt 2000 ] || exit 1; sleep 0.01; done
echo answer-$1`

const asked = (tree: Tree): string[] => tree.read('asked').trim().split('\n').sort()

if (availableParallelism() < 2) {
  skip(test, 'questions are asked together', 'one processor')
} else {
  test('two questions of two edges are asked at the same time, each once', () => {
    using tree = project(
      ['one', 'two'],
      `const made = [one, two].map((known) => edge({ rule: 'SAY', outputs: ['build/' + known.name],
        command: ['echo', known], captureStdout: true }))
      await main({ build: task('Build both', made) })`,
    )
    tree.write('ask', TOGETHER)
    const { status, stderr } = tree.run(['build'])
    assert.is(status, 0, stderr)
    assert.is(tree.read('build/one'), 'answer-one\n')
    assert.is(tree.read('build/two'), 'answer-two\n')
    assert.equal(asked(tree), ['one', 'two'])
    assert.match(tree.run(['build']).stdout, /^nothing to do/m)
    assert.equal(asked(tree), ['one', 'two'])
  })
}

test('one that asks for the answer of another comes after it', () => {
  using tree = project(
    ['first'],
    `const second = probe({ name: 'second', command: ['sh', 'ask', first], inputs: ['ask'], read: ({ stdout }) => [stdout.trim()] })
    const both = derive([second], ([known = '']) => known + '!')
    await main({ build: task('Build it', [edge({ rule: 'SAY', outputs: ['build/x'],
      command: ['echo', both], captureStdout: true })]) })`,
  )
  tree.write('ask', 'echo $1 >> asked; echo of-$1')
  const { status, stderr } = tree.run(['build'])
  assert.is(status, 0, stderr)
  assert.is(tree.read('build/x'), 'of-of-first!\n')
  assert.equal(asked(tree), ['first', 'of-first'])
})

test('a question without an answer fails the build only where an answer is needed', () => {
  using tree = project(
    ['good', 'bad'],
    `const say = (known) => edge({ rule: 'SAY', outputs: ['build/' + known.name], command: ['echo', known], captureStdout: true })
    const [one, two] = [say(good), say(bad)]
    await main({ good: task('Needs one', [one]), both: task('Needs both', [one, two]) })`,
  )
  tree.write('ask', 'echo $1 >> asked; [ $1 = good ] && echo yes')
  assert.is(tree.run(['good']).status, 0)
  assert.equal(asked(tree), ['good'])
  const { status, stderr } = tree.run(['both'])
  assert.is(status, 1)
  assert.match(stderr, 'bad has no answer')
})

test('no warning decides whether a feature is there', () => {
  using tree = new Tree()
  tree.tasks(`
    const { feature, withFeature } = await import('${repository}/tasks/bpf/index.ts')
    const there = feature('there', { headers: ['stdio.h'], uses: 'getc(stdin) == 1, 2' })
    const gone = feature('gone', { headers: ['no-such.h'] })
    const flags = [withFeature(there, ['there']), withFeature(gone, ['gone'], ['not'])]
    await main({ build: task('Tell', [edge({ rule: 'SAY', outputs: ['build/flags'], inputs: [],
      command: ['echo', flags], captureStdout: true })]) }, bpfRules().mainOptions)`)
  const { status, stderr } = tree.run([
    'build',
    'EXTRA_CFLAGS=-Wextra -Wunused-value -Werror -Werror=format-security',
  ])
  assert.is(status, 0, stderr)
  assert.is(tree.read('build/flags'), 'there not\n')
})

test.run()
