// Makes a failing value smaller as long as it still fails. Knows of values only that they are JSON.

type Json =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** Simpler values to try in the place of one, the boldest first. */
function* simpler(value: Json): Generator<Json> {
  if (typeof value === 'boolean' && value) yield false
  else if (typeof value === 'number') {
    if (value > 1) yield 1
    if (value > 0) yield 0
  } else if (Array.isArray(value)) {
    const list: readonly Json[] = value
    for (let size = list.length; size >= 1; size >>= 1) {
      for (let at = 0; at + size <= list.length; at += size) yield list.toSpliced(at, size)
    }
    for (const [at, element] of list.entries()) {
      for (const other of simpler(element)) yield list.with(at, other)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const other of simpler(part)) yield { ...value, [key]: other }
    }
  }
}

/**
 * @param fails does this value still fail?
 * @param until the time, by `performance.now()`, at which the smallest so far is good enough
 */
export async function minimise<T>(
  value: T,
  fails: (smaller: T) => Promise<boolean>,
  until: number,
): Promise<T> {
  let smallest = value
  for (let again = true; again && performance.now() < until; ) {
    again = false
    for (const smaller of simpler(smallest as Json) as Generator<T>) {
      if (performance.now() > until) break
      if (!(await fails(smaller))) continue
      smallest = smaller
      again = true
      break
    }
  }
  return smallest
}
