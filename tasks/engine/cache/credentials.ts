// Who we are to a server of results. What is secret comes from the environment or a file alone, and goes into
// the header of a request alone.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { unlessErrno } from '../base/index.ts'

/** The value of the header `authorization`; undefined where nothing is known for this host. */
export function authorization(
  url: URL,
  variable: (name: string) => string | undefined,
): string | undefined {
  if (url.username !== '' || url.password !== '')
    return basic(decodeURIComponent(url.username), decodeURIComponent(url.password))
  const file = variable('ACTION_CACHE_TOKEN_FILE')
  const token = variable('ACTION_CACHE_TOKEN') || (file && textOf(file)?.trim())
  if (token) return `Bearer ${token}`
  const home = variable('HOME')
  const netrc = textOf(variable('NETRC') || (home ? join(home, '.netrc') : ''))
  const entry = netrc === undefined ? undefined : netrcEntry(netrc, url.hostname)
  return entry && basic(entry.login, entry.password)
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** The entry of a host, or the default one, in the words of a netrc(5). */
export function netrcEntry(
  text: string,
  host: string,
): { readonly login: string; readonly password: string } | undefined {
  const words = text.replace(/^\s*#.*$/gm, '').split(/\s+/)
  const starts = words.flatMap((word, at) => (word === 'machine' || word === 'default' ? [at] : []))
  for (const [number, at] of starts.entries()) {
    const isOurs = words[at] === 'default' || words[at + 1] === host
    if (!isOurs) continue
    const own = words.slice(at, starts[number + 1])
    const after = (name: string): string => own[own.indexOf(name) + 1] ?? ''
    if (own.includes('password')) return { login: after('login'), password: after('password') }
  }
  return undefined
}

function textOf(path: string): string | undefined {
  return path === '' ? undefined : unlessErrno(() => fs.readFileSync(path, 'utf8'))
}
