// The machines of Go, as GOARCH names them: which of several files of an object each of them builds.

/**
 * Those that a file is for: `little` and `big` are all of one byte order; the others are GOARCH, as of bpf2go's `-target`.
 * @example
 * const machines: readonly GoMachines[] = ['amd64', 'arm64']
 */
export type GoMachines = keyof typeof files

/** What a file of such an object has in its name, and in its build constraint. */
interface GoFileOf {
  readonly ending: string
  readonly constraint: string
}

/** The names and constraints are those that bpf2go gives. */
const files = {
  little: {
    ending: 'bpfel',
    constraint:
      '386 || amd64 || arm || arm64 || loong64 || mips64le || mipsle || ppc64le || riscv64 || wasm',
  },
  big: {
    ending: 'bpfeb',
    constraint: 'armbe || arm64be || mips || mips64 || ppc64 || s390 || s390x || sparc || sparc64',
  },
  '386': { ending: 'x86_bpfel', constraint: '386 || amd64' },
  amd64: { ending: 'x86_bpfel', constraint: '386 || amd64' },
  arm: { ending: 'arm_bpfel', constraint: 'arm' },
  arm64: { ending: 'arm64_bpfel', constraint: 'arm64' },
  loong64: { ending: 'loongarch_bpfel', constraint: 'loong64' },
  ppc64: { ending: 'powerpc_bpfeb', constraint: 'ppc64' },
  ppc64le: { ending: 'powerpc_bpfel', constraint: 'ppc64le' },
  riscv64: { ending: 'riscv_bpfel', constraint: 'riscv64' },
  s390x: { ending: 's390_bpfeb', constraint: 's390x' },
} as const satisfies Record<string, GoFileOf>

/** Their names. */
export const goMachines = Object.keys(files) as readonly GoMachines[]

/** @param machines undefined: all, by one file */
export function goFileOf(machines: GoMachines | undefined): GoFileOf {
  return machines === undefined ? { ending: 'bpf', constraint: '' } : files[machines]
}
