// Completes a package.json so that the tree beside it builds. Pure: reads and writes no file.

/** What the tree needs of it. */
export interface Needs {
  /** Name of the file that declares the tasks. */
  readonly script: string
  /** Are scripts without `m` or `c` in their ending to be ES modules? Otherwise `type` stays as it is. */
  readonly isModule: boolean
  /** Packages, and where npm is to get them. */
  readonly packages: Readonly<Record<string, string>>
}

export interface PackageJson {
  readonly type?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Undefined: not an object in JSON. A byte order mark is none of it, as for npm. */
export function parsed(text: string): PackageJson | undefined {
  try {
    const data: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Leaves all that is there, but a `test` that only fails, as `npm init` writes it. */
export function completed(data: PackageJson, { script, isModule, packages }: Needs): PackageJson {
  const { scripts = {}, dependencies, devDependencies } = data
  const isOwn = (name: string): boolean =>
    scripts[name] !== undefined && !scripts[name].includes('no test specified')
  const ours = ['build', 'test'].filter((name) => !isOwn(name))
  const there = { ...dependencies, ...devDependencies }
  const missing = Object.entries(packages).filter(([name]) => !Object.hasOwn(there, name))
  return {
    ...data,
    ...(isModule ? { type: 'module' } : {}),
    scripts: {
      ...scripts,
      ...Object.fromEntries(ours.map((name) => [name, `tsx ${script} ${name}`])),
    },
    ...(missing.length > 0
      ? { devDependencies: { ...devDependencies, ...Object.fromEntries(missing) } }
      : {}),
  }
}
