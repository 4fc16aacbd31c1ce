// Clones the release of libbpf that LIBBPF names, and sees that it is the recorded commit.
import { type TaskContext, UserError } from '../../engine/index.ts'
import { settings } from '../toolchain/index.ts'
import { cloneCommands, libbpfClone, releaseOf } from './libbpfrelease.ts'

/** The body of libbpf:fetch. @param out folder of what is made */
export async function fetchLibbpf(context: TaskContext, out: string): Promise<void> {
  const asked = (await context.ask(settings.LIBBPF)) ?? ''
  const name = /^git:(.+)$/.exec(asked)?.[1]
  if (name === undefined) {
    throw new UserError({
      what: 'no release of libbpf is named',
      facts: asked === '' ? [] : [['LIBBPF', asked]],
      hint: 'name one: npx tsx tasks.ts libbpf:fetch LIBBPF=git:v1.5.0',
      status: 2,
    })
  }
  const repository = (await context.ask(settings.LIBBPF_GIT)) ?? ''
  const release = releaseOf(name, out)
  for (const command of cloneCommands(repository, release)) {
    if (context.dryRun) context.say(command.join(' '))
    else await context.run(command)
  }
  // Throws where the tag is at another commit by now.
  if (!context.dryRun)
    context.say(`libbpf ${release.tag} is in ${await context.ask(libbpfClone(name, out))}`)
}
