// What is in a BPF object, as tables for the report: its programs and its maps. Pure.
import type { Details } from '../../engine/index.ts'
import { readElf } from '../bindings/index.ts'
import { mapSizes } from './mapsizes.ts'

const EM_BPF = 247
const SHF_EXECINSTR = 4
const STT_FUNC = 2
/** struct bpf_insn is of 8 bytes. */
const INSTRUCTION = 8

/** Undefined for what is no BPF object. */
export function describeObject(path: string, bytes: Buffer): readonly Details[] | undefined {
  const elf = path.endsWith('.o') ? readElf(bytes) : undefined
  if (elf === undefined || elf.machine !== EM_BPF) return undefined
  const programs = elf.symbols.flatMap(({ name, type, section, size }) => {
    const home = elf.sections[section]
    if (type !== STT_FUNC || home === undefined || (home.flags & SHF_EXECINSTR) === 0) return []
    return [[name, home.name, size / INSTRUCTION]]
  })
  const data = elf.sections
    .filter(({ name, size }) => /^\.(data|rodata|bss)/.test(name) && size > 0)
    .map(({ name, size }) => [name, 'array', 4, size, 1])
  const maps = mapSizes(elf).map(({ name, type, key, value, entries }) => [
    name,
    type,
    key ?? '–',
    value ?? '–',
    entries ?? '–',
  ])
  return [
    { title: 'Programs', columns: ['program', 'section', 'instructions'], rows: programs },
    ...(maps.length + data.length === 0
      ? []
      : [
          {
            title: 'Maps',
            columns: ['map', 'type', 'key bytes', 'value bytes', 'entries'],
            rows: [...maps, ...data],
          },
        ]),
  ]
}
