// What the tasks for bpftool do after it is built: tell what it can do, install it, remove it.
import { join, resolve } from 'node:path'
import type { Derived, TaskContext } from '../../engine/index.ts'
import { libbfd, llvmDisassembler, settings, targetFeatures } from '../toolchain/index.ts'
import { type Bpftool, fullLack } from './bpftooledges.ts'
import { install, target, uninstall } from './libbpfinstall.ts'

/** What is installed of bpftool, and the folder of what is made. */
export interface BpftoolRules {
  readonly out: string
  readonly bpftool: Derived<Bpftool>
}

/** The body of bpftool: which one it is, and what it does without. */
export async function tellBpftool(ctx: TaskContext, rules: BpftoolRules): Promise<void> {
  const { full, bootstrap, tree } = await ctx.ask(rules.bpftool)
  ctx.say((full ?? bootstrap).output.path)
  const lack = await ctx.ask(fullLack)
  if (lack !== undefined) {
    ctx.emit({ type: 'note', text: `the bootstrap stage serves BTF and skeletons: ${lack}` })
    return
  }
  const { libcap, libcrypto } = targetFeatures
  const optional = [libcap, libbfd, ...(tree.knowsLlvm ? [llvmDisassembler] : [])]
  if (tree.bootstrap.includes('sign')) optional.push(libcrypto)
  for (const { name, lack, packages } of optional) {
    if ((await ctx.ask(lack)) === undefined) ctx.say(`  with ${name}`)
    else ctx.say(`  without ${name}, which ${packages.apt} or the like brings`)
  }
}

/** The body of bpftool:install: the program, and what completes its command line in bash. */
export async function installBpftool(ctx: TaskContext, rules: BpftoolRules): Promise<void> {
  const { full, bootstrap, tree } = await ctx.ask(rules.bpftool)
  const { at, destination } = await target(ctx)
  const prefix = (await ctx.ask(settings.PREFIX)) ?? '/'
  await install(ctx, rules, 'bpftool', destination, [
    {
      from: join(ctx.root, (full ?? bootstrap).output.path),
      to: at(join(prefix, 'sbin/bpftool')),
      mode: 0o755,
    },
    {
      from: resolve(ctx.root, tree.completion),
      to: at(join(prefix, 'share/bash-completion/completions/bpftool')),
      mode: 0o644,
    },
  ])
}

/** The body of bpftool:uninstall. */
export async function uninstallBpftool(ctx: TaskContext, rules: BpftoolRules): Promise<void> {
  await uninstall(ctx, rules, 'bpftool')
}
