// Programs of this package that edges start: their sources, or what was bundled where there are none.
import { basename } from 'node:path'
import {
  type Arg,
  type Derived,
  derive,
  type Input,
  optional,
  packageFile,
  source,
  text,
  tool,
} from '../../engine/index.ts'

/** How an edge starts a program, and what it depends on. */
export interface OwnProgram {
  readonly command: Derived<readonly Arg[]>
  readonly inputs: Derived<Input | undefined>
}

const node = tool({
  name: 'node',
  names: ['node', 'nodejs'],
  version: { args: ['--version'], pattern: /^v(\S+)/ },
  hint: 'install Node: a program for it is part of the build',
})
const deno = tool({
  name: 'deno',
  names: ['deno'],
  version: { args: ['--version'], pattern: /^deno (\S+)/ },
  hint: 'install Node or Deno: a program for them is part of the build',
})

/**
 * Started by the Node of PATH, whatever runs tasks.ts, so that what one runtime has made is up to date for the
 * others; by paths below the root, so that another folder gives the same command.
 * @param files of the package, the program itself first: it is `dist/NAME.js` where there are no sources
 */
export function ownProgram(files: readonly [string, ...(readonly string[])]): OwnProgram {
  const sources = files.map((path) => packageFile(path))
  const program = packageFile(files[0])
  const bundled = packageFile(`dist/${basename(program, '.ts')}.js`)
  const isThere = text(program)
  const runner = source(packageFile('node_modules/tsx/dist/cli.mjs'))
  return {
    command: derive([isThere, optional(node)], (said, found): readonly Arg[] => {
      const path = source(said === undefined ? bundled : program)
      if (found === undefined) return [deno, 'run', '-A', path]
      return said === undefined ? [node, path] : [node, runner, path]
    }),
    inputs: derive([isThere], (said): Input => (said === undefined ? bundled : sources)),
  }
}
