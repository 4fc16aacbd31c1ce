// Names that are no UTF-8 stay what they are, as text and back.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOfPath, keptPath, shownPath, textOf } from '../../../tasks/engine/base/pathbytes.ts'
import { randomNumbers } from '../../support/fakeworld.ts'

const back = (bytes: Buffer): Buffer => {
  const kept = keptPath(textOf(bytes))
  return bytesOfPath(kept) ?? Buffer.from(kept)
}

test('what is text stays as it is', () => {
  for (const name of ['', 'a/b.h', 'é漢🦀', '\ufffd', '\ufeffx', '\uf7e9']) {
    assert.is(keptPath(textOf(Buffer.from(name))), name)
    assert.is(bytesOfPath(name), undefined)
    assert.is(shownPath(name), name)
  }
})

test('a byte that is no character is kept, shown, and in no name of another file', () => {
  const latin = Buffer.from('dé/é.h', 'latin1')
  const kept = keptPath(textOf(latin))
  assert.is(kept, 'd\0é/\0é.h')
  assert.equal(bytesOfPath(kept), latin)
  assert.is(shownPath(`${kept} is gone`), 'd\\xE9/\\xE9.h is gone')
})

test('every sequence of bytes comes back', () => {
  const random = randomNumbers(1)
  const letters = [
    0x2f, 0x61, 0x80, 0xbf, 0xc0, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xef, 0xf0, 0xff,
  ]
  const seen = new Map<string, string>()
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(
      Array.from({ length: random(8) }, () => letters[random(letters.length)] ?? 0),
    )
    assert.equal(back(bytes), bytes, bytes.toString('hex'))
    const kept = keptPath(textOf(bytes))
    assert.is(seen.get(kept) ?? bytes.toString('hex'), bytes.toString('hex'))
    seen.set(kept, bytes.toString('hex'))
  }
})

test.run()
