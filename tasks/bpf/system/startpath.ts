// How a program that the build made is started: by its path, never as a name to look for in PATH.
import type { Edge } from '../../engine/index.ts'

/** `./x` for a program in the root, else its path from there. */
export function startPath({ output: { path } }: Edge): string {
  return path.includes('/') ? path : `./${path}`
}
