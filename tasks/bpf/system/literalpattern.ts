// A path in a place where a glob pattern is expected. Looks at no file.

/** A path as a pattern that matches only that path. */
export function literalPattern(path: string): string {
  return path.replace(/[\\*?|(){}[\]!+@]/g, '\\$&')
}
