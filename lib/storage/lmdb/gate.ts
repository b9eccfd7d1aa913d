/**
 * Opening a data folder while others write to it. LMDB takes the number of the last transaction from the file when it opens, and
 * puts it where writers take it from; a commit between the two is undone by the next writer, although it was acknowledged. So
 * whoever opens asks all who have the folder open to pause, and waits until their transactions have ended.
 *
 * Each process listens on a socket in the folder from before it opens until it has closed. An opener connects to all of them, says
 * its name, waits for a byte from each, opens, and hangs up, which lets them go on. Of two that open at once the one whose name
 * sorts first goes first. The same sockets carry the news of what is committed (peers.ts).
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { ASKS_FOR_NEWS, Peers } from './peers.ts'
import { SocketFolder } from './sockets.ts'

/** How long an opener waits for a process to pause, in milliseconds. Transactions take a fraction of it. */
const PATIENCE_MS = 30_000

/** What a process has of a folder that it has open. */
export class Gate {
  /** The name of our socket: it answers as long as this process has the folder open. */
  readonly name: string
  /** Who else has the folder open, for news. */
  readonly peers: Peers
  readonly #folder: SocketFolder
  #server: Server | null = null
  #isOpen = false
  /** Transactions under way. */
  #running = 0
  /** Connections of openers that have been told that we pause. */
  readonly #served = new Set<Socket>()
  /** Connections of openers that wait for us. */
  readonly #waiting = new Set<Socket>()
  #resumed: (() => void)[] = []

  private constructor(folder: SocketFolder, name: string) {
    this.#folder = folder
    this.name = name
    this.peers = new Peers(folder, name)
  }

  /** Runs `open` while nobody else writes to the folder or opens it, and answers the gate for all later transactions. */
  static async open<Opened>(path: string, open: () => Opened): Promise<{ readonly gate: Gate; readonly opened: Opened }> {
    const folder = new SocketFolder(path)
    const gate = new Gate(folder, folder.name(randomBytes(6).toString('hex')))
    gate.#server = await folder.listen(gate.name, socket => { gate.#meet(socket) })
    const paused: Socket[] = []
    try {
      for (const name of folder.names()) if (name !== gate.name) paused.push(...(await gate.#pause(name)))
      await gate.#untilResumed()
      const opened = open()
      gate.#isOpen = true
      return { gate, opened }
    } catch (error) {
      await gate.close()
      throw error
    } finally {
      for (const socket of paused) socket.destroy()
      gate.#serve()
    }
  }

  /** Runs a transaction, when no opener is in the way. */
  async pass<Result>(transaction: () => Promise<Result>): Promise<Result> {
    if (this.#isPaused()) await this.#untilResumed()
    this.#running++
    try {
      return await transaction()
    } finally {
      this.#running--
      if (this.#waiting.size > 0) this.#serve()
    }
  }

  /** After the folder was closed: nobody needs to wait for this process any more. */
  async close(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    this.peers.close()
    for (const socket of [...this.#served, ...this.#waiting]) socket.destroy()
    server.close()
    await once(server, 'close')
    this.#folder.close()
  }

  /** Whether anybody has the folder open under this name. */
  answers(name: string): Promise<boolean> {
    return name === this.name ? Promise.resolve(this.#server !== null) : this.#folder.answers(name)
  }

  #isPaused(): boolean {
    return this.#served.size + this.#waiting.size > 0
  }

  async #untilResumed(): Promise<void> {
    while (this.#isPaused()) {
      // While we open ourselves, those who wait for us to be done are no hindrance.
      if (!this.#isOpen && this.#served.size === 0) return
      await new Promise<void>(resolve => { this.#resumed.push(resolve) })
    }
  }

  /** Somebody opens the folder, wants to be told news, or only asks whether we are there. */
  #meet(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.once('data', (bytes: Buffer) => {
      const said = bytes.toString()
      if (said === ASKS_FOR_NEWS) this.peers.admit(socket)
      else this.#meetOpener(socket, said)
    })
  }

  #meetOpener(socket: Socket, name: string): void {
    this.#waiting.add(socket)
    this.peers.met(name)
    if (this.#isOpen || name < this.name) this.#serve()
    socket.once('close', () => {
      this.#served.delete(socket)
      this.#waiting.delete(socket)
      if (this.#served.size > 0 || (this.#isOpen && this.#waiting.size > 0)) return
      for (const resume of this.#resumed.splice(0)) resume()
    })
  }

  /** Tells those who wait that nothing is under way here. */
  #serve(): void {
    if (this.#running > 0) return
    for (const socket of this.#waiting) {
      this.#waiting.delete(socket)
      this.#served.add(socket)
      socket.write('.')
    }
  }

  /** Waits until the process of a socket has paused; the connection that keeps it so, or none if it is no more. */
  async #pause(name: string): Promise<Socket[]> {
    const socket = await this.#folder.connect(name)
    if (socket === null) {
      this.#folder.remove(name)
      return []
    }
    socket.on('error', () => undefined)
    socket.write(this.name)
    const patience = setTimeout(() => { socket.destroy(new Error('out of patience')) }, PATIENCE_MS)
    const isPaused = await new Promise<boolean>(resolve => {
      socket.once('data', () => { resolve(true) })
      socket.once('close', () => { resolve(false) })
    })
    clearTimeout(patience)
    if (isPaused) return [socket]
    if (await this.#folder.answers(name)) throw new Error('another process that has the data folder open does not answer')
    return []
  }
}
