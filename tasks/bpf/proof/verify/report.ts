// What verify.c told of a kernel and some objects, as values with a verdict for each program.
import { basename } from 'node:path/posix'
import { jsonLines, listOf, numberOf, type Said, textOf } from '../../system/index.ts'
import { hintFor } from './hint.ts'
import { type Figures, figuresOf, type Objection, objectionOf, type Place } from './verifierlog.ts'

export interface Report {
  /** What `uname -r` says; undefined where the program did not get to that. */
  readonly release: string | undefined
  readonly programs: readonly VerifiedProgram[]
  readonly maps: readonly VerifiedMap[]
  /** True when the last line was told. */
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
  return {
    release: kernel === undefined ? undefined : textOf(kernel, 'release'),
    programs: [...ofType('program').map(programOf), ...ofType('no-object').map(noObject)],
    maps: ofType('map').map(mapOf),
    complete: ofType('end').length > 0,
  }
}

function programOf(said: Said): VerifiedProgram {
  return {
    object: textOf(said, 'object'),
    name: textOf(said, 'program'),
    section: textOf(said, 'section'),
    type: textOf(said, 'program_type'),
    instructions: numberOf(said, 'instructions'),
    figures: figuresOf(textOf(said, 'log')),
    loadMs: numberOf(said, 'load_us') / 1000,
    verdict: 'errno' in said ? failureOf(said) : { kind: 'ok' },
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

/** A file that is no BPF object counts as a program that is rejected. */
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
      reason: `it is no BPF object: ${textOf(said, 'error')}`,
      at: undefined,
      excerpt: warnings(textOf(said, 'libbpf')),
      hint: undefined,
    },
  }
}

const EPERM = 1
const ENOSYS = 38

function failureOf(said: Said): Verdict {
  const type = textOf(said, 'program_type')
  const errno = numberOf(said, 'errno')
  const libbpf = textOf(said, 'libbpf')
  const objection = objectionOf(textOf(said, 'log'))
  if (errno === ENOSYS) return { kind: 'denied', reason: 'this kernel has no bpf(2)' }
  const feature = missingFeature(said, libbpf, objection)
  if (feature !== undefined) return { kind: 'unsupported', feature }
  if (objection === undefined && errno === EPERM) {
    return { kind: 'denied', reason: `bpf(2): ${textOf(said, 'error')}` }
  }
  if (objection === undefined) {
    const said = warnings(libbpf)
    const reason = said[0] ?? `programs of type ${type} cannot be loaded`
    return { kind: 'rejected', reason, at: undefined, excerpt: said, hint: hintFor(libbpf) }
  }
  const { reason, place, excerpt } = objection
  const at = place === undefined ? undefined : placeText(place, listOf(said, 'lines'))
  return { kind: 'rejected', reason, at, excerpt, hint: hintFor(reason) }
}

/** What this kernel lacks that the program is made for. */
function missingFeature(
  said: Said,
  libbpf: string,
  objection: Objection | undefined,
): string | undefined {
  const target = /failed to find kernel BTF type ID of '([^']+)'/.exec(libbpf)?.[1]
  if (target !== undefined) return `it has no function ${target} to attach to`
  if (/failed to (?:load|find valid) kernel BTF|BTF is required/.test(libbpf)) {
    return 'it has no BTF (CONFIG_DEBUG_INFO_BTF)'
  }
  const symbol = /extern \(\w+ ksym\) '([^']+)': (?:not found|not resolved)/.exec(libbpf)?.[1]
  if (symbol !== undefined) return `it has no symbol ${symbol}`
  const [map] = listOf(said, 'missing_maps')
  if (map !== undefined) return `it has no maps of type ${textOf(map, 'map_type')}`
  const helper = /^invalid func unknown#(\d+)$/.exec(objection?.reason ?? '')?.[1]
  if (helper !== undefined && helper !== '195896080') return `it has no helper number ${helper}`
  // Where libbpf itself gave up, the kernel was not asked.
  const refused = libbpf.includes('BPF program load failed')
  if (objection === undefined && refused && said['type_known'] === 0) {
    return `it loads no programs of type ${textOf(said, 'program_type')}`
  }
  return undefined
}

/** Adds what the object's own line table knows: older kernels tell no more than the text. */
function placeText(place: Place, lines: readonly Said[]): string {
  const same = lines.filter(
    (line) =>
      line['text'] === place.text && (place.line === undefined || line['line'] === place.line),
  )
  const [first] = same
  if (first === undefined) {
    const where = place.file === undefined ? '' : `${place.file}:${place.line}  `
    return `${where}${place.text}`
  }
  const numbers = [...new Set(same.map((line) => numberOf(line, 'line')))]
  return `${textOf(first, 'file')}:${numbers.join(' or ')}  ${place.text}`
}

/** libbpf's own sentences, without its name and what follows from them. */
function warnings(libbpf: string): string[] {
  return libbpf
    .split('\n')
    .map((line) => line.replace(/^libbpf: /, ''))
    .filter((line) => line !== '' && !/^failed to load object|: failed to load: -\d+$/.test(line))
}
