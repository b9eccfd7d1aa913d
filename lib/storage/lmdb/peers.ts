/**
 * News between the processes that have a folder open. One that waits for something asks each of the others, on its socket in the folder,
 * to be told of all that it commits; as long as the connection stands it is told. Nobody is told who does not ask.
 *
 * What may have gone untold makes the one who asked look for itself: it hears `null` when a process begins to tell it, and when
 * one ends, since it may have died between a commit and telling of it.
 */
import type { Socket } from 'node:net'
import { readNews, writeNews, type News } from './news.ts'
import type { SocketFolder } from './sockets.ts'

/** What one says who wants to be told; an opener says its name, see gate.ts. */
export const ASKS_FOR_NEWS = 'news'

/** What is told; null: anything may have happened. */
export type Hear = (news: readonly News[] | null) => void

/** Bytes that wait for one who does not read. Beyond them it is hung up on, and looks for itself when it reads again. */
const MAX_UNREAD = 1024 * 1024
/** How long one waits before it asks again a process that hung up on it, in milliseconds. */
const ASK_AGAIN_MS = 100

/** The other processes, as far as news are concerned. */
export class Peers {
  readonly #folder: SocketFolder
  /** The name of our own socket. */
  readonly #name: string
  /** Those who asked us. */
  readonly #askers = new Set<Socket>()
  /** Those whom we asked, by name; null while we are about to. */
  readonly #asked = new Map<string, Socket | null>()
  #hear: Hear | null = null

  constructor(folder: SocketFolder, name: string) {
    this.#folder = folder
    this.#name = name
  }

  /** Whether anybody wants to be told. */
  get areListening(): boolean {
    return this.#askers.size > 0
  }

  /** Tells those who asked. */
  tell(news: readonly News[]): void {
    if (this.#askers.size === 0) return
    const text = writeNews(news)
    for (const socket of this.#askers) {
      if (socket.writableLength > MAX_UNREAD) socket.destroy()
      else socket.write(text)
    }
  }

  /** Asks all processes, and those that come later, to tell us. */
  listen(hear: Hear): void {
    this.#hear = hear
    for (const name of this.#folder.names()) this.met(name)
  }

  /** Wants to be told no more. */
  ignore(): void {
    this.#hear = null
    for (const socket of this.#asked.values()) socket?.destroy()
  }

  /** There is a process of this name. */
  met(name: string): void {
    if (this.#hear !== null && name !== this.#name && !this.#asked.has(name)) void this.#ask(name)
  }

  /** A process asks us. */
  admit(socket: Socket): void {
    this.#askers.add(socket.unref())
    socket.once('close', () => { this.#askers.delete(socket) })
    // An empty line: from here on it is told.
    socket.write('\n')
  }

  /** Ends all connections. */
  close(): void {
    this.ignore()
    for (const socket of this.#askers) socket.destroy()
  }

  async #ask(name: string): Promise<void> {
    this.#asked.set(name, null)
    const socket = await this.#folder.connect(name)
    if (socket === null || this.#hear === null) {
      // It is no more; or nobody here waits any more.
      socket?.destroy()
      this.#asked.delete(name)
      return
    }
    this.#asked.set(name, socket.unref())
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (lines.includes('')) this.#hear?.(null)
      const news = lines.filter(line => line !== '').map(readNews)
      if (news.length > 0) this.#hear?.(news)
    })
    socket.once('close', () => {
      this.#asked.delete(name)
      this.#hear?.(null)
      setTimeout(() => { this.met(name) }, ASK_AGAIN_MS).unref()
    })
    socket.write(ASKS_FOR_NEWS)
  }
}
