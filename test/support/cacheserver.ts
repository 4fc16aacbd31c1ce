// A server of results by Bazel's HTTP protocol, in this process, that can be made to do all kinds of things wrong.
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'

export type Handler = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  /** What a good server answers. */
  right: () => void,
) => void

export class CacheServer {
  readonly files = new Map<string, Buffer>()
  /** `METHOD /path` of all requests. */
  readonly asked: string[] = []
  readonly authorizations = new Set<string | undefined>()
  handler: Handler = (_request, _response, right) => right()
  readonly #server = http.createServer((request, response) => {
    const { method = '', url = '' } = request
    this.asked.push(`${method} ${url}`)
    this.authorizations.add(request.headers.authorization)
    this.handler(request, response, () => this.#right(request, response))
  })

  static async start(): Promise<CacheServer> {
    const made = new CacheServer()
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}/cache`
  }

  #right(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method, url = '' } = request
    if (method === 'GET') {
      const bytes = this.files.get(url)
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
      return
    }
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      this.files.set(url, Buffer.concat(parts))
      response.writeHead(201).end()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
