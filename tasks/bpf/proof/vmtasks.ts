// The tasks that prove a tree's programs on other kernels. Their bodies are loaded when they run.
import * as fs from 'node:fs'
import {
  derive,
  type Edge,
  type Input,
  type Task,
  type TaskContext,
  type Tasks,
  task,
  taskFamily,
  UserError,
} from '../../engine/index.ts'
import { archOf, settings } from '../toolchain/index.ts'
import { isVersion, type Kernel, kernels as kernelsOf } from './kernels.ts'
import type { GuestRunOptions, Proving } from './vm/index.ts'
import { guestEdges, type Provable } from './vmedges.ts'

const ARGUMENTS = '[--kernel 6.12|NAME|FILE]… [--accel kvm|tcg] [--seconds N]'

/** Each kernel is given so long, in seconds. */
const USUAL_RUN: GuestRunOptions = { seconds: 170, accelerator: undefined }

/** Those of Debian's releases that most users have. */
const USUAL = { debian: ['6.1', '6.12'] } as const

/**
 * @param declared the kernels of the tree; undefined: it names none
 * @returns the tasks, and what they make, for `clean`
 */
export function vmTasks(
  parts: Provable,
  declared: readonly Kernel[] | undefined,
): { readonly tasks: Tasks; readonly made: readonly Input[] } {
  const kernels = declared ?? kernelsOf(USUAL)
  const edges = guestEdges(parts)
  const proving: Proving<Kernel> = {
    ...{ kernels, ...edges, usual: USUAL_RUN },
    named: (text) => named(text, kernels),
    judging: { checks: parts.checks, verify: parts.verify },
    arch: parts.rules.arch,
    usesTypesOfHere: derive([parts.rules.vmlinux], isTypesOfHere),
  }
  const member = (about: string, some?: readonly Kernel[]): Task =>
    task(
      about,
      [],
      async (context: TaskContext) => (await import('./vm/index.ts')).vm(context, proving, some),
      { heedsDryRun: true, arguments: ARGUMENTS },
    )
  return {
    tasks: {
      vm: member('Verify and check on other kernels, in virtual machines'),
      'vm:KERNEL': taskFamily(
        'Verify and check on KERNEL, in a virtual machine',
        derive([], () => kernels.map(({ name }) => name).sort()),
        (name) =>
          member(
            `Verify and check on ${name}, in a virtual machine`,
            kernels.filter((kernel) => kernel.name === name),
          ),
      ),
      'vm:shell': task(
        'Open a shell on another kernel, in a virtual machine',
        [],
        async (context) => (await import('./vm/index.ts')).vmShell(context, proving),
        { heedsDryRun: true, arguments: '[--kernel 6.12|NAME|FILE] [--accel kvm|tcg]' },
      ),
    },
    made: kernels.map((kernel) => edges.guest(kernel, USUAL_RUN)),
  }
}

/** @throws UserError for what is neither a kernel of the tree, nor a version, nor a file */
function named(text: string, kernels: readonly Kernel[]): readonly Kernel[] {
  const known = kernels.filter(({ name }) => name === text)
  if (known.length > 0) return known
  const [, version = '', arch] = /^([\d.]+?)(?:-(\w+))?$/.exec(text) ?? []
  if (isVersion(version)) {
    const own = kernels.filter(
      (kernel) => kernel.name === `${version}-${arch === undefined ? 'x86' : archOf(arch)}`,
    )
    return own.length > 0
      ? own
      : kernelsOf({ debian: [version], ...(arch === undefined ? {} : { arch }) })
  }
  if (fs.existsSync(text)) return kernelsOf({ files: [text], arch: imageArch(text) })
  throw new UserError({
    what: `${text} is not a kernel: neither a version such as 6.1, nor one of the tree, nor a file`,
    facts: [['the tree has', kernels.map(({ name }) => name).join(' ')]],
    hint: 'npx tsx tasks.ts vm -- --kernel 6.1',
    status: 2,
  })
}

/** By the mark of an Image for arm64, which a bzImage does not have; see vm/machine.ts. */
function imageArch(path: string): string {
  return fs.readFileSync(path).subarray(56, 60).toString('latin1') === 'ARMd' ? 'arm64' : 'x86'
}

/** Is vmlinux.h made of what the running kernel says of itself? */
function isTypesOfHere(file: Input | undefined): boolean {
  const made = file as Edge | undefined
  if (made?.kind !== 'edge' || made.rule !== 'BTF') return false
  const [from] = made.inputs
  return typeof from === 'object' && 'path' in from && from.path === settings.VMLINUX_BTF.default
}
