/** The connection of one process to a MongoDB database. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient, type Document, type MongoClientOptions } from 'mongodb'
import { storageUnavailable } from '../../errors.ts'
import { Problems } from '../../problems.ts'
import type { MongodbOptions } from './options.ts'

/** The longest wait between two attempts to connect, in milliseconds. */
const MAX_RECONNECT_SLEEP_MS = 10_000

/** What the server can do, as it says itself. */
export interface Abilities {
  /** A replica set or a sharded cluster: transactions, retryable writes, change streams. */
  readonly transactions: boolean
  /** As the server calls itself. */
  readonly version: string
}

/** An open connection. */
export interface Connection {
  readonly client: MongoClient
  readonly abilities: Abilities
  close(): Promise<void>
}

/** What an operator may allow that is not safe. */
export interface Tolerance {
  /** A server that may lose what it has acknowledged. */
  readonly unreliable: boolean
}

/**
 * Connects, trying again while the server is out of reach. A client whose first connect failed stays unusable, so each attempt
 * has a new one. Throws `Problems` if the address is wrong or the topology is not safe, else `StorageUnavailable`.
 */
export async function connect(options: MongodbOptions, tolerance: Tolerance): Promise<Connection> {
  let pause = options.reconnect_sleep
  for (let attempt = 1; ; attempt++) {
    const client = clientOf(options)
    try {
      await client.connect()
      const abilities = await abilitiesOf(client)
      checkSafety(client, abilities, tolerance)
      return { client, abilities, close: () => client.close() }
    } catch (error) {
      await client.close().catch(() => undefined)
      if (error instanceof Problems) throw error
      if (attempt >= options.max_reconnect_attempts) throw storageUnavailable('connecting to the database', error)
    }
    await sleep(pause)
    pause = Math.min(2 * pause, MAX_RECONNECT_SLEEP_MS)
  }
}

function clientOf(options: MongodbOptions): MongoClient {
  if (options.uri === '') throw new Problems(['the uri of a mongodb store is not configured: set it in its [drivers:…:mongodb] group'])
  const settings = settingsOf(options)
  try {
    return new MongoClient(options.uri, settings)
  } catch {
    // What the driver says of a wrong address may hold the password.
    throw new Problems(['the uri of a mongodb store is not a MongoDB address: it must read mongodb://[user:password@]host[:port][,…]/[?options]'])
  }
}

function settingsOf(options: MongodbOptions): MongoClientOptions {
  const asksForConcern = /[?&]w=/i.test(options.uri)
  return {
    appName: 'marconi',
    maxPoolSize: options.max_pool_size,
    connectTimeoutMS: options.connect_timeout,
    serverSelectionTimeoutMS: options.server_selection_timeout,
    waitQueueTimeoutMS: options.server_selection_timeout,
    socketTimeoutMS: options.socket_timeout,
    retryReads: true,
    retryWrites: true,
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    ...(asksForConcern ? {} : { writeConcern: { w: 'majority', journal: true } }),
    ...tlsOf(options),
  }
}

function tlsOf({ ssl_ca_certs: ca, ssl_certfile: cert, ssl_keyfile: key, ssl_cert_reqs: required }: MongodbOptions): MongoClientOptions {
  if (ca === '' && cert === '') return {}
  return {
    tls: true,
    tlsAllowInvalidCertificates: required === 'CERT_NONE',
    ...(ca === '' ? {} : { ca: readFile(ca) }),
    ...(cert === '' ? {} : { cert: readFile(cert), key: readFile(key === '' ? cert : key) }),
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Problems([`${path}, which a mongodb store needs for TLS, cannot be read: ${error instanceof Error ? error.message : String(error)}`])
  }
}

async function abilitiesOf(client: MongoClient): Promise<Abilities> {
  const admin = client.db('admin')
  const [hello, build] = await Promise.all([admin.command({ hello: 1 }), admin.command({ buildInfo: 1 })])
  return { transactions: isClustered(hello), version: String(build['version']) }
}

function isClustered(hello: Document): boolean {
  return hello['setName'] !== undefined || hello['msg'] === 'isdbgrid'
}

/** Refuses what may lose acknowledged messages: a lone server, and a write concern of one. */
function checkSafety(client: MongoClient, { transactions }: Abilities, { unreliable }: Tolerance): void {
  if (unreliable) return
  if (!transactions) {
    throw new Problems(['the database is a lone server, which can lose acknowledged messages and has no transactions: use a replica set or a sharded cluster, or set [DEFAULT] unreliable'])
  }
  const w = client.options.writeConcern?.w
  if (w !== undefined && w !== 'majority' && !(typeof w === 'number' && w >= 2)) {
    throw new Problems([`the uri of the database asks for write concern ${String(w)}, which can lose acknowledged messages: use majority or at least 2, or set [DEFAULT] unreliable`])
  }
}
