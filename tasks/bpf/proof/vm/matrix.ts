// Kernels × programs as a table: what each kernel said of each program and check.
import type { Column, Event, Row, Tone } from '../../../engine/index.ts'
import { type Judged, judgementWord } from '../check/index.ts'
import { type Report, verdictWord } from '../verify/index.ts'

/** All that one kernel showed. */
export interface KernelProof {
  /** What it calls itself, or how it was asked for where it did not get to say so. */
  readonly kernel: string
  /** How it was run: tcg, kvm, or here. */
  readonly by: string
  readonly ms: number
  readonly report: Report | undefined
  readonly judged: readonly Judged[]
  readonly problem: { readonly what: string; readonly console: string } | undefined
}

const tones: Readonly<Record<string, Tone>> = {
  OK: 'good',
  rejected: 'bad',
  failed: 'bad',
  denied: 'bad',
  not: 'doubtful',
}

export function matrix(proofs: readonly KernelProof[]): Event {
  const columns: Column[] = [
    { key: 'what', title: 'program' },
    ...proofs.map(({ kernel }) => ({ key: kernel, title: kernel, tones })),
  ]
  return { type: 'table', name: 'matrix', columns, rows: rowsOf(proofs) }
}

function rowsOf(proofs: readonly KernelProof[]): Row[] {
  const rows = new Map<string, Record<string, unknown>>()
  const put = (what: string, kernel: string, cell: unknown): void => {
    const row = rows.get(what) ?? { what }
    row[kernel] = cell
    rows.set(what, row)
  }
  for (const proof of proofs) put('how it ran', proof.kernel, howItRan(proof))
  for (const { kernel, report } of proofs) {
    for (const program of report?.programs ?? []) {
      const { verified } = program.figures
      const figures =
        program.verdict.kind === 'ok' && verified !== null ? `, ${verified} insns` : ''
      put(`verify ${program.name}`, kernel, `${verdictWord(program)}${figures}`)
    }
  }
  for (const { kernel, judged } of proofs) {
    for (const { tool, case: name, judgement } of judged) {
      put(`check ${tool}: ${name}`, kernel, judgementWord(judgement))
    }
  }
  return [...rows.values()]
}

function howItRan({ by, ms, problem }: KernelProof): string {
  return `${problem === undefined ? '' : 'failed, '}${by}, ${(ms / 1000).toFixed(0)} s`
}
