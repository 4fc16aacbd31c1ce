// Results on a server, by Bazel's HTTP protocol: GET and PUT of /ac/KEY and /cas/SHA-256. Whatever a server does,
// the build ends as without it: the first fault ends its use for this build, and is said once.
import * as http from 'node:http'
import * as https from 'node:https'
import { isErrno } from '../base/index.ts'
import { MOST_BYTES, StoreFault } from './actionresult.ts'
import { sha256 } from './contents.ts'
import type { Kind, Store } from './store.ts'

/** A server that says nothing for so long is not waited for any more, in milliseconds. */
const PATIENCE = 5000

/** One answer may take so long, in milliseconds. */
const LONGEST = 60_000

/** At the end of a build uploads may take so long, in milliseconds. */
const LAST_UPLOADS = 5000

/** Uploads that wait hold their bytes in memory: what is beyond this is not sent. */
const MOST_WAITING = 64 << 20

/** An entry of `ac` is a few hundred bytes for each file. */
const MOST_ENTRY = 4 << 20

export interface ServerOptions {
  readonly url: URL
  readonly authorization: string | undefined
  readonly reads: boolean
  readonly writes: boolean
}

interface Answer {
  readonly status: number
  readonly bytes: Buffer
}

export class ServerStore implements Store {
  readonly name = 'server'
  readonly #options: ServerOptions
  readonly #agent: http.Agent
  readonly #base: string
  readonly #uploads = new Set<Promise<void>>()
  #waiting = 0
  #dropped = 0
  /** Why it is not used any more. */
  #failure: string | undefined
  /** Why nothing more is sent to it. */
  #refusal: string | undefined

  constructor(options: ServerOptions) {
    this.#options = options
    const { url } = options
    const kind = url.protocol === 'https:' ? https : http
    this.#agent = new kind.Agent({ keepAlive: true, maxSockets: 16 })
    this.#base = `${url.pathname.replace(/\/+$/, '')}`
  }

  get reads(): boolean {
    return this.#options.reads && this.#failure === undefined
  }

  get writes(): boolean {
    return this.#options.writes && (this.#failure ?? this.#refusal) === undefined
  }

  /** Its address, without what is secret. */
  get place(): string {
    const { protocol, host, pathname } = this.#options.url
    return `${protocol}//${host}${pathname}`
  }

  async get(kind: Kind, key: string): Promise<Buffer | undefined> {
    if (this.#failure !== undefined) return undefined
    const { status, bytes } = await this.#request('GET', kind, key)
    if (status === 404) return undefined
    if (status !== 200) throw new StoreFault(`answered with status ${status}`)
    if (kind === 'cas' && sha256(bytes) !== key)
      throw new StoreFault('gave a blob that is not what its name says')
    return bytes
  }

  async put(kind: Kind, key: string, bytes: Buffer): Promise<void> {
    if (!this.writes) return
    const { status } = await this.#request('PUT', kind, key, bytes)
    // One that takes nothing may still be read.
    if (status < 200 || status > 299)
      this.#refusal ??= `answered with status ${status}${hintOf(status)}`
  }

  /** In the background, so that no command waits for an upload. */
  async later(bytes: number, work: () => Promise<void>): Promise<void> {
    if (this.#waiting + bytes > MOST_WAITING) {
      this.#dropped++
      return
    }
    this.#waiting += bytes
    const upload = work().finally(() => {
      this.#waiting -= bytes
      this.#uploads.delete(upload)
    })
    this.#uploads.add(upload)
  }

  fault(what: string): void {
    this.#failure ??= what
  }

  async close(): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, LAST_UPLOADS, 'late')
    })
    const isLate = (await Promise.race([Promise.all(this.#uploads), late])) === 'late'
    clearTimeout(timer)
    this.#agent.destroy()
    const { place } = this
    const notSent = this.#dropped + (isLate ? this.#uploads.size : 0)
    if (this.#failure !== undefined)
      return [`the server of results was not used any more: ${place} ${this.#failure}`]
    if (this.#refusal !== undefined)
      return [`no more results were sent to the server: ${place} ${this.#refusal}`]
    return notSent === 0
      ? []
      : [`${notSent} results were not sent to ${place}: it takes them too slowly`]
  }

  async #request(method: 'GET' | 'PUT', kind: Kind, key: string, body?: Buffer): Promise<Answer> {
    const { url, authorization } = this.#options
    const type = kind === 'ac' ? 'application/json' : 'application/octet-stream'
    const most = kind === 'ac' ? MOST_ENTRY : MOST_BYTES
    const options = {
      method,
      agent: this.#agent,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${this.#base}/${kind}/${key}`,
      timeout: PATIENCE,
      signal: AbortSignal.timeout(LONGEST),
      headers: {
        accept: type,
        'accept-encoding': 'identity',
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': type, 'content-length': body.length }),
      },
    }
    const kindOf = url.protocol === 'https:' ? https : http
    return await new Promise((resolve, reject) => {
      const request = kindOf.request(options, (response) => {
        const parts: Buffer[] = []
        let length = 0
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length > most) request.destroy(new StoreFault('gave an answer without end'))
          else parts.push(part)
        })
        response.on('error', (error) => reject(faultOf(error)))
        response.on('end', () => {
          if (!response.complete) reject(new StoreFault('ended in the middle of an answer'))
          else if ((response.headers['content-encoding'] ?? 'identity') !== 'identity')
            reject(new StoreFault('gave an answer that is packed'))
          else resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(parts) })
        })
      })
      request.on('timeout', () =>
        request.destroy(new StoreFault(`said nothing for ${PATIENCE / 1000} seconds`)),
      )
      request.on('error', (error) => reject(faultOf(error)))
      request.end(body)
    })
  }
}

/** What the network did, as words that follow the name of the server. */
function faultOf(error: Error): Error {
  if (error instanceof StoreFault) return error
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return new StoreFault(`took more than ${LONGEST / 1000} seconds for an answer`)
  // The parser of HTTP and TLS name their errors as the system does.
  if (!isErrno(error)) return error
  const isTls = /CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(error.code ?? '')
  const hint = isTls ? '; name its CA: NODE_EXTRA_CA_CERTS=FILE' : ''
  return new StoreFault(`could not be asked: ${error.code}${hint}`)
}

function hintOf(status: number): string {
  return status === 401 || status === 403
    ? ': does it let you write? give it ACTION_CACHE_TOKEN, or ACTION_CACHE_MODE=read'
    : ''
}
