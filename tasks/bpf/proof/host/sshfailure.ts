// What ssh says when it does not get in, as a block that says how to mend it. Text only.
import { type FailureBlock, quoteCommand } from '../../../engine/index.ts'
import type { Host } from './hostname.ts'

interface Cause {
  readonly says: RegExp
  readonly what: (host: Host) => string
  readonly hint: (host: Host, said: string) => string
}

const ssh = ({ destination }: Host, ...more: readonly string[]): string =>
  quoteCommand(['ssh', ...more, destination])

/** The first that fits counts. */
const CAUSES: readonly Cause[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i,
    what: ({ name }) => `${name} has another host key than before`,
    hint: (_, said) => {
      const remove = /(ssh-keygen -f \S+ -R \S+)/.exec(said.replaceAll('"', "'"))?.[1]
      return `if the machine was set up anew, forget the old key: ${remove ?? 'ssh-keygen -R HOST'}\nelse somebody may be listening: do not go on`
    },
  },
  {
    says: /Host key verification failed|host key is known/i,
    what: ({ name }) => `${name} is not known here: nobody has accepted its host key yet`,
    hint: (host) =>
      `compare its fingerprint and accept it, once: ${ssh(host)}\nin CI: ssh-keyscan HOST >> ~/.ssh/known_hosts, with a key that you have compared`,
  },
  {
    says: /Permission denied|Too many authentication failures|no supported authentication/i,
    what: ({ name }) => `${name} refuses your key`,
    hint: ({ destination }) =>
      `let it in: ${quoteCommand(['ssh-copy-id', destination])}\nif the key has a passphrase, unlock it first: ssh-add`,
  },
  {
    says: /Could not resolve hostname|Name or service not known|nodename nor servname/i,
    what: ({ name }) => `no machine is called ${name}`,
    hint: () => 'correct the name, or give it an address: Host and HostName in ~/.ssh/config',
  },
  {
    says: /Connection refused/i,
    what: ({ name }) => `no SSH server answers on ${name}`,
    hint: () =>
      'start it there: systemctl start ssh\non another port than 22: --on ssh://user@host:PORT',
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/i,
    what: ({ name }) => `${name} cannot be reached`,
    hint: (host) => `is it on, and is there a way to it? try: ${ssh(host, '-v')}`,
  },
  {
    says: /Bad (?:owner|permissions)|UNPROTECTED PRIVATE KEY/i,
    what: ({ name }) => `ssh does not use your key for ${name}: others may read it`,
    hint: () => 'chmod 600 the key file',
  },
]

/**
 * Why ssh ended before anything ran there.
 * @param said what it wrote to standard error
 */
export function connectionFailure(host: Host, said: string): FailureBlock {
  const cause = CAUSES.find(({ says }) => says.test(said))
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^@+/.test(line))
  return {
    what: cause?.what(host) ?? `${host.name} cannot be used over ssh`,
    facts: [['ssh says', lines.slice(-3).join('\n') || 'nothing']],
    hint: cause?.hint(host, said) ?? `see where it stops: ${ssh(host, '-v')}`,
  }
}

/** @param doing what was under way, such as `while it was verifying` */
export function lostConnection({ name }: Host, said: string, doing: string): FailureBlock {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return {
    what: `the connection to ${name} was cut ${doing}`,
    facts: [['ssh says', lines.slice(-2).join('\n') || 'nothing']],
    hint: `run it again: what ran there ends, and is removed, within a minute of the cut`,
  }
}
