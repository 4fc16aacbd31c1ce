// What every place that keeps results offers: small files by key, and blobs by their SHA-256.

/** `ac`: results and sets of names, by key; `cas`: blobs, by what they hold. */
export type Kind = 'ac' | 'cas'

export interface Store {
  readonly name: 'folder' | 'server'
  readonly reads: boolean
  readonly writes: boolean
  /** Undefined: not there. A blob that is not what its name says counts as not there. */
  get(kind: Kind, key: string): Promise<Buffer | undefined>
  put(kind: Kind, key: string, bytes: Buffer): Promise<void>
  /** Does some writing of so many bytes, now or in the background. */
  later(bytes: number, work: () => Promise<void>): Promise<void>
  /** It gave something that is not as it must be. */
  fault(what: string): void
  /** Ends what is still under way. @returns notes for the user */
  close(): Promise<readonly string[]>
}
