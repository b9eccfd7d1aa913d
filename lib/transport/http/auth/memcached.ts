/** Some memcached servers, none of which is to be relied on: one that is down, slow or talks nonsense is left alone for a while. */
import { Client, Server } from 'memjs'
import type { Logger } from 'pino'
import type { Clock, Instant } from '../../../clock.ts'

/** Which servers, and how much patience there is with them. */
export interface MemcachedOptions {
  readonly servers: readonly string[]
  /** How long one call may take, in seconds. */
  readonly timeout: number
  /** How long a server that failed is left alone, in seconds. */
  readonly deadRetry: number
}

/** Values by name. Nothing here ever rejects. */
export interface Memcached {
  /** Null if there is nothing, or nobody who could tell. */
  get(name: string): Promise<Buffer | null>
  set(name: string, value: Buffer, seconds: number): Promise<void>
  close(): void
}

export interface Address {
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 11211
const ADDRESS = /^(?:inet6?:)?(?:\[(?<v6>[0-9a-f:.]+)\]|(?<host>[a-z0-9._-]+))(?::(?<port>[0-9]{1,5}))?$/i
/** The first byte of each answer of the binary protocol. */
const ANSWER = 0x81
/** No answer to anything that is asked here is longer. */
const MAX_ANSWER = 256 * 1024

/** Reads the address of a server, as in `host:11211` or `[::1]:11211`. Null if it is none. */
export function parseAddress(text: string): Address | null {
  const { v6, host = v6, port } = ADDRESS.exec(text)?.groups ?? {}
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  return host === undefined || number < 1 || number > 65_535 ? null : { host, port: number }
}

/** One connection, which ends at the first answer that is none, before it fills the memory. */
class StrictServer extends Server {
  override responseHandler(data: Buffer): void {
    const { length, [0]: first = data[0] } = this.responseBuffer
    if (first !== ANSWER || length + data.length > MAX_ANSWER) {
      this.error(new Error('it does not speak the protocol'))
      return
    }
    try {
      super.responseHandler(data)
    } catch {
      this.error(new Error('its answer is not understood'))
    }
  }
}

interface Connection {
  readonly client: Client
  readonly server: Server
}

/** One of the servers. */
class Node {
  readonly #address: Address
  readonly #options: MemcachedOptions
  readonly #clock: Clock
  readonly #log: Logger
  #connection: Connection | null = null
  #deadUntil: Instant = 0

  constructor(address: Address, options: MemcachedOptions, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#address = address
    this.#options = options
    this.#clock = clock
    this.#log = log
  }

  get isUsable(): boolean {
    return this.#deadUntil <= this.#clock.now()
  }

  /** Does something with the server. Null if that fails or takes too long; then the server is not usable for a while. */
  async run<Result>(work: (client: Client) => Promise<Result>): Promise<Result | null> {
    const connection = this.#connection ??= this.#connect()
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => { reject(new Error('it did not answer in time')) }, this.#options.timeout * 1000)
      })
      const result = await Promise.race([work(connection.client), late])
      this.#revive()
      return result
    } catch (error) {
      this.#leave(connection, error instanceof Error ? error.message : String(error))
      return null
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#drop(new Error('it is not needed any more'))
  }

  #connect(): Connection {
    const { timeout } = this.#options
    const { host, port } = this.#address
    const server = new StrictServer(host, port, undefined, undefined, { timeout, conntimeout: timeout, keepAlive: true })
    // It would take these from the environment.
    Object.assign(server, { username: undefined, password: undefined })
    return { server, client: new Client([server], { retries: 1, logger: { log: () => undefined } }) }
  }

  #revive(): void {
    if (this.#deadUntil === 0 || !this.isUsable) return
    this.#deadUntil = 0
    this.#log.info(this.#address, 'a memcached is used again')
  }

  #leave(connection: Connection, why: string): void {
    // Others that waited for the same connection fail along with it.
    if (connection !== this.#connection) return
    this.#deadUntil = this.#clock.now() + this.#options.deadRetry * 1000
    this.#log.warn({ ...this.#address, why, seconds: this.#options.deadRetry }, 'a memcached fails, and is left alone for a while')
    this.#drop(new Error(why))
  }

  /** A connection is not used again after a failure, lest what it still holds be taken for an answer. */
  #drop(why: Error): void {
    const server = this.#connection?.server
    this.#connection = null
    server?.error(why)
  }
}

/** Makes use of memcached servers. Nothing is sent before it is needed. Throws if an address is none. */
export function memcached(options: MemcachedOptions, parts: { readonly clock: Clock; readonly log: Logger }): Memcached {
  const nodes = options.servers.map(text => {
    const address = parseAddress(text)
    if (address === null) throw new Error(`not the address of a memcached: ${JSON.stringify(text)}`)
    return new Node(address, options, parts)
  })

  /** Every process finds the same server for a name, as long as they are up. */
  function nodeFor(name: string): Node | undefined {
    const first = hashOf(name) % nodes.length
    return [...nodes.slice(first), ...nodes.slice(0, first)].find(node => node.isUsable)
  }

  return {
    get: async name => await nodeFor(name)?.run(async client => (await client.get(name)).value) ?? null,
    set: async (name, value, seconds) => { await nodeFor(name)?.run(client => client.set(name, value, { expires: seconds })) },
    close: () => { for (const node of nodes) node.close() },
  }
}

function hashOf(name: string): number {
  let sum = 0
  for (let at = 0; at < name.length; at++) sum = (Math.imul(sum, 31) + name.charCodeAt(at)) >>> 0
  return sum
}
