// Holds back what would be shown while a command writes to the terminal itself. Knows no terminal.
import type { Event } from '../base/index.ts'

export class HeldEvents {
  readonly #show: (event: Event) => void
  readonly #held: Event[] = []
  /** First output of the edge whose command has the terminal. */
  #holder: string | undefined

  /** @param show gets every event, in order, at once or when the terminal is free again */
  constructor(show: (event: Event) => void) {
    this.#show = show
  }

  readonly emit = (event: Event): void => {
    if (this.#holder === undefined) {
      this.#show(event)
      if (event.type === 'start' && event.takesTerminal === true) this.#holder = event.outputs[0]
      return
    }
    const isEnd = event.type === 'finish' && event.outputs[0] === this.#holder
    // An edge that never finishes is a bug, of which the last words must be seen all the same.
    if (!isEnd && event.type !== 'summary' && event.type !== 'failure') {
      this.#held.push(event)
      return
    }
    this.#holder = undefined
    if (isEnd) this.#show(event)
    for (const held of this.#held.splice(0)) this.emit(held)
    if (!isEnd) this.emit(event)
  }
}
