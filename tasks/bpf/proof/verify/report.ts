// What verify.c says of a kernel and some objects, as values with a verdict for each program.
import { basename } from 'node:path/posix'
import { jsonLines, listOf, numberOf, type Said, textOf } from '../../system/index.ts'
import type { SourceLine } from '../verdict/index.ts'
import { helperFeature, mapFeature, programFeature, sectionFeature } from './features.ts'
import { hintFor } from './hint.ts'
import { type Figures, figuresOf, type Objection, objectionOf, type Place } from './verifierlog.ts'

export interface Report {
  /** What `uname -r` says; undefined where the program did not get to that. */
  readonly release: string | undefined
  /** What `uname -m` says. */
  readonly machine: string
  readonly programs: readonly VerifiedProgram[]
  readonly maps: readonly VerifiedMap[]
  /** Programs that were not loaded, as it was asked. */
  readonly leftOut: readonly Pick<VerifiedProgram, 'object' | 'name' | 'section'>[]
  /** True when the last line has come. */
  readonly complete: boolean
}

export type Verdict =
  | { readonly kind: 'ok' }
  /** The verifier, or libbpf before it, refuses this program. */
  | {
      readonly kind: 'rejected'
      readonly reason: string
      /** `file:line  text`, as far as it is known. */
      readonly at: string | undefined
      /** The same for programs, the first where it may be several. */
      readonly place: SourceLine | undefined
      readonly excerpt: readonly string[]
      readonly hint: string | undefined
    }
  /** This kernel lacks something; nothing is said of the program. */
  | { readonly kind: 'unsupported'; readonly feature: string }
  /** The kernel lets us load nothing at all. */
  | { readonly kind: 'denied'; readonly reason: string }

export interface VerifiedProgram {
  readonly object: string
  readonly name: string
  readonly section: string
  readonly type: string
  readonly instructions: number
  readonly figures: Figures
  /** Of loading the whole object with this program alone, in milliseconds. */
  readonly loadMs: number
  readonly verdict: Verdict
  /** Where it begins in its source; undefined where the object does not say. */
  readonly begins: SourceLine | undefined
}

export interface VerifiedMap {
  readonly object: string
  readonly name: string
  readonly type: string
  readonly maxEntries: number
  /** Bytes; null where the kernel does not tell. */
  readonly memory: number | null
}

/** @throws UserError where it is of another version of the program */
export function readReport(text: string): Report {
  const lines = jsonLines(text)
  const ofType = (type: string): Said[] => lines.filter((line) => line['type'] === type)
  const [kernel] = ofType('kernel')
  const release = kernel === undefined ? undefined : textOf(kernel, 'release')
  return {
    release,
    machine: kernel === undefined ? '' : textOf(kernel, 'machine'),
    programs: [
      ...ofType('program').map((said) => programOf(said, release ?? '')),
      ...ofType('no-object').map(noObject),
    ],
    maps: ofType('map').map(mapOf),
    leftOut: ofType('left-out').map((said) => ({
      object: textOf(said, 'object'),
      name: textOf(said, 'program'),
      section: textOf(said, 'section'),
    })),
    complete: ofType('end').length > 0,
  }
}

function programOf(said: Said, release: string): VerifiedProgram {
  return {
    object: textOf(said, 'object'),
    name: textOf(said, 'program'),
    section: textOf(said, 'section'),
    type: textOf(said, 'program_type'),
    instructions: numberOf(said, 'instructions'),
    figures: figuresOf(textOf(said, 'log')),
    loadMs: numberOf(said, 'load_us') / 1000,
    verdict: 'errno' in said ? failureOf(said, release) : { kind: 'ok' },
    begins: lineOf(said),
  }
}

function mapOf(said: Said): VerifiedMap {
  const { memory } = said
  return {
    object: textOf(said, 'object'),
    name: textOf(said, 'map'),
    type: textOf(said, 'map_type'),
    maxEntries: numberOf(said, 'max_entries'),
    memory: typeof memory === 'number' ? memory : null,
  }
}

/** A file that is not a BPF object counts as a program that is rejected. */
function noObject(said: Said): VerifiedProgram {
  const object = textOf(said, 'object')
  return {
    object,
    name: basename(object),
    section: '',
    type: '',
    instructions: 0,
    figures: figuresOf(''),
    loadMs: 0,
    verdict: {
      kind: 'rejected',
      reason: `it is not a BPF object: ${textOf(said, 'error')}`,
      at: undefined,
      place: undefined,
      excerpt: warnings(textOf(said, 'libbpf')),
      hint: undefined,
    },
    begins: undefined,
  }
}

const EPERM = 1
const ENOSYS = 38

function failureOf(said: Said, release: string): Verdict {
  const type = textOf(said, 'program_type')
  const errno = numberOf(said, 'errno')
  const libbpf = textOf(said, 'libbpf')
  const objection = objectionOf(textOf(said, 'log'))
  if (errno === ENOSYS) return { kind: 'denied', reason: 'this kernel has no bpf(2)' }
  const feature = missingFeature(said, libbpf, objection, release)
  if (feature !== undefined) return { kind: 'unsupported', feature }
  if (objection === undefined && errno === EPERM) {
    return { kind: 'denied', reason: `bpf(2): ${textOf(said, 'error')}` }
  }
  if (objection === undefined) {
    const said = warnings(libbpf)
    const reason = said[0] ?? `programs of type ${type} cannot be loaded`
    const nowhere = { at: undefined, place: undefined }
    return { kind: 'rejected', reason, ...nowhere, excerpt: said, hint: hintFor(libbpf) }
  }
  const { reason, place, excerpt } = objection
  const lines = place === undefined ? [] : linesOf(place, listOf(said, 'lines'))
  const at = place === undefined ? undefined : placeText(place, lines)
  return { kind: 'rejected', reason, at, place: lines[0], excerpt, hint: hintFor(reason) }
}

/** What this kernel lacks that the program is made for. */
function missingFeature(
  said: Said,
  libbpf: string,
  objection: Objection | undefined,
  release: string,
): string | undefined {
  const target = /failed to find kernel BTF type ID of '([^']+)'/.exec(libbpf)?.[1]
  if (target !== undefined) return `a function ${target} to attach to`
  if (/failed to (?:load|find valid) kernel BTF|BTF is required/.test(libbpf)) {
    return 'BTF (CONFIG_DEBUG_INFO_BTF)'
  }
  const symbol = /extern \(\w+ ksym\) '([^']+)': (?:not found|not resolved)/.exec(libbpf)?.[1]
  if (symbol !== undefined) return `a symbol ${symbol}`
  const [map] = listOf(said, 'missing_maps')
  if (map !== undefined) return mapFeature(textOf(map, 'map_type'), release)
  const helper = /^invalid func unknown#(\d+)$/.exec(objection?.reason ?? '')?.[1]
  if (helper !== undefined && helper !== FAILED_RELOCATION) {
    const name = said['helper']
    return helperFeature(Number(helper), typeof name === 'string' ? name : undefined, release)
  }
  // Where libbpf itself gave up, the kernel was not asked.
  const refused = libbpf.includes('BPF program load failed')
  if (objection !== undefined || !refused) return undefined
  if (said['type_known'] === 0) return programFeature(textOf(said, 'program_type'), release)
  return sectionFeature(textOf(said, 'section'), release)
}

/** What libbpf puts in the place of an instruction whose CO-RE relocation failed: 0xbad2310. */
const FAILED_RELOCATION = '195896080'

/** The lines of the object's own table that have this text: older kernels give no more than the text. */
function linesOf(place: Place, lines: readonly Said[]): SourceLine[] {
  return lines
    .filter(
      (line) =>
        line['text'] === place.text && (place.line === undefined || line['line'] === place.line),
    )
    .flatMap((line) => lineOf(line) ?? [])
}

function placeText({ file, line, text }: Place, lines: readonly SourceLine[]): string {
  const [first] = lines
  if (first === undefined) {
    const where = file === undefined ? '' : `${file}:${line}  `
    return `${where}${text}`
  }
  const numbers = [...new Set(lines.map((one) => one.line))]
  return `${first.file}:${numbers.join(' or ')}  ${text}`
}

function lineOf(said: Said): SourceLine | undefined {
  const { file, line } = said
  if (typeof file !== 'string' || typeof line !== 'number' || line === 0) return undefined
  return { file, line }
}

/** libbpf's own sentences, without its name and what follows from them. */
function warnings(libbpf: string): string[] {
  return libbpf
    .split('\n')
    .map((line) => line.replace(/^libbpf: /, ''))
    .filter((line) => line !== '' && !/^failed to load object|: failed to load: -\d+$/.test(line))
}
