// The edges that prove a tree's programs on kernels: kernels and what guests are made of, and a guest for each kernel.
import { machine as runsOn } from 'node:os'
import { posix } from 'node:path'
import { type Derived, derive, type Edge, edge, pool, tool } from '../../engine/index.ts'
import { type BpfObject, type Loader, pathOf, type SourceFile } from '../rules/index.ts'
import { ownProgram, startPath } from '../system/index.ts'
import { archOf } from '../toolchain/index.ts'
import { type BpfRules, type VerifyOptions, verifierWords } from '../tree/index.ts'
import {
  type Check,
  type Checked,
  caseCommand,
  caseJob,
  type ProofPrograms,
  VERIFY_JOB,
} from './cases/index.ts'
import type { Kernel } from './kernels.ts'
import type { GuestRunOptions } from './vm/index.ts'

/** The object of a tool, with what the tree says of its verification. */
export interface ToolObject {
  readonly tool: string
  readonly object: BpfObject
  readonly options: VerifyOptions
}

/** What guests prove. */
export interface Provable {
  readonly rules: BpfRules
  readonly programs: ProofPrograms
  /** What the verifier is asked about: objects of tools. */
  readonly objects: Derived<readonly ToolObject[]>
  /** What is run, each with its check. */
  readonly tools: Derived<readonly Checked[]>
  readonly triggers: readonly Loader[]
  readonly checks: Readonly<Record<string, Check>>
  readonly verify: Readonly<Record<string, VerifyOptions>>
}

/** The edges; each is made once, so that every output has one. */
export interface GuestEdges {
  /** A kernel's image. */
  readonly image: (kernel: Kernel) => SourceFile
  /** All that a guest of an architecture has. */
  readonly initramfs: (arch: string) => Edge
  /** The types of a kernel of Debian, for what is built for its architecture; undefined for files. */
  readonly types: (kernel: Kernel) => Edge | undefined
  /** One kernel booted, with its evidence. */
  readonly guest: (kernel: Kernel, options: GuestRunOptions) => Edge
}

const PARTS = [
  ...['accelerator', 'ancestors', 'cpio', 'debian', 'evidence', 'guest', 'initramfs', 'kernelbtf'],
  ...['machine', 'results'],
].map((name) => `tasks/bpf/proof/vm/${name}.ts`)
const program = ownProgram(['tasks/bpf/proof/vm/vmprogram.ts', ...PARTS])

const SETUP = 'npx tsx tasks.ts setup --vm --yes'

const busybox = tool({
  name: 'busybox',
  names: ['busybox'],
  version: { args: [], pattern: /^BusyBox v(\S+)/ },
  hint: SETUP,
})

const emulator = (name: string) =>
  tool({
    name,
    names: [name],
    version: { args: ['--version'], pattern: /version (\S+)/ },
    hint: SETUP,
  })
const emulators = {
  x86: emulator('qemu-system-x86_64'),
  arm64: emulator('qemu-system-aarch64'),
} as const

/** Of a guest, in MiB: its memory, and what qemu and the program that waits for it need. */
const guests = pool('guests', 64, { mebibytes: 768 })

export function guestEdges(parts: Provable): GuestEdges {
  const { out } = parts.rules
  const at = (path: string): string => posix.join(out, path)
  const once = onlyOnce()
  const proven = provenBy(parts)

  const fetched = ({ arch }: Kernel, version: string): Edge =>
    once(`${version}-${arch}`, () =>
      fromArchive(['kernel', version, arch], at(`kernels/${version}-${arch}/vmlinuz`)),
    )

  const edges: GuestEdges = {
    image: (kernel) =>
      'debian' in kernel.from ? fetched(kernel, kernel.from.debian) : kernel.from.file,
    types: (kernel) => {
      if (!('debian' in kernel.from)) return undefined
      const image = fetched(kernel, kernel.from.debian)
      const path = posix.join(posix.dirname(image.output.path), 'btf')
      return once(path, () =>
        edge({
          rule: 'BTF',
          outputs: [path],
          inputs: [image, program.inputs],
          command: [program.command, 'btf', image.output, path],
        }),
      )
    },
    initramfs: (arch) =>
      once(`initramfs ${arch}`, () => {
        const path = at(`proof/${arch}/initramfs`)
        const tools = arch === archOf(runsOn()) ? busybox : fetchedBusybox(arch)
        const plan = derive([proven], ({ files, jobs, objects, tools }) =>
          JSON.stringify({ arch, files, jobs, proven: { objects, tools } }),
        )
        return edge({
          rule: 'CPIO',
          outputs: [path, at(`proof/${arch}/proven.json`)],
          inputs: [
            derive([proven], ({ inputs }) => inputs),
            tools.kind === 'edge' ? tools : [],
            program.inputs,
          ],
          command: [
            program.command,
            'pack',
            plan,
            tools.kind === 'edge' ? tools.output : tools,
            path,
          ],
        })
      }),
    guest: (kernel, options) =>
      once(`guest ${kernel.name} ${JSON.stringify(options)}`, () => guestEdge(kernel, options)),
  }

  const fetchedBusybox = (arch: string): Edge =>
    once(`busybox ${arch}`, () =>
      fromArchive(['busybox', arch], at(`kernels/busybox-${arch}/busybox`)),
    )

  const guestEdge = (kernel: Kernel, { seconds, accelerator }: GuestRunOptions): Edge => {
    const { name, arch, modules, hidesBtf } = kernel
    const btf = kernel.btf?.(edges.types(kernel))
    const evidence = at(`proof/${name}/evidence.json`)
    const console = at(`proof/${name}/console.log`)
    const image = edges.image(kernel)
    const initramfs = edges.initramfs(arch)
    const plan = JSON.stringify({
      arch,
      image: pathOf(image),
      ...(modules.length === 0 ? {} : { modules: modules.map(pathOf) }),
      ...(hidesBtf ? { hidesBtf } : {}),
      ...(btf === undefined ? {} : { btf: pathOf(btf) }),
      seconds,
      ...(accelerator === undefined ? {} : { accelerator }),
    })
    const qemu = emulators[arch as keyof typeof emulators]
    return edge({
      rule: 'VM',
      outputs: [evidence, console],
      inputs: [image, initramfs, modules, btf ?? [], program.inputs],
      command: [program.command, 'boot', plan, initramfs.outputs, evidence, console, qemu],
      cache: true,
      pool: guests,
      // Its rooms are large: they are loaded when a guest has run.
      judge: async (find) => {
        const { judgeGuest } = await import('./vm/index.ts')
        const { checks, verify } = parts
        return judgeGuest({ name, arch }, find(evidence), { checks, verify, root: find('.') })
      },
    })
  }
  return edges
}

/** A file of Debian's archive, with where it is from beside it. */
function fromArchive(what: readonly string[], path: string): Edge {
  return edge({
    rule: 'KERNEL',
    outputs: [path, `${path}.origin.json`],
    command: [program.command, ...what, path],
    cache: true,
  })
}

/** What a guest has and does, as data, with the edges that make it. */
interface Proven {
  /** By their paths in the guest, which are those that they have here. */
  readonly files: readonly { readonly path: string; readonly from: string }[]
  readonly jobs: readonly { readonly name: string; readonly words: readonly string[] }[]
  readonly objects: readonly { readonly tool: string; readonly path: string }[]
  readonly tools: readonly { readonly name: string; readonly cases: readonly string[] }[]
  readonly inputs: readonly Edge[]
}

/** Programs are linked statically: a guest has no libraries. */
function provenBy({ rules, programs, triggers, ...parts }: Provable): Derived<Proven> {
  return derive([parts.objects, parts.tools], (objects, tools) => {
    const loaders = [programs.verify, programs.runcase, ...triggers]
    const all = new Set([...loaders, ...tools.map(({ loader }) => loader)])
    const twins = [...all].map((program) => ({ program, twin: rules.staticTwin(program) }))
    const proven = objects.map(({ tool, object, options }) => {
      const { path } = object.output
      return { tool, path, words: verifierWords(path, options) }
    })
    return {
      files: [
        ...twins.map(({ program, twin }) => ({
          path: program.output.path,
          from: twin.output.path,
        })),
        ...proven.map(({ path }) => ({ path, from: path })),
      ],
      jobs: [
        {
          name: VERIFY_JOB,
          words: [startPath(programs.verify), ...proven.flatMap(({ words }) => words)],
        },
        ...tools.flatMap((tool) =>
          tool.check.cases.map((one, at) => ({
            name: caseJob(tool.name, at),
            words: caseCommand(programs.runcase, tool, one, '/sys/kernel/tracing/trace_pipe'),
          })),
        ),
      ],
      objects: proven.map(({ tool, path }) => ({ tool, path })),
      tools: tools.map(({ name, check }) => ({
        name,
        cases: check.cases.map((one) => one.name),
      })),
      inputs: [...twins.map(({ twin }) => twin), ...objects.map(({ object }) => object)],
    }
  })
}

function onlyOnce(): (key: string, make: () => Edge) => Edge {
  const made = new Map<string, Edge>()
  return (key, make) => {
    const known = made.get(key) ?? make()
    made.set(key, known)
    return known
  }
}
