/** What the package `mongodb` by itself can do with the documents that the service stores: the same inserts, finds and updates, and no more. */
import { randomBytes } from 'node:crypto'
import { MongoClient, ObjectId, type Collection } from 'mongodb'
import { makeIndexes, partitionsOf } from '../../lib/storage/mongodb/collections.ts'
import type { MessageDocument } from '../../lib/storage/mongodb/documents.ts'
import type { Slice } from './generator.ts'

const TTL_MS = 3_600_000
const FREE = new Date(0)
const PAGE = 10
const BODY = JSON.stringify('x'.repeat(1024 - 2))

/** A unit of work that is done over and over; `worker` is the number of the one who does it. */
export type RawUnit = (worker: number) => Promise<unknown>

/** A database with the collections and indexes of a message store. */
export class RawStore {
  readonly #client: MongoClient
  readonly #messages: Collection<MessageDocument>
  #queues = 0

  static async open(uri: string, connections: number): Promise<RawStore> {
    const client = await new MongoClient(uri, { maxPoolSize: connections, writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } }).connect()
    const partitions = partitionsOf(client, 'raw', 1)
    await makeIndexes(partitions)
    const [{ messages } = { messages: null }] = partitions
    if (messages === null) throw new Error('a message store without partitions')
    return new RawStore(client, messages)
  }

  private constructor(client: MongoClient, messages: Collection<MessageDocument>) {
    this.#client = client
    this.#messages = messages
  }

  /** Inserts one message, everyone into the same queue. */
  inserting(): RawUnit {
    const queue = ++this.#queues
    let sequence = 0
    return () => this.#messages.insertOne(documentAt(queue, ++sequence))
  }

  /** Finds the first ten messages of a queue of so many. */
  async finding(depth: number): Promise<RawUnit> {
    const queue = await this.#fill(depth)
    return () => this.#findFree(queue)
  }

  /** Finds the first ten messages of a queue, marks them as claimed and as free again; each worker in a queue of its own. */
  async updating(depth: number, workers: number): Promise<RawUnit> {
    const queues: number[] = []
    for (let worker = 0; worker < workers; worker++) queues.push(await this.#fill(depth))
    return async worker => {
      const queue = queues[worker] ?? 0
      const found = await this.#findFree(queue)
      const c = new ObjectId(randomBytes(12))
      const now = Date.now()
      const ids = found.map(({ _id }) => _id)
      await this.#messages.updateMany({ _id: { $in: ids }, q: queue, f: FREE }, { $set: { f: new Date(now + 300_000), c, ct: 300, cs: new Date(now) }, $inc: { n: 1 } })
      await this.#messages.updateMany({ c, f: { $gt: new Date(now) } }, { $set: { f: FREE }, $unset: { c: 1, ct: 1, cs: 1, n: 1 } })
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #findFree(queue: number): Promise<MessageDocument[]> {
    const place = { $gt: idAt(queue, 0), $lte: idAt(queue, 2 ** 31) }
    return this.#messages.find({ q: queue, f: FREE, _id: place, u: { $gt: new Date() } }).sort({ _id: 1 }).limit(PAGE).toArray()
  }

  async #fill(depth: number): Promise<number> {
    const queue = ++this.#queues
    await this.#messages.insertMany(Array.from({ length: depth }, (_, index) => documentAt(queue, index + 1)))
    return queue
  }
}

function idAt(queue: number, sequence: number): ObjectId {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(queue, 0)
  bytes.writeUInt32BE(sequence, 8)
  return new ObjectId(bytes)
}

function documentAt(queue: number, sequence: number): MessageDocument {
  const now = Date.now()
  return { _id: idAt(queue, sequence), q: queue, f: FREE, u: new Date(now + TTL_MS), a: new Date(now), t: TTL_MS / 1000, w: 12_345, b: BODY, s: BODY.length }
}

/** Has so many workers do units for a while. */
export async function repeat(unit: RawUnit, workers: number, seconds: number): Promise<Slice> {
  const latencies: number[] = []
  const before = performance.eventLoopUtilization()
  const started = performance.now()
  const end = started + seconds * 1000
  await Promise.all(Array.from({ length: workers }, async (_, worker) => {
    for (let at = performance.now(); at < end;) {
      await unit(worker)
      const now = performance.now()
      latencies.push(now - at)
      at = now
    }
  }))
  const units = latencies.length
  return {
    requests: units, units, seconds: (performance.now() - started) / 1000, messages: units, latencies, failures: 0, bytes: 0,
    load: performance.eventLoopUtilization(before).utilization,
  }
}
