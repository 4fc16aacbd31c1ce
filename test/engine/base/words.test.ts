// Words as a shell reads them: split, quoted, and read back by a shell itself.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/failure.ts'
import { quoteCommand, quoteWord, splitWords } from '../../../tasks/engine/base/words.ts'
import { randomNumbers } from '../../support/fakeworld.ts'
import { inPath, skip } from '../../support/needs.ts'

function split(text: string): string[] {
  return splitWords(text, 'CFLAGS')
}

test('white space separates, quotes and backslashes keep', () => {
  const cases: Record<string, readonly string[]> = {
    '': [],
    ' \t\n ': [],
    'a  b\tc\nd': ['a', 'b', 'c', 'd'],
    "'a b' c": ['a b', 'c'],
    '"a b" c': ['a b', 'c'],
    'a\\ b': ['a b'],
    "''": [''],
    '"" a': ['', 'a'],
    '-DX=\'"y z"\'': ['-DX="y z"'],
    'a\'b\'"c"\\d': ['abcd'],
    "'a\\b'": ['a\\b'],
    '"a\\"b\\\\c\\$d\\`e\\f"': ['a"b\\c$d`e\\f'],
    '"it\'s"': ["it's"],
    '$HOME `x` *': ['$HOME', '`x`', '*'],
    "\\'": ["'"],
    '\\"a\\"': ['"a"'],
  }
  for (const [text, words] of Object.entries(cases)) assert.equal(split(text), words, text)
})

test('an open quote is an error that names the setting', () => {
  for (const text of ["'a", '"a', 'a "b\'c', '"a\\"']) {
    assert.throws(
      () => split(text),
      (error: unknown) =>
        error instanceof UserError && error.message === 'a quote in CFLAGS is not closed',
      text,
    )
  }
})

test('a plain word needs no quotes, others get them', () => {
  for (const word of ['a', '-O2', 'a/b.c', 'A=b,c', '@x', '+x:y%']) assert.is(quoteWord(word), word)
  const quoted: Record<string, string> = {
    '': "''",
    'a b': "'a b'",
    "it's": "'it'\\''s'",
    $x: "'$x'",
    '~': "'~'",
    'a;b': "'a;b'",
    ä: "'ä'",
  }
  for (const [word, text] of Object.entries(quoted)) assert.is(quoteWord(word), text)
  assert.is(quoteCommand(['a', 'b c', '']), "a 'b c' ''")
})

const ODD = [
  '',
  ' ',
  "'",
  '"',
  '\\',
  '\\\\',
  "'''",
  '"\'"',
  '$',
  '$x',
  '\u0024{x}',
  '$(x)',
  '`x`',
  '*',
  '?',
  '[a]',
  '{a,b}',
  '~',
  '~root',
  '#',
  'a#',
  '!',
  '!!',
  '&',
  '|',
  ';',
  '<',
  '>',
  '(',
  ')',
  '%',
  '^',
  '-',
  '--',
  '-n',
  'a b',
  ' a ',
  'a\\',
  "\\'",
  '\\n',
  'é',
  '漢字',
  '🦀',
  'a=b c',
  '\u00a0',
  'a\u2003b',
]

function randomWords(seed: number): string[] {
  const random = randomNumbers(seed)
  const letters = [...'ab \'"\\$`*?~#!&|;<>()%^={}[]-é']
  const length = () => random(10)
  return Array.from({ length: 300 }, () =>
    Array.from({ length: length() }, () => letters[random(letters.length)]).join(''),
  )
}

test('what is quoted is split into what it was', () => {
  for (const words of [ODD, randomWords(1), randomWords(2)]) {
    for (const word of words) assert.equal(split(quoteWord(word)), [word], JSON.stringify(word))
    assert.equal(split(quoteCommand(words)), words)
  }
})

/** The words that a shell makes of a text. */
function shell(program: string, text: string): string[] {
  const script = `printf '%s\\0' ${text}`
  const { stdout, status } = spawnSync(program, ['-c', script], { encoding: 'utf8' })
  assert.is(status, 0, text)
  return stdout.split('\0').slice(0, -1)
}

test('a shell reads what is quoted as what it was', () => {
  const words = [...ODD, ...randomWords(3)]
  assert.equal(shell('sh', quoteCommand(words)), words)
})

test('a shell splits as we do, where nothing is to be expanded', () => {
  const texts = [
    'a  b\tc',
    'a\\ b',
    '"a b"c\'d e\'',
    '"a\\"b\\\\c\\$d\\`e\\f\\a"',
    "''",
    '"" a',
    "'a\\b'",
  ]
  for (const text of texts) asShell(text)
})

test('a shell splits at a space, a tab and a line end, and at no other blank', () => {
  for (const text of ['a\u00a0b', 'a\u2003b c', 'a\fb', 'a\vb', 'a\rb']) asShell(text)
})

test('a backslash at the end is one', () => asShell('a\\'))

test('a backslash before a line end continues the line', () => {
  for (const text of ['a "b\\\nc" d', 'a\\\nb c']) asShell(text)
})

function asShell(text: string): void {
  assert.equal(split(text), shell('sh', text), JSON.stringify(text))
}

if (inPath('bash')) {
  test('control characters are spelled out, and Bash reads them back', () => {
    const words = ['a\nb', '\t', '\u001b[31m', '\u0001f', "\n'\\", '\u007f', '\r']
    for (const word of words) {
      const text = quoteWord(word)
      assert.not.match(text, /[\u0000-\u001f\u007f]/)
      assert.equal(shell('bash', text), [word], text)
    }
  })
} else skip(test, 'control characters are spelled out, and Bash reads them back', 'no bash here')

test('also those beyond ASCII that act on a terminal', () => {
  assert.not.match(quoteWord('a\u009b31m'), /[\u0080-\u009f]/)
})

test.run()
