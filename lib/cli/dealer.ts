/**
 * Deals connections out to workers, in turn. The primary process accepts them and keeps each until its worker has said that it took
 * it; if the worker dies before, another one gets it. (The dealing of node:cluster leaves such a connection hanging for ever.)
 */
import type { Worker } from 'node:cluster'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Goes with a connection to a worker. */
export interface Dealt {
  readonly order: 'connection'
  readonly number: number
}

/** Connections that wait while no worker is there; beyond them new ones are closed. */
const MAX_WAITING = 1024

/** Accepts connections for workers. */
export class Dealer {
  readonly #server: Server
  readonly #hands = new Map<Worker, Map<number, Socket>>()
  readonly #waiting: Socket[] = []
  #last = 0

  constructor() {
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, socket => {
      socket.on('error', () => undefined)
      this.#deal(socket)
    })
  }

  /** Resolves with the address, when connections are accepted. */
  listen(port: number, bind: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, bind, () => {
        const { address, family, port: got } = this.#server.address() as AddressInfo
        resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${got}`)
      })
    })
  }

  /** A worker that serves from now on. */
  add(worker: Worker): void {
    this.#hands.set(worker, new Map())
    for (const socket of this.#waiting.splice(0)) this.#deal(socket)
  }

  /** A worker that serves no more: what it had not yet taken goes to others. */
  remove(worker: Worker): void {
    const hand = this.#hands.get(worker)
    this.#hands.delete(worker)
    for (const socket of hand?.values() ?? []) this.#deal(socket)
  }

  /** A worker has taken a connection. Ours is a second handle of it. */
  taken(worker: Worker, number: number): void {
    const hand = this.#hands.get(worker)
    hand?.get(number)?.destroy()
    hand?.delete(number)
  }

  /** Accepts no more, and closes what nobody took. */
  close(): void {
    this.#server.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
  }

  #deal(socket: Socket): void {
    const [turn] = this.#hands
    if (turn === undefined) {
      if (this.#waiting.length >= MAX_WAITING) socket.destroy()
      else this.#waiting.push(socket)
      return
    }
    const [worker, hand] = turn
    // Whose turn it was goes to the end.
    this.#hands.delete(worker)
    this.#hands.set(worker, hand)
    const number = ++this.#last
    hand.set(number, socket)
    worker.process.send?.({ order: 'connection', number } satisfies Dealt, socket, { keepOpen: true }, () => undefined)
  }
}
