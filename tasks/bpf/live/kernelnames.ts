// What a name stands for in the vmlinux.h of a kernel, by the kernel's BTF: then no function of a program can
// have it. Reads bytes only.
//
// Documentation/bpf/btf.rst; vmlinux.h has every type, every constant of an enum, and the kfuncs.

/** What a C compiler would call it. */
export type KernelName = 'a type' | 'a constant' | 'a function'

const MAGIC = 0xeb9f
const KIND = { enum: 6, typedef: 8, func: 12, declTag: 17, enum64: 19 } as const
/** Bytes after the twelve of a type, for kinds with a fixed number: int, array, var, decl tag. */
const EXTRA: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 }
/** The same for each member of struct, union, enum, function type, section and enum64. */
const EACH: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 }
/** How the kernel marks the functions that programs may call. */
const KFUNC = 'bpf_kfunc'

/**
 * @param btf the content of /sys/kernel/btf/vmlinux
 * @returns undefined where the name is free, and where this is no BTF
 */
export function kernelName(btf: Buffer, name: string): KernelName | undefined {
  if (btf.length < 24) return undefined
  const isLittle = btf.readUInt16LE(0) === MAGIC
  if (!isLittle && btf.readUInt16BE(0) !== MAGIC) return undefined
  const u32 = (bytes: Buffer, at: number): number =>
    isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
  const header = u32(btf, 4)
  const types = btf.subarray(header + u32(btf, 8)).subarray(0, u32(btf, 12))
  const strings = btf.subarray(header + u32(btf, 16)).subarray(0, u32(btf, 20))
  // Strings are there once, so that a name is known by where it begins.
  const [own, kfunc] = [offsetOf(strings, name), offsetOf(strings, KFUNC)]
  if (own === undefined) return undefined
  const functions = new Set<number>()
  let number = 0
  for (let at = 0; at + 12 <= types.length; ) {
    number++
    const info = u32(types, at + 4)
    const [kind, count] = [(info >>> 24) & 31, info & 0xffff]
    const isNamed = u32(types, at) === own
    const each = EACH[kind] ?? 0
    const members = at + 12 + (EXTRA[kind] ?? 0)
    if (isNamed && kind === KIND.typedef) return 'a type'
    if (isNamed && kind === KIND.func) functions.add(number)
    if (kind === KIND.enum || kind === KIND.enum64) {
      for (let member = 0; member < count; member++)
        if (u32(types, members + member * each) === own) return 'a constant'
    }
    // A tag comes after what it is of.
    const isKfunc = kind === KIND.declTag && u32(types, at) === kfunc
    if (isKfunc && functions.has(u32(types, at + 8))) return 'a function'
    at = members + count * each
  }
  return undefined
}

function offsetOf(strings: Buffer, text: string): number | undefined {
  const at = strings.indexOf(`\0${text}\0`, 0, 'latin1')
  return at === -1 ? undefined : at + 1
}
