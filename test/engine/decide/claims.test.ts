// Two edges that would write one file, or one file below another, are refused with both sides named.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserError } from '../../../tasks/engine/base/index.ts'
import { Claims } from '../../../tasks/engine/decide/claims.ts'
import { edge } from '../../../tasks/engine/declare/edge.ts'

function claim(rule: string, outputs: readonly [string, ...string[]], depfile?: string) {
  return { edge: edge({ rule, outputs, command: [] }), outputs, depfile }
}

/** What the second claim is refused with, and what it is refused with if the two come the other way round. */
function refusals(...both: [ReturnType<typeof claim>, ReturnType<typeof claim>]): string[] {
  return [both, both.toReversed()].map((all) => {
    const claims = new Claims()
    try {
      for (const one of all) claims.add(one)
      return ''
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const { what, facts = [] } = error.block
      return `${what} ${facts.map(([, value]) => value).join(' ')}`
    }
  })
}

const clashes: readonly (readonly [...Parameters<typeof refusals>, RegExp])[] = [
  [claim('A', ['b/x']), claim('B', ['b/y', 'b/x']), /^two edges make one file b\/x.*(A.*B|B.*A)/],
  [
    claim('A', ['b/x']),
    claim('B', ['b/x/y/z']),
    /^an output lies below another.* A b\/x B b\/x\/y/,
  ],
  [
    claim('A', ['b/a'], 'b/d'),
    claim('B', ['b/c'], 'b/d'),
    /^two edges write one file.*depfile b\/d/,
  ],
  [claim('A', ['b/a'], 'b/d'), claim('B', ['b/d']), /^two edges write one file.*depfile b\/d/],
]

for (const [one, other, says] of clashes)
  test(`refused: ${says}`, () => {
    for (const refusal of refusals(one, other)) assert.match(refusal, says)
  })

test('one edge that names a file twice is refused', () => {
  const claims = new Claims()
  assert.throws(() => claims.add(claim('A', ['b/x', 'b/x'])), /names one output twice/)
})

test('files side by side are accepted, also where one name begins another', () => {
  const one = claim('A', ['b/x', 'b/x.d', 'c/deep/er/y'], 'b/x.dep')
  assert.equal(refusals(one, claim('B', ['b/xx', 'c/deep/z'], 'b/xx.d')), ['', ''])
  const claims = new Claims()
  claims.add(one)
  assert.is(claims.maker('b/x'), one)
  assert.is(claims.maker('b'), undefined)
})

test.run()
