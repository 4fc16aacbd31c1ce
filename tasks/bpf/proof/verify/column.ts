// A report of verify.c, and what the tree declares, as the findings of one kernel.
import { basename } from 'node:path/posix'
import type { BpfObject, Loader } from '../../rules/index.ts'
import { startPath } from '../../system/index.ts'
import { type VerifyOptions, verifierWords } from '../../tree/index.ts'
import type { Finding, KernelFindings, SourceLine } from '../verdict/index.ts'
import { withExpectation } from './expectation.ts'
import type { Report, VerifiedProgram } from './report.ts'

/** An object to verify, with whose it is. */
export interface Verified {
  readonly tool: string
  /** By which the verifier finds it. */
  readonly path: string
  readonly options: VerifyOptions
}

/** The object of a tool of the tree. */
export function verifiedTool(tool: string, object: BpfObject, options: VerifyOptions): Verified {
  return { tool, path: object.output.path, options }
}

/** An object by its path alone: its file's name stands for its tool. */
export function verifiedFile(path: string): Verified {
  return { tool: toolOfFile(path), path, options: {} }
}

function toolOfFile(path: string): string {
  return basename(path).replace(/(\.bpf)?\.o$/, '')
}

/** The words by which the verifier is started. */
export function verifyWords(verifier: Loader, objects: readonly Verified[]): readonly string[] {
  return [
    startPath(verifier),
    ...objects.flatMap(({ path, options }) => verifierWords(path, options)),
  ]
}

/** How findings are judged and shown. */
export interface ColumnOptions {
  readonly by: KernelFindings['by']
  /** The other machine, where it is one. */
  readonly host?: string
  /** Wall time in milliseconds. */
  readonly ms: number
  /** Absolute; files in there are shown by their relative paths. */
  readonly root: string
  /** What is unsupported has to be declared. */
  readonly strict?: boolean
}

/** @throws UserError where a program is declared that an object does not have */
export function columnOf(
  report: Report,
  objects: readonly Verified[],
  { by, host, ms, root, strict = false }: ColumnOptions,
): KernelFindings {
  const release = report.release ?? 'unknown'
  const tools = new Map(objects.map((one) => [one.path, one.tool]))
  const toolOf = (path: string): string => tools.get(path) ?? toolOfFile(path)
  const findings = objects.flatMap(({ tool, path, options }) => {
    const own = [
      ...report.programs
        .filter(({ object }) => object === path)
        .map((program) => findingOf(program, tool, root)),
      ...report.leftOut
        .filter(({ object }) => object === path)
        .map(({ name }): Finding => leftOut(tool, name)),
    ]
    return withExpectation(tool, own, options, release, strict)
  })
  return {
    kernel: release,
    machine: report.machine,
    by,
    ...(host === undefined ? {} : { host }),
    ms,
    findings,
    maps: report.maps.map(({ object, name, memory }) => ({ tool: toolOf(object), name, memory })),
  }
}

function leftOut(tool: string, name: string): Finding {
  const why = 'its loader does not load it (autoload)'
  return { kind: 'verify', tool, name, outcome: 'left out', expected: true, why, ms: 0 }
}

function findingOf(program: VerifiedProgram, tool: string, root: string): Finding {
  const { name, instructions, figures, loadMs, verdict, begins } = program
  const { verified, peakStates, stack } = figures
  const whole = stack?.reduce((sum, bytes) => sum + bytes, 0) ?? null
  const place = verdict.kind === 'rejected' ? (verdict.place ?? begins) : begins
  const at = place === undefined ? {} : { at: placeIn(place, root) }
  const common = { kind: 'verify', tool, name, ms: loadMs, ...at } as const
  switch (verdict.kind) {
    case 'ok': {
      const counted = { instructions, verified, peakStates, stack: whole }
      return { ...common, outcome: 'ok', expected: true, figures: counted }
    }
    case 'unsupported':
      return { ...common, outcome: 'unsupported', expected: true, why: verdict.feature }
    case 'rejected': {
      const { reason, excerpt, hint } = verdict
      const more = { log: excerpt, ...(hint === undefined ? {} : { hint }) }
      return { ...common, outcome: 'rejected', expected: false, why: reason, ...more }
    }
    case 'denied':
      return { ...common, outcome: 'failed', expected: false, why: verdict.reason }
    default:
      return verdict satisfies never
  }
}

/** `/proc/self/cwd` is the root's name in what was compiled there. */
export function placeIn({ file, line }: SourceLine, root: string): SourceLine {
  return { file: fileIn(file, root), line }
}

export function fileIn(file: string, root: string): string {
  return file.replace(`${root}/`, '').replace(/^\/proc\/self\/cwd\//, '')
}
