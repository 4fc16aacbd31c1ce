// Finds the BTF in the image of a kernel that is not compressed, such as Debian's for arm64. Bytes only.
//
// The header is struct btf_header of linux/btf.h.

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
