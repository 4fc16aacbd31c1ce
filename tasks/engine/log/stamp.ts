// What identifies one version of one file: time, size, inode, content. Looks at no file.

/** Which version of which file: what one command saw, or left. */
export interface Stamp {
  readonly path: string
  /** Milliseconds since 1970, fractions included. */
  readonly mtime: number
  /** Bytes. */
  readonly size: number
  /** Inode number; 0 where there was no file. */
  readonly ino: number
  /** Inode change time, in milliseconds likewise. */
  readonly changed: number
  /** Content, as {@link Disk.digest} gives it; '' for what has no content, such as a device. */
  readonly digest: string
  /** False when the file changed while the command ran: what was read is not known. */
  readonly settled: boolean
}
