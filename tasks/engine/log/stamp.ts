// A stamp identifies one version of one file: time, size, inode, content. Looks at no file.

/** The version of a file that a command read or wrote. */
export interface Stamp {
  readonly path: string
  /** Milliseconds since 1970, fractions included. */
  readonly mtime: number
  /** Bytes. */
  readonly size: number
  /** Inode number; 0: there was no file. */
  readonly ino: number
  /** Inode change time, in milliseconds since 1970. */
  readonly changed: number
  /** As {@link Disk.digest} returns it; '' for a device and others without content. */
  readonly digest: string
  /** False if the file changed while the command ran, so that nobody knows what it read. */
  readonly settled: boolean
}
