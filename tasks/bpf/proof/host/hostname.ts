// What names another machine, as ssh has it, and where on it files may lie.
import { UserError } from '../../../engine/index.ts'

/** Another machine. */
export interface Host {
  /** A column's title: `root@web1`, without what says how to get there. */
  readonly name: string
  /** The words that ssh gets for it. */
  readonly destination: string
  /** The folder in which a private one is made; undefined: TMPDIR there, or /tmp. */
  readonly folder: string | undefined
}

const PLAIN = /^(?<destination>(?:[^@:/\s]+@)?[^@:/\s]+)(?::(?<folder>\/(?!\/)\S*))?$/
const URI =
  /^(?<destination>ssh:\/\/(?:[^@:/\s]+@)?(?:\[[0-9a-fA-F:.]+\]|[^@:/\s]+)(?::\d+)?)(?<folder>\/\S*)?$/

/** @throws UserError for what names no machine, and for one that is named twice */
export function hostsOf(names: readonly string[]): readonly Host[] {
  const hosts = names.map(hostOf)
  const twice = hosts.find(({ name }, at) => hosts.findIndex((one) => one.name === name) !== at)
  if (twice === undefined) return hosts
  throw new UserError({ what: `--on names ${twice.name} twice`, status: 2 })
}

function hostOf(name: string): Host {
  const { groups } = URI.exec(name) ?? PLAIN.exec(name) ?? {}
  const { destination = '', folder } = groups ?? {}
  // ssh would take it for an option.
  if (destination === '' || destination.startsWith('-')) {
    throw new UserError({
      what: `'${name}' names no machine`,
      facts: [['possible', 'host, user@host, host:/folder, ssh://user@host:port/folder']],
      hint: 'name it as ssh does: --on root@192.0.2.7; a Host of ~/.ssh/config will do',
      status: 2,
    })
  }
  const short = destination.replace(/^ssh:\/\//, '')
  return {
    name: short,
    destination,
    folder: folder === undefined || folder === '/' ? undefined : folder,
  }
}
