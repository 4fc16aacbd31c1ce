// Sections and symbols of a relocatable ELF file of 64 bits, as far as BPF objects need. Pure.
//
// elf(5); System V ABI, chapter 4.

export interface Section {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly bytes: Buffer
  readonly size: number
}

export interface Symbol {
  readonly name: string
  /** STT_OBJECT 1, STT_FUNC 2. */
  readonly type: number
  readonly section: number
  readonly value: number
  readonly size: number
}

export interface Elf {
  readonly bigEndian: boolean
  readonly machine: number
  readonly sections: readonly Section[]
  readonly symbols: readonly Symbol[]
}

const SHT_SYMTAB = 2
const SHT_NOBITS = 8

/** Undefined for what is no such file, or a damaged one. */
export function readElf(file: Buffer): Elf | undefined {
  const isElf64 = file.length >= 64 && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2
  if (!isElf64) return undefined
  try {
    return parse(file)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function parse(file: Buffer): Elf {
  const bigEndian = file[5] === 2
  const u16 = (at: number): number => (bigEndian ? file.readUInt16BE(at) : file.readUInt16LE(at))
  const u32 = (at: number): number => (bigEndian ? file.readUInt32BE(at) : file.readUInt32LE(at))
  const u64 = (at: number): number =>
    Number(bigEndian ? file.readBigUInt64BE(at) : file.readBigUInt64LE(at))
  const table = u64(40)
  const [entry, count, nameSection] = [u16(58), u16(60), u16(62)]
  const raw = Array.from({ length: count }, (_, index) => {
    const at = table + index * entry
    const [type, offset, size] = [u32(at + 4), u64(at + 24), u64(at + 32)]
    const bytes = type === SHT_NOBITS ? Buffer.alloc(0) : file.subarray(offset, offset + size)
    return { nameAt: u32(at), type, flags: u64(at + 8), offset, size, link: u32(at + 40), bytes }
  })
  const names = raw[nameSection]?.bytes ?? Buffer.alloc(0)
  const symbols = raw
    .filter(({ type }) => type === SHT_SYMTAB)
    .flatMap(({ offset, size, link }) =>
      Array.from({ length: Math.floor(size / 24) }, (_, index): Symbol => {
        const at = offset + index * 24
        return {
          name: textAt(raw[link]?.bytes ?? Buffer.alloc(0), u32(at)),
          type: file.readUInt8(at + 4) & 15,
          section: u16(at + 6),
          value: u64(at + 8),
          size: u64(at + 16),
        }
      }),
    )
  const sections = raw.map(({ nameAt, type, flags, bytes, size }) => ({
    name: textAt(names, nameAt),
    type,
    flags,
    bytes,
    size,
  }))
  return { bigEndian, machine: u16(18), sections, symbols }
}

/** The text up to the next NUL byte. */
export function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end === -1 ? bytes.length : end)
}
