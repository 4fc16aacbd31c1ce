// Finds the BTF in the image of a kernel. Bytes only.
//
// The header is struct btf_header of linux/btf.h; that of a bzImage is in Documentation/arch/x86/boot.rst.
import { gunzipSync } from 'node:zlib'

/** Gives bytes to a program, and takes what it writes; undefined where there is no such program. */
export type Filter = (words: readonly string[], input: Uint8Array) => Buffer | undefined

/** How a kernel for x86 may be compressed, by its first bytes, and what undoes that. */
const PACKERS: readonly (readonly [start: string, words: readonly string[]])[] = [
  ['fd377a585a00', ['xz', '-dc']],
  ['28b52ffd', ['zstd', '-dc']],
  ['02214c18', ['lz4', '-dc']],
  ['5d0000', ['xz', '--format=lzma', '-dc']],
]

/** What a bzImage unpacks at boot; any other image as it is. */
export function uncompressed(filter: Filter, image: Buffer): Buffer {
  if (image.subarray(0x202, 0x206).toString('latin1') !== 'HdrS') return image
  const sectors = image.readUInt8(0x1f1)
  const start = ((sectors === 0 ? 4 : sectors) + 1) * 512 + image.readUInt32LE(0x248)
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c))
  if (payload[0] === 0x1f && payload[1] === 0x8b) return gunzipSync(payload.subarray(0, -4))
  const packer = PACKERS.find(([first]) => payload.toString('hex', 0, 8).startsWith(first))
  // Its last four bytes say how long it will be.
  return (packer && filter(packer[1], payload.subarray(0, -4))) ?? image
}

const MAGIC = Buffer.from([0x9f, 0xeb, 0x01, 0x00])
const HEADER = 24

/** The kernel's own types are megabytes; those of modules and small objects are not meant. */
const LEAST = 1 << 20

/** Undefined where there is none to be found. */
export function kernelBtf(image: Buffer): Buffer | undefined {
  for (let at = image.indexOf(MAGIC); at !== -1; at = image.indexOf(MAGIC, at + 1)) {
    const length = lengthOf(image, at)
    if (length !== undefined) return image.subarray(at, at + length)
  }
  return undefined
}

/** Undefined where this is not a header, or of less than a kernel's types. */
function lengthOf(image: Buffer, at: number): number | undefined {
  if (at + HEADER > image.length) return undefined
  const [header, types, typesLength, strings, stringsLength] = [4, 8, 12, 16, 20].map((offset) =>
    image.readUInt32LE(at + offset),
  ) as [number, number, number, number, number]
  const length = HEADER + strings + stringsLength
  const fits = types === 0 && strings === typesLength && at + length <= image.length
  return header === HEADER && fits && length >= LEAST ? length : undefined
}
