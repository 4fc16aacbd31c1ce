// The door of bpf/proof/host: other machines, reached by OpenSSH.
export { type Host, hostsOf } from './hostname.ts'
export { type HostResult, onEachHost, sayHostCommand } from './onhosts.ts'
export { type RunningAbroad, runOnHosts } from './runonhosts.ts'
export type { Captured, Session } from './session.ts'
export { type HostFile, placeThere } from './staging.ts'
