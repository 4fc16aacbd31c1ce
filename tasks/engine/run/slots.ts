// How many commands may run at once: `-j`, less what the jobserver and free memory allow. Knows no command.

/** A bound on commands besides `-j`. The first command never asks it; each other one holds one slot of it. */
export interface Bound {
  /** False where there is no slot now. */
  acquire(): boolean
  /** Gives one slot back. */
  release(): void
  /** Calls back when there may be a slot again, at the latest soon after a command has ended. */
  whenFree(retry: () => void): void
  /** Gives everything back, and never calls again. */
  close(): void
}

/** The slots of one build. */
export class Slots {
  readonly #jobs: number
  readonly #bounds: readonly Bound[]
  readonly #retry: () => void
  #used = 0

  /** @param retry called when there may be a slot again after {@link acquire} said that there is none */
  constructor(jobs: number, bounds: readonly Bound[], retry: () => void) {
    this.#jobs = jobs
    this.#bounds = bounds
    this.#retry = retry
  }

  /** False while `-j` commands run. */
  get isBelowJobs(): boolean {
    return this.#used < this.#jobs
  }

  /** Takes a slot for one more command; false where there is none. */
  acquire(): boolean {
    if (!this.isBelowJobs) return false
    // One command may always run, or a build could wait for others forever.
    if (this.#used > 0 && !this.#acquireFromBounds()) return false
    this.#used++
    return true
  }

  /** Gives a slot back: its command has ended. */
  release(): void {
    this.#used--
    // The last one holds nothing of the bounds.
    if (this.#used > 0) for (const bound of this.#bounds) bound.release()
  }

  /** All of them, or none. */
  #acquireFromBounds(): boolean {
    for (const [at, bound] of this.#bounds.entries()) {
      if (bound.acquire()) continue
      for (const acquired of this.#bounds.slice(0, at)) acquired.release()
      bound.whenFree(this.#retry)
      return false
    }
    return true
  }
}
