// Numbers that are the same at every run.

/** Gives numbers from 0 up to a bound, not included, in an order that the seed decides. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return (below) => {
    // Marsaglia, Xorshift RNGs, 2003.
    state ^= state << 13
    state ^= state >>> 17
    state = (state ^ (state << 5)) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
