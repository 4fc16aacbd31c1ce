// A result as it is stored: the JSON form of ActionResult of the Remote Execution API, version 2, as servers of
// Bazel's HTTP protocol take and give it. What comes from a store is checked, never believed.

/** Something that a store gave is not as it must be: words that follow its name. It costs a result, not a build. */
export class StoreFault extends Error {}

/** A blob: SHA-256 and size in bytes. */
export interface Digest {
  readonly hash: string
  readonly size: number
}

export interface ResultFile extends Digest {
  /** Relative to the root of the tree. */
  readonly path: string
  readonly isExecutable: boolean
}

export interface ActionResult {
  readonly files: readonly ResultFile[]
  /** What the command said; undefined: nothing. */
  readonly said: Digest | undefined
  /** How long it took, in milliseconds. */
  readonly ms: number
}

/** Larger ones than any result has are not read, in bytes. */
export const MOST_BYTES = 256 << 20

/** More files than any edge has. */
const MOST_FILES = 10_000

export function encodeResult({ files, said, ms }: ActionResult): Buffer {
  return Buffer.from(
    JSON.stringify({
      outputFiles: files.map(({ path, isExecutable, ...digest }) => ({
        path,
        digest: encodeDigest(digest),
        isExecutable,
      })),
      exitCode: 0,
      ...(said === undefined ? {} : { stdoutDigest: encodeDigest(said) }),
      executionMetadata: {
        executionStartTimestamp: new Date(0).toISOString(),
        executionCompletedTimestamp: new Date(Math.max(0, Math.round(ms))).toISOString(),
      },
    }),
  )
}

/** @throws StoreFault with what is wrong about it, as words that follow `the stored result` */
export function decodeResult(bytes: Buffer): ActionResult {
  const value = recordOf(parsed(bytes))
  const files = listOf(value['outputFiles'] ?? [])
  if (files.length > MOST_FILES) throw new StoreFault('names too many files')
  if (value['exitCode'] !== undefined && value['exitCode'] !== 0)
    throw new StoreFault('is of a failure')
  const said = value['stdoutDigest']
  const times = recordOf(value['executionMetadata'] ?? {})
  const [start, end] = ['executionStartTimestamp', 'executionCompletedTimestamp'].map((name) =>
    Date.parse(String(times[name] ?? '')),
  )
  return {
    files: files.map((file) => {
      const { path, digest, isExecutable } = recordOf(file)
      if (typeof path !== 'string') throw new StoreFault('has a file without a path')
      return { path, ...decodeDigest(digest), isExecutable: isExecutable === true }
    }),
    said: said === undefined ? undefined : decodeDigest(said),
    ms: Math.max(0, (end ?? 0) - (start ?? 0)) || 0,
  }
}

function encodeDigest({ hash, size }: Digest) {
  return { hash, sizeBytes: String(size) }
}

function decodeDigest(value: unknown): Digest {
  const { hash, sizeBytes = '0' } = recordOf(value)
  const size = Number(sizeBytes)
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw new StoreFault('names no digest')
  if (!Number.isSafeInteger(size) || size < 0 || size > MOST_BYTES)
    throw new StoreFault('names an impossible size')
  return { hash, size }
}

/** @throws StoreFault for what is no JSON */
export function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new StoreFault('is not JSON')
  }
}

export function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new StoreFault('has another shape')
  return value as Record<string, unknown>
}

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new StoreFault('has another shape')
  return value
}
