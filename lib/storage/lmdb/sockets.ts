/** Sockets in a folder, by which the processes that have it open find each other. A socket tells the truth where a process
 * number does not: after a crash, and across containers that share the folder. */
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'

/** The longest path a socket may have, on every system. */
const MAX_SOCKET_PATH = 100
/** The longest name that we give to one. */
const MAX_NAME = 32
const SUFFIX = '.sock'

/** The sockets of a folder, however long its path is. */
export class SocketFolder {
  readonly #path: string
  readonly #descriptor: number | null

  constructor(path: string) {
    this.#path = path
    const isLong = Buffer.byteLength(path) > MAX_SOCKET_PATH - MAX_NAME
    this.#descriptor = isLong && process.platform === 'linux' ? openSync(path, 'r') : null
  }

  /** The names of all that are there, of the living and the dead. */
  names(): readonly string[] {
    return readdirSync(this.#path).filter(name => name.endsWith(SUFFIX))
  }

  /** A name for a socket of ours. */
  name(random: string): string {
    return `${random}${SUFFIX}`
  }

  listen(name: string, onConnection: (socket: Socket) => void): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer(onConnection).unref()
      server.once('error', reject)
      server.listen(this.#file(name), () => { resolve(server) })
    })
  }

  /** A connection to whoever listens there; null if nobody does. */
  connect(name: string): Promise<Socket | null> {
    return new Promise(resolve => {
      const socket = connect(this.#file(name))
      socket.once('connect', () => { resolve(socket) })
      socket.once('error', () => { resolve(null) })
    })
  }

  /** Whether anybody listens there. */
  async answers(name: string): Promise<boolean> {
    const socket = await this.connect(name)
    socket?.destroy()
    return socket !== null
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
