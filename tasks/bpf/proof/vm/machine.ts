// The virtual machines that guests run in, one for each architecture: which qemu, and how its ports are called.

/** What a guest is started with, and how it names its two serial ports. */
export interface Machine {
  /** The program that emulates it. */
  readonly program: string
  readonly arguments: readonly string[]
  /** The port of the kernel's console, and that of the results, by their names in the guest. */
  readonly console: string
  readonly results: string
  /** Words that give qemu both ports, each with what it writes to. */
  readonly ports: (console: string, results: string) => readonly string[]
  /** What `uname -m` says in it. */
  readonly name: string
  /** `e_machine` of its programs: elf(5). */
  readonly elf: number
  /** Debian's name of the architecture. */
  readonly debian: string
  /** Usual prefix of the tools that build for it elsewhere. */
  readonly cross: string
  /** Is this a kernel that qemu can boot? */
  readonly isImage: (bytes: Uint8Array) => boolean
}

const serial = (to: string): readonly string[] => ['-serial', to]

/** By the kernel's name of the architecture. */
export const machines: ReadonlyMap<string, Machine> = new Map([
  [
    'x86',
    {
      program: 'qemu-system-x86_64',
      arguments: ['-cpu', 'max'],
      console: 'ttyS0',
      results: 'ttyS1',
      ports: (console, results) => [...serial(console), ...serial(results)],
      name: 'x86_64',
      elf: 62,
      debian: 'amd64',
      cross: 'x86_64-linux-gnu-',
      // "HdrS" at 0x202: Documentation/arch/x86/boot.rst.
      isImage: (bytes) => textAt(bytes, 0x202, 4) === 'HdrS',
    },
  ],
  [
    'arm64',
    {
      program: 'qemu-system-aarch64',
      // A processor without pointer authentication, which takes long to emulate.
      arguments: ['-machine', 'virt', '-cpu', 'cortex-a72'],
      console: 'ttyAMA0',
      results: 'ttyS0',
      ports: (console, results) => [
        ...serial(console),
        ...['-chardev', results.replace(/^file:/, 'file,id=results,path=')],
        ...['-device', 'pci-serial,chardev=results'],
      ],
      name: 'aarch64',
      elf: 183,
      debian: 'arm64',
      cross: 'aarch64-linux-gnu-',
      // "ARM\x64" at 56: Documentation/arch/arm64/booting.rst. Or that, by gzip.
      isImage: (bytes) =>
        textAt(bytes, 56, 4) === 'ARMd' || (bytes[0] === 0x1f && bytes[1] === 0x8b),
    },
  ],
])

function textAt(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.subarray(start, start + length)).toString('latin1')
}
