// In how many places commands run at once: as many as asked for, and as others leave room for.

/** A bound on commands besides `jobs`. The first one always may run; each other takes a place. */
export interface Slots {
  /** False where there is none now. */
  take(): boolean
  /** Gives one back that was taken. */
  give(): void
  /** Calls back when there may be one again, at latest soon after a command has ended. */
  whenFree(retry: () => void): void
  /** Gives all back, and never calls again. */
  close(): void
}

export class Places {
  readonly #jobs: number
  readonly #slots: readonly Slots[]
  readonly #retry: () => void
  readonly #free: number[] = []
  #used = 0
  #numbers = 0
  /** One was taken and nothing runs in it yet. */
  #isSpare = false

  /** @param retry called when there may be a place again where there was none */
  constructor(jobs: number, slots: readonly Slots[], retry: () => void) {
    this.#jobs = jobs
    this.#slots = slots
    this.#retry = retry
  }

  /** Is there a place for one command more? All that run but the first hold one of each sort. */
  reserve(): boolean {
    if (this.#used >= this.#jobs) return false
    if (this.#used === 0 || this.#isSpare) return true
    for (const [at, slot] of this.#slots.entries()) {
      if (slot.take()) continue
      for (const taken of this.#slots.slice(0, at)) taken.give()
      slot.whenFree(this.#retry)
      return false
    }
    this.#isSpare = true
    return true
  }

  /** The number of the place that was reserved. */
  occupy(): number {
    this.#isSpare = false
    this.#used++
    return this.#free.pop() ?? this.#numbers++
  }

  /** What was reserved is not needed now. */
  release(): void {
    if (this.#isSpare) this.#give()
    this.#isSpare = false
  }

  /** After the command in it has ended. */
  leave(place: number): void {
    this.#used--
    this.#free.push(place)
    if (this.#used > 0) this.#give()
  }

  #give(): void {
    for (const slot of this.#slots) slot.give()
  }
}
