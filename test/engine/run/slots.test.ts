// Slots: how many commands may run at once, by `-j` and by bounds besides it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Bound, Slots } from '../../../tasks/engine/run/slots.ts'

/** A bound of so many slots, and whoever waits for one. */
class Counted implements Bound {
  free: number
  readonly waiting: (() => void)[] = []

  constructor(free: number) {
    this.free = free
  }

  acquire(): boolean {
    if (this.free === 0) return false
    this.free--
    return true
  }

  release(): void {
    this.free++
  }

  whenFree(retry: () => void): void {
    this.waiting.push(retry)
  }

  close(): void {}
}

const never = (): void => assert.unreachable()

test('no more than -j at once', () => {
  const slots = new Slots(2, [], never)
  assert.ok(slots.acquire() && slots.isBelowJobs && slots.acquire())
  assert.not(slots.isBelowJobs)
  assert.not(slots.acquire())
  slots.release()
  assert.ok(slots.isBelowJobs)
  assert.ok(slots.acquire())
})

test('one command always may run; each other holds one slot of each bound', () => {
  const [few, many] = [new Counted(1), new Counted(9)]
  const slots = new Slots(5, [few, many], never)
  assert.ok(slots.acquire())
  assert.equal([few.free, many.free], [1, 9])
  assert.ok(slots.acquire())
  assert.equal([few.free, many.free], [0, 8])
  slots.release()
  assert.equal([few.free, many.free], [1, 9])
  slots.release()
  assert.equal([few.free, many.free], [1, 9])
})

test('where one bound has none, nothing is kept of the others, and it is asked to call back', () => {
  const [many, none] = [new Counted(9), new Counted(0)]
  let retries = 0
  const slots = new Slots(5, [many, none], () => retries++)
  assert.ok(slots.acquire())
  assert.not(slots.acquire())
  assert.is(many.free, 9)
  assert.equal([many.waiting.length, none.waiting.length], [0, 1])
  none.waiting[0]?.()
  assert.is(retries, 1)
  none.free = 1
  assert.ok(slots.acquire())
  assert.equal([many.free, none.free], [8, 0])
})

test.run()
