// File names that are not UTF-8, as text: the engine keeps paths as text, the system as bytes.

/**
 * Decodes bytes without loss: a byte that is not part of a character becomes a lone surrogate, U+DC00 plus
 * its value, which valid UTF-8 never contains.
 */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  let whole = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterAt(bytes, at)
    whole +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length)
    at += Math.max(1, length)
  }
  return whole
}

/** The length in bytes of the character that begins here; 0 if none does. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const own = bytes.subarray(at, at + length)
  return Buffer.from(own.toString('utf8')).equals(own) ? length : 0
}

/**
 * The form in which a path from {@link textOf} is kept: a NUL before each byte that is not part of a
 * character. No path contains a NUL, so the system refuses it and cannot take it for another file.
 */
export function keptPath(path: string): string {
  return path.replace(
    /[\udc80-\udcff]/gu,
    (byte) => `\0${String.fromCharCode(byte.charCodeAt(0) & 0xff)}`,
  )
}

/** The bytes of a kept path; undefined if the system takes the path as it is. */
export function bytesOfPath(path: string): Buffer | undefined {
  if (!path.includes('\0')) return undefined
  const [begin = '', ...parts] = path.split('\0')
  const bytes = parts.map((part) =>
    Buffer.concat([Buffer.from(part.slice(0, 1), 'latin1'), Buffer.from(part.slice(1))]),
  )
  return Buffer.concat([Buffer.from(begin), ...bytes])
}

/** Text with kept paths in it, for people: `\xE9` for a byte that is not part of a character. */
export function shownPath(text: string): string {
  return text.replace(
    /\0([\x80-\xff])/g,
    (_, byte: string) => `\\x${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
