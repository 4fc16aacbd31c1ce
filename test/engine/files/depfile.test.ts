// Depfiles as compilers write them, and as they should not be.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDepfile } from '../../../tasks/engine/files/depfile.ts'
import { randomNumbers } from '../../support/fakeworld.ts'
import { inPath, skip } from '../../support/needs.ts'
import { Tree } from '../../support/tree.ts'

function paths(text: string): readonly string[] {
  const parsed = parseDepfile(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.failure))
  return parsed.paths
}

function failure(text: string) {
  const parsed = parseDepfile(text)
  return parsed.ok ? undefined : parsed.failure
}

test('prerequisites come in order, each once, without the targets', () => {
  assert.equal(paths('a.o: a.c b.h c.h b.h\n'), ['a.c', 'b.h', 'c.h'])
  assert.equal(paths('a.o : a.c\n'), ['a.c'])
  assert.equal(paths('a.o:\ta.c\tb.h \t\n'), ['a.c', 'b.h'])
})

test('a backslash before a line end continues the line', () => {
  assert.equal(paths('a.o: a.c \\\n  b.h \\\n\tc.h\n'), ['a.c', 'b.h', 'c.h'])
  assert.equal(paths('a.o: a.c\\\nb.h\n'), ['a.c', 'b.h'])
  assert.equal(paths('a.o: \\\n\\\n a.c\n'), ['a.c'])
  assert.equal(paths('a.o:\\\n a.c\n'), ['a.c'])
  assert.equal(paths('a.o \\\n b.o: a.c\n'), ['a.c'])
  assert.equal(paths('a.o: a.c \\\n'), ['a.c'])
})

test('CR LF ends a line and continues one', () => {
  assert.equal(paths('a.o: a.c \\\r\n  b.h\r\n\r\nb.h:\r\n'), ['a.c', 'b.h'])
  assert.equal(paths('a.o:\\\r\n b.h\r\n'), ['b.h'])
  assert.equal(paths('a.o:\r\n'), [])
  assert.equal(paths('a.o: a\rb.h\n'), ['a\rb.h'])
})

test('quoted characters are themselves', () => {
  assert.equal(paths('a.o: a\\ b.h\n'), ['a b.h'])
  assert.equal(paths('a.o: \\ a\\ \\ b.h\\ \n'), [' a  b.h '])
  assert.equal(paths('a.o: a\\\tb.h\n'), ['a\tb.h'])
  assert.equal(paths('a.o: a\\#b.h \\#\n'), ['a#b.h', '#'])
  assert.equal(paths('a.o: a$$b.h $$$$ $x\n'), ['a$b.h', '$$', '$x'])
  assert.equal(paths('a.o: a\\:b.h\n'), ['a:b.h'])
  assert.equal(paths('a\\ b.o c\\:d.o: x.h\n'), ['x.h'])
  assert.equal(paths('a\\:: x.h\n'), ['x.h'])
})

test('before a space each pair of backslashes is one, elsewhere a backslash is itself', () => {
  assert.equal(paths('a.o: a\\\\\\ b.h\n'), ['a\\ b.h'])
  assert.equal(paths('a.o: a\\\\\\\\\\ b.h\n'), ['a\\\\ b.h'])
  assert.equal(paths('a.o: a\\\\ b.h\n'), ['a\\', 'b.h'])
  assert.equal(paths('a.o: a\\b.h c\\\\d.h\n'), ['a\\b.h', 'c\\\\d.h'])
  assert.equal(paths('a.o: a\\\\#b.h\n'), ['a\\#b.h'])
  assert.equal(paths('a.o: a\\$$b.h\n'), ['a\\$b.h'])
  assert.equal(paths('a.o: a\\'), ['a\\'])
})

test('several targets, several rules, empty lists and phony lines', () => {
  assert.equal(paths('a.o a.d: a.c\n'), ['a.c'])
  assert.equal(paths('a.o: a.c\nb.o: b.c a.c\n\n\nc.o: c.c\n'), ['a.c', 'b.c', 'c.c'])
  assert.equal(paths('a.o:\n'), [])
  assert.equal(paths('a.o:'), [])
  assert.equal(paths(''), [])
  assert.equal(paths('\n \n\t\n'), [])
  assert.equal(paths('a.o: a.c b.h\n\nb.h:\n\nc.h:\n'), ['a.c', 'b.h'])
  assert.equal(paths('a.o: b:\n\nb::\n'), ['b:'])
})

test('a colon within a name, such as a drive letter, does not end the targets', () => {
  assert.equal(paths('C:/a.o: C:/a.c D:\\b.h\n'), ['C:/a.c', 'D:\\b.h'])
  assert.equal(paths('C:\\a.o: a.c\n'), ['a.c'])
  assert.equal(paths('a.o: x:y\n'), ['x:y'])
})

test('the last line needs no line end', () => {
  assert.equal(paths('a.o: a.c b.h'), ['a.c', 'b.h'])
  assert.equal(paths('a.o: a.c\nb.h:'), ['a.c'])
})

test('names beyond ASCII stay as they are', () => {
  assert.equal(paths("ä.o: é.h 漢字.h 🦀.h q'uote.h [x]*.h a%b;c.h\n"), [
    'é.h',
    '漢字.h',
    '🦀.h',
    "q'uote.h",
    '[x]*.h',
    'a%b;c.h',
  ])
})

test('what is malformed is told with line and column', () => {
  assert.equal(failure('a.o a.c\n'), { line: 1, column: 8, what: 'a rule without a colon' })
  assert.equal(failure('a.o'), { line: 1, column: 4, what: 'a rule without a colon' })
  assert.equal(failure('a.o: a.c\nb.o b.c\n'), {
    line: 2,
    column: 8,
    what: 'a rule without a colon',
  })
  assert.equal(failure('a.o \\\n  b.o\n'), { line: 2, column: 6, what: 'a rule without a colon' })
  assert.equal(failure('a.o:a.c\n'), { line: 1, column: 8, what: 'a rule without a colon' })
  assert.equal(failure('\n : a.c\n'), { line: 2, column: 2, what: 'a colon without a target' })
  assert.equal(failure('a.o: b.h \\\r\n c\0.h\n'), { line: 2, column: 3, what: 'a NUL byte' })
  assert.equal(failure('\0\0\0\0'), { line: 1, column: 1, what: 'a NUL byte' })
})

test('ten megabytes are read whole', () => {
  const names = Array.from({ length: 200_000 }, (_, at) => `/usr/include/some/where/a\\ b/${at}.h`)
  const text = `a.o: ${names.join(' \\\n  ')}\n${names.map((name) => `${name}:\n`).join('')}`
  assert.ok(text.length > 10_000_000)
  const found = paths(text)
  assert.is(found.length, 200_000)
  assert.is(found[199_999], '/usr/include/some/where/a b/199999.h')
})

/** As GCC writes a name (libcpp/mkdeps.cc, munge). */
function quote(name: string): string {
  return name.replace(/(\\*)([ \t])|\$|#/g, (found, slashes: string, blank?: string) =>
    blank === undefined ? (found === '$' ? '$$' : '\\#') : `${slashes}${slashes}\\${blank}`,
  )
}

test('what is quoted as GCC does is read back, for two thousand random lists', () => {
  const letters = ['a', 'b', ' ', '\t', '$', '#', '\\', '/', '.', ':', 'é', "'", '%']
  const random = randomNumbers(1)
  const name = (): string => {
    const length = 1 + random(8)
    const text = Array.from({ length }, () => letters[random(letters.length)]).join('')
    // GCC itself writes these three so that nobody can tell them from other names.
    return /\\:|\\$|^:/.test(text) ? name() : text
  }
  for (let round = 0; round < 2000; round++) {
    const names = [...new Set(Array.from({ length: 1 + random(5) }, name))]
    const list = names.map(quote).join(random(2) === 0 ? ' ' : ' \\\n ')
    const phony = random(2) === 0 ? '' : names.map((one) => `${quote(one)}:\n`).join('\n')
    assert.equal(paths(`x.o: ${list}\n${phony}`), names)
  }
})

const ODD = ['a b.h', 'two  sp.h', 'h#sh.h', 'd$llar.h', 'dd$$x.h', 'co:lon.h', 'c: d.h', 'é.h']
const ODDER = ['back\\slash.h', 'bs\\ sp.h', 'bs\\\\ sp.h', 'tab\there.h', 'a\\#b.h', 'b\\$x.h']

function compare(compiler: string, names: readonly string[]): void {
  using tree = new Tree()
  for (const name of names) tree.write(name, '')
  tree.write('m.c', `${names.map((name) => `#include "${name}"\n`).join('')}int x;\n`)
  const args = ['-nostdinc', '-MD', '-MP', '-MF', 'm.d', '-c', 'm.c', '-o', 'o b.o']
  const { stderr } = spawnSync(compiler, args, { cwd: tree.root, encoding: 'utf8' })
  assert.is(stderr, '')
  assert.equal(paths(readFileSync(tree.at('m.d'), 'utf8')), ['m.c', ...names])
}

if (inPath('gcc')) test('gcc: headers with odd names', () => compare('gcc', [...ODD, ...ODDER]))
else skip(test, 'gcc: headers with odd names', 'no gcc here')

if (inPath('clang')) test('clang: headers with odd names', () => compare('clang', ODD))
else skip(test, 'clang: headers with odd names', 'no clang here')

test.run()
