/**
 * A proxy before a MongoDB that plays what happens to replica sets: the primary steps down and is elected again, connections are
 * cut, the primary is slow or silent, an answer is lost after its command was carried out. Clients meet the one member of a
 * set that it says it is, so they do not go round it.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ObjectId, type Document } from 'mongodb'
import type { Test } from 'tap'
import { answer, answerOf, commandOf, messagesOf, UnknownForm, withBody, type Command, type WireMessage } from './wire.ts'

/** Answers that are lost: as many as were asked for, of commands that meet a condition. */
export interface Losses {
  /** How many were lost so far. */
  readonly count: number
}

interface Losing extends Losses {
  count: number
  readonly atMost: number
  readonly isAffected: (command: Command) => boolean
}

const GREETINGS: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster'])
/** What a secondary does as a primary would. */
const FOR_ANYONE: ReadonlySet<string> = new Set([...GREETINGS, 'ping', 'buildInfo', 'saslStart', 'saslContinue', 'endSessions', 'killCursors'])
const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite', 'commitTransaction', 'abortTransaction'])

/** Why a command failed, as servers say it. */
const NOT_PRIMARY = { code: 10107, codeName: 'NotWritablePrimary', errmsg: 'not primary' } as const
const STEPPED_DOWN = { code: 189, codeName: 'PrimarySteppedDown', errmsg: 'primary stepped down while the command was running' } as const

/** The proxy. */
export class MongoProxy {
  readonly #upstream: number
  readonly #pairs = new Set<Pair>()
  readonly #passed = new Map<string, number>()
  readonly #losing: Losing[] = []
  #listener: Server | null = null
  #port = 0
  /** What a new term or the end of one is told by. */
  #version = { processId: new ObjectId(), counter: 0 }
  #isPrimary = true
  #delayMs = 0
  #changed = new AbortController()

  /** A proxy before the server of a connection string. It ends with the test. */
  static async start(t: Test, uri: string): Promise<MongoProxy> {
    const proxy = new MongoProxy(Number(new URL(uri).port))
    t.teardown(() => proxy.cut())
    await proxy.mend()
    return proxy
  }

  private constructor(upstream: number) {
    this.#upstream = upstream
  }

  get uri(): string {
    return `mongodb://${this.address}/`
  }

  get address(): string {
    return `127.0.0.1:${String(this.#port)}`
  }

  /** How many commands of a name were passed on. */
  passed(name: string): number {
    return this.#passed.get(name) ?? 0
  }

  /** Resets all connections, and refuses new ones until they are mended. */
  async cut(): Promise<void> {
    const listener = this.#listener
    this.#listener = null
    this.reset()
    if (listener === null) return
    listener.close()
    await once(listener, 'close')
  }

  /** Resets all connections; new ones are served. */
  reset(): void {
    for (const pair of this.#pairs) pair.reset()
  }

  /** Accepts connections, at the same place as ever. */
  async mend(): Promise<void> {
    if (this.#listener !== null) return
    const listener = createServer(client => { void this.#serve(client) })
    this.#listener = listener
    await once(listener.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (listener.address() as AddressInfo).port
  }

  /** Ends the primary's term: what runs fails, though it may have been carried out; what comes is refused until `elect`. */
  stepDown(): void {
    this.#turn('secondary')
  }

  /** Makes it primary again. */
  elect(): void {
    this.#turn('primary')
  }

  /** Has every command wait before it is carried out; `Infinity` for as long as it is said. Greetings do not wait. */
  slow(milliseconds: number): void {
    this.#delayMs = milliseconds
    this.#notify()
  }

  /** Whether commands wait. */
  get isSlow(): boolean {
    return this.#delayMs > 0
  }

  /** Has as many commands carried out whose answers get lost: the connection is reset instead. */
  lose(atMost: number, isAffected: (command: Command) => boolean): Losses {
    const losing = { count: 0, atMost, isAffected }
    this.#losing.push(losing)
    return losing
  }

  #turn(to: 'primary' | 'secondary'): void {
    this.#isPrimary = to === 'primary'
    this.#version = { ...this.#version, counter: this.#version.counter + 1 }
    this.#notify()
  }

  /** Wakes whoever waits for something to change. */
  #notify(): void {
    this.#changed.abort()
    this.#changed = new AbortController()
  }

  async #serve(client: Socket): Promise<void> {
    const pair = new Pair(client, connect(this.#upstream, '127.0.0.1'))
    this.#pairs.add(pair)
    try {
      for await (const message of messagesOf(client)) {
        const command = commandOf(message)
        if (GREETINGS.has(command.name)) await this.#greet(pair, command)
        else await this.#carryOut(pair, command)
      }
    } catch (error) {
      // Everything else is the end of a connection.
      if (error instanceof UnknownForm) throw error
    } finally {
      pair.end()
      this.#pairs.delete(pair)
    }
  }

  async #greet(pair: Pair, command: Command): Promise<void> {
    const { topologyVersion, maxAwaitTimeMS, ...body } = command.body
    const isStream = topologyVersion !== undefined
    let known = Number((topologyVersion as Document | undefined)?.['counter'] ?? -1)
    do {
      if (isStream && known === this.#version.counter) await this.#anyChange(pair, Number(maxAwaitTimeMS))
      const came = await pair.ask(withBody(command, body))
      pair.answer(answer(command, this.#present(answerOf(came)), isStream ? 'more' : 'last'))
      known = this.#version.counter
    } while (isStream && !pair.isOver)
  }

  /** What the server says of itself, with the proxy in its place. */
  #present(hello: Document): Document {
    // Compressed messages would be closed to the proxy.
    const plain = { ...hello, compression: [] }
    if (hello['setName'] === undefined) return plain
    const writable = 'ismaster' in hello ? 'ismaster' : 'isWritablePrimary'
    return {
      ...plain, hosts: [this.address], me: this.address, primary: this.#isPrimary ? this.address : undefined,
      [writable]: this.#isPrimary, secondary: !this.#isPrimary, topologyVersion: this.#version,
    }
  }

  async #carryOut(pair: Pair, command: Command): Promise<void> {
    if (!await this.#wait(pair)) return
    if (!this.#isPrimary && !FOR_ANYONE.has(command.name)) {
      pair.answer(answer(command, this.#failure(command, NOT_PRIMARY)))
      return
    }
    this.#passed.set(command.name, this.passed(command.name) + 1)
    if (!command.wantsAnswer) {
      pair.tell(command.bytes)
      return
    }
    const term = this.#version.counter
    const came = await pair.ask(command.bytes)
    const losing = this.#losing.find(each => each.count < each.atMost && each.isAffected(command))
    if (losing !== undefined) {
      losing.count++
      pair.reset()
    } else if (term === this.#version.counter || FOR_ANYONE.has(command.name)) pair.answer(came.bytes)
    else pair.answer(answer(command, this.#failure(command, STEPPED_DOWN)))
  }

  /** The answer of a server that is not primary, with the labels that servers put on it. */
  #failure({ name, body }: Command, why: typeof NOT_PRIMARY | typeof STEPPED_DOWN): Document {
    const isInTransaction = body['autocommit'] !== undefined
    const isEnd = name === 'commitTransaction' || name === 'abortTransaction'
    const isRetryable = WRITES.has(name) && body['txnNumber'] !== undefined && (!isInTransaction || isEnd)
    const errorLabels = [...isRetryable ? ['RetryableWriteError'] : [], ...isInTransaction && !isEnd ? ['TransientTransactionError'] : []]
    return { ok: 0, ...why, topologyVersion: this.#version, ...errorLabels.length > 0 ? { errorLabels } : {} }
  }

  /** Waits as long as the proxy is slow; false if the connection is over then. */
  async #wait(pair: Pair): Promise<boolean> {
    const since = performance.now()
    while (!pair.isOver) {
      const left = since + this.#delayMs - performance.now()
      if (left <= 0) return true
      await this.#anyChange(pair, left)
    }
    return false
  }

  /** Waits until something changed, the connection is over, or for so long. */
  async #anyChange(pair: Pair, atMostMs: number): Promise<void> {
    const signal = AbortSignal.any([pair.over, this.#changed.signal])
    await sleep(Math.min(atMostMs, 2 ** 30), undefined, { signal }).catch(() => undefined)
  }
}

/** A client's connection, and the one to the server that belongs to it. */
class Pair {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #answers: AsyncGenerator<WireMessage, void, undefined>
  readonly #over = new AbortController()

  constructor(client: Socket, upstream: Socket) {
    this.#client = client.setNoDelay()
    this.#upstream = upstream.setNoDelay()
    this.#answers = messagesOf(upstream)
    for (const socket of [client, upstream]) {
      socket.on('error', () => { /* a reset is an end too */ })
      socket.once('close', () => { this.end() })
    }
  }

  /** Aborted when the connection is over. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  get isOver(): boolean {
    return this.#over.signal.aborted
  }

  /** Asks the server. */
  async ask(bytes: Buffer): Promise<WireMessage> {
    this.#upstream.write(bytes)
    const { value } = await this.#answers.next()
    if (value !== undefined) return value
    this.reset()
    throw new Error('the server closed its connection')
  }

  /** Tells the server what it does not answer. */
  tell(bytes: Buffer): void {
    this.#upstream.write(bytes)
  }

  /** Answers the client. */
  answer(bytes: Buffer): void {
    this.#client.write(bytes)
  }

  /** Breaks both connections. */
  reset(): void {
    this.#over.abort()
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
  }

  /** Closes both connections. */
  end(): void {
    this.#over.abort()
    this.#client.destroy()
    this.#upstream.destroy()
  }
}
