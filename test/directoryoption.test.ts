// -C is found where the parser of the command line finds it, and says the same.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { directoryOption } from '../tasks/directoryoption.ts'
import { parseArguments } from '../tasks/engine/command/options.ts'
import { task } from '../tasks/engine/index.ts'

const tasks = { build: task('Build it', [], () => {}, { arguments: '[WORD]…' }) }

for (const [words, directory, rest] of [
  [['build'], undefined, ['build']],
  [['-C', 'a', 'build'], 'a', ['build']],
  [['-Ca', 'build'], 'a', ['build']],
  [['build', '--directory', 'a'], 'a', ['build']],
  [['--directory=a=b', '-k', 'build'], 'a=b', ['-k', 'build']],
  [['--directory=', 'build'], '', ['build']],
  [['-C', '', 'build'], '', ['build']],
  [['-C', 'a', '-C', 'b', 'build'], 'b', ['build']],
  [['-Ca', '-C', 'b', 'build', '-Cc'], 'c', ['build']],
  [['-C', '-k', 'build'], '-k', ['build']],
  [['build', '--', '-C', 'a'], undefined, ['build', '--', '-C', 'a']],
] as const) {
  test(`${words.join(' ')} works in ${directory}`, () => {
    assert.equal(directoryOption(words), { directory, rest: [...rest] })
    assert.is(parseArguments(words, tasks, []).directory, directory)
  })
}

test('one without a folder is left for the parser to refuse', () => {
  for (const words of [['build', '-C'], ['--directory'], ['-C', '--', 'a']]) {
    assert.equal(directoryOption(words), { directory: undefined, rest: words })
    assert.throws(() => parseArguments(words, tasks, []), /needs a value/)
  }
})

test.run()
