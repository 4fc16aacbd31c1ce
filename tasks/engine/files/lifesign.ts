// A socket on which a process listens while it lives. The kernel refuses connections to a dead one.
import * as fs from 'node:fs'
import type { Server } from 'node:net'
import { basename, dirname } from 'node:path'
import { isErrno } from '../base/index.ts'
import type { Disk } from './disk.ts'

/** The result of a connection; `unknown`: the socket is missing or may not be used. */
export type Call = 'accepted' | 'refused' | 'unknown'

/** The socket of a lock's owner. */
export function socketPath(lock: string, id: string): string {
  return `${lock}.${id}.sock`
}

export class LifeSign {
  readonly #server: Server
  readonly #at: string

  private constructor(server: Server, at: string) {
    this.#server = server
    this.#at = at
  }

  /**
   * Listens at a path without keeping the process alive. This works across pid namespaces and containers
   * that share the directory, because the kernel identifies a socket by its inode.
   * @returns undefined if the file system has no sockets
   */
  static async give(disk: Disk, path: string): Promise<LifeSign | undefined> {
    disk.makeFolder(dirname(path))
    const { createServer } = loadNet()
    const server = createServer((socket) => socket.destroy())
    const folder = openFolder(disk.at(dirname(path)))
    if (folder === undefined) return undefined
    try {
      return await new Promise((resolve) => {
        server.once('error', () => resolve(undefined))
        server.listen(shortPath(folder, path), () => {
          server.unref()
          resolve(new LifeSign(server, disk.at(path)))
        })
      })
    } finally {
      fs.closeSync(folder)
    }
  }

  /** Does a living process listen there? */
  static async answers(disk: Disk, path: string): Promise<Call> {
    const { connect } = loadNet()
    const folder = openFolder(disk.at(dirname(path)))
    if (folder === undefined) return 'unknown'
    try {
      return await new Promise((resolve) => {
        const socket = connect(shortPath(folder, path))
        const end = (call: Call): void => {
          socket.destroy()
          resolve(call)
        }
        socket.once('connect', () => end('accepted'))
        socket.once('error', (error) =>
          end(isErrno(error, 'ECONNREFUSED', 'ENOTSOCK') ? 'refused' : 'unknown'),
        )
      })
    } finally {
      fs.closeSync(folder)
    }
  }

  end(): void {
    fs.rmSync(this.#at, { force: true })
    this.#server.close()
  }
}

/** Loaded only by a run that takes a lock. An `import()` would go through the hooks of a loader. */
function loadNet(): typeof import('node:net') {
  return process.getBuiltinModule('node:net')
}

/** A socket's name has at most 107 bytes (unix(7)); a name through an open directory is short. */
function shortPath(folder: number, path: string): string {
  return `/proc/self/fd/${folder}/${basename(path)}`
}

function openFolder(at: string): number | undefined {
  try {
    return fs.openSync(at, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
}
