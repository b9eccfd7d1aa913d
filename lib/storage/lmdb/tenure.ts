/**
 * One server a data folder (decisions 20). The server that has it listens on a socket in the folder, whose name stands in
 * the store: another one that starts asks there, and takes over only from a server that answers no more. A socket tells the
 * truth where a process number does not: after a crash, and across containers that share the folder.
 *
 * A server that takes over from one that did not leave in order starts a new generation: from then on queues skip positions
 * that may have been seen and lost.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Environment } from './environment.ts'

/** Another server has the data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse'

  constructor(path: string) {
    super(`another server is using the data folder ${path}; stop it first, or choose another folder with --data-dir`)
  }
}

/** The right to serve a data folder. */
export interface Tenure {
  /** Leaves in order. */
  release(): Promise<void>
}

const OWNER = Buffer.from('owner')
const GENERATION = Buffer.from('generation')

/** How often a server has started after one that did not leave in order. */
export function currentGeneration(env: Environment): number {
  return env.meta.get(GENERATION)?.readDoubleLE() ?? 0
}

/** Takes the folder for this server, or throws `DataFolderInUse`. Before any message is posted. */
export async function takeTenure(env: Environment, path: string): Promise<Tenure> {
  const name = `server-${randomBytes(6).toString('hex')}.sock`
  const folder = new SocketFolder(path)
  const server = await folder.listen(name)
  try {
    while (!(await takeOver(env, folder, name))) {
      // Another starting server was quicker: ask again.
    }
  } catch (error) {
    server.close()
    folder.close()
    throw error
  }
  return {
    async release() {
      await env.write('leaving the data folder', () => {
        if (ownerOf(env) === name) env.meta.remove(OWNER)
      })
      server.close()
      folder.close()
    },
  }

  async function takeOver(store: Environment, sockets: SocketFolder, mine: string): Promise<boolean> {
    const former = await store.read('asking who has the data folder', () => ownerOf(store))
    if (former !== null && (await sockets.answers(former))) throw new DataFolderInUse(path)
    const isMine = await store.write('taking the data folder', () => {
      if (ownerOf(store) !== former) return false
      store.meta.put(OWNER, Buffer.from(mine))
      if (former !== null) nextGeneration(store)
      return true
    })
    if (isMine && former !== null) sockets.remove(former)
    return isMine
  }
}

function ownerOf(env: Environment): string | null {
  return env.meta.get(OWNER)?.toString() ?? null
}

function nextGeneration(env: Environment): void {
  const value = Buffer.allocUnsafe(8)
  value.writeDoubleLE(currentGeneration(env) + 1)
  env.meta.put(GENERATION, value)
}

/** The longest path a socket may have, on every system. */
const MAX_SOCKET_PATH = 100

/** Sockets in a folder, however long its path is. */
class SocketFolder {
  readonly #path: string
  readonly #descriptor: number | null

  constructor(path: string) {
    this.#path = path
    const isLong = Buffer.byteLength(path) > MAX_SOCKET_PATH - 32
    this.#descriptor = isLong && process.platform === 'linux' ? openSync(path, 'r') : null
  }

  listen(name: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer(socket => socket.end()).unref()
      server.once('error', reject)
      server.listen(this.#file(name), () => resolve(server))
    })
  }

  answers(name: string): Promise<boolean> {
    return new Promise(resolve => {
      const socket = connect(this.#file(name))
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
  }

  remove(name: string): void {
    rmSync(join(this.#path, name), { force: true })
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
  }

  #file(name: string): string {
    return this.#descriptor === null ? join(this.#path, name) : `/proc/self/fd/${this.#descriptor}/${name}`
  }
}
