/** The MongoDB control store: queues by name. */
import { randomBytes } from 'node:crypto'
import { Binary, type ClientSession, type Collection, type MongoClient } from 'mongodb'
import type { JsonText } from '../../model/json.ts'
import type { Epoch, Project, QueueName } from '../../model/names.ts'
import type { PoolName } from '../../model/pool.ts'
import { storageUnavailable } from '../../errors.ts'
import type { ControlStore, NewQueue, QueueKey, QueueRecord } from '../contract.ts'
import { scramble } from '../scramble.ts'
import type { Guard } from './guard.ts'
import { Lines } from './lines.ts'
import { poolDirectory, type FlavorDocument, type PoolDocument } from './pools.ts'
import { inTransaction, isTaken, inSession } from './transactions.ts'
import { nameFeed } from './watching/names.ts'

/** A queue. Its `_id` is its project and its name with a zero between, so that the order of ids is that of projects and names. */
export interface QueueDocument {
  readonly _id: string
  /** Its epoch. */
  readonly e: number
  /** Its metadata, as the text that came. */
  readonly m: string
  readonly pool: string | null
  readonly moving: { readonly to: string; readonly stage: 'announced' | 'sealed' | 'copied' } | null
}

interface MetaDocument {
  readonly _id: 'epochs'
  readonly count: number
  readonly secret: Binary
}

/** The collections of a control store. */
export interface ControlCollections {
  readonly queues: Collection<QueueDocument>
  readonly pools: Collection<PoolDocument>
  readonly flavors: Collection<FlavorDocument>
  /** A document that all who create queues under a quota write, so that of two at once one starts again. */
  readonly projects: Collection<{ readonly _id: string; readonly turn: number }>
  readonly meta: Collection<MetaDocument>
}

/** How often a creation is tried while others create queues of the same project. */
const MAX_ATTEMPTS = 100

export function controlCollections(client: MongoClient, database: string): ControlCollections {
  const db = client.db(database)
  return { queues: db.collection('queues'), pools: db.collection('pools'), flavors: db.collection('flavors'), projects: db.collection('projects'), meta: db.collection('meta') }
}

/** Makes what a control store needs to begin with. */
export async function prepareControl({ queues, pools, flavors, meta }: ControlCollections): Promise<void> {
  await queues.createIndexes([
    { key: { e: 1 }, name: 'epoch', unique: true },
    { key: { pool: 1, _id: 1 }, name: 'pool' },
    { key: { 'moving.to': 1 }, name: 'coming', partialFilterExpression: { 'moving.to': { $exists: true } } },
  ])
  await pools.createIndexes([{ key: { uri: 1 }, name: 'address' }])
  await flavors.createIndexes([{ key: { group: 1 }, name: 'group' }])
  await meta.updateOne({ _id: 'epochs' }, { $setOnInsert: { count: 0, secret: new Binary(randomBytes(16)) } }, { upsert: true })
}

/** The `_id` of a queue. A name beyond any that can exist is cut: its place in the order stays the same. */
export function queueId(project: Project, name: string): string {
  return `${project}\0${name.slice(0, 65)}`
}

/** A filter for the queues of a project after a name. */
function queuesOf(project: Project, after = ''): { readonly _id: { readonly $gt: string; readonly $lt: string } } {
  return { _id: { $gt: queueId(project, after), $lt: `${project}\u0001` } }
}

/** A queue as it is known outside. */
export function recordOf({ _id, e, m, pool, moving }: QueueDocument): QueueRecord {
  const end = _id.indexOf('\0')
  return {
    project: _id.slice(0, end) as Project,
    queue: _id.slice(end + 1) as QueueName,
    epoch: e as Epoch,
    metadata: m as JsonText,
    pool: pool as PoolName | null,
    moving: moving === null ? null : { to: moving.to as PoolName, stage: moving.stage },
  }
}

/** The control store of an open connection, which `close` ends. */
export function mongodbControl(client: MongoClient, collections: ControlCollections, hasTransactions: boolean, guarded: Guard, close: () => Promise<void>): ControlStore {
  const { queues, pools, projects, meta } = collections
  const feed = nameFeed(queues, hasTransactions)
  /** Creations under a quota wait for others of their project. */
  const lines = new Lines<Project>()

  async function find(project: Project, queue: QueueName): Promise<QueueRecord | null> {
    const document = await queues.findOne({ _id: queueId(project, queue) })
    return document === null ? null : recordOf(document)
  }

  async function nextEpoch(): Promise<Epoch> {
    const document = await meta.findOneAndUpdate({ _id: 'epochs' }, { $inc: { count: 1 } }, { returnDocument: 'after' })
    if (document === null) throw new Error('the count of epochs is missing')
    return scramble(document.count, Buffer.from(document.secret.buffer))
  }

  /** Null if another process created it meanwhile. */
  async function insert(project: Project, queue: QueueName, { metadata, pool }: NewQueue, session?: ClientSession): Promise<QueueRecord | null> {
    const document: QueueDocument = { _id: queueId(project, queue), e: await nextEpoch(), m: metadata, pool, moving: null }
    try {
      await queues.insertOne(document, inSession(session))
    } catch (error) {
      if (session === undefined && isTaken(error)) return null
      throw error
    }
    return recordOf(document)
  }

  /** Creates a queue if the project has room for it; null if not, undefined if the race for the name was lost. */
  async function insertWithin(project: Project, queue: QueueName, given: NewQueue, session?: ClientSession): Promise<QueueRecord | null | undefined> {
    const options = inSession(session)
    await projects.updateOne({ _id: project }, { $inc: { turn: 1 } }, options)
    if (await queues.countDocuments(queuesOf(project), options) >= given.atMost) return null
    return await insert(project, queue, given, session) ?? undefined
  }

  async function create(project: Project, queue: QueueName, given: NewQueue): Promise<{ readonly created: boolean; readonly record: QueueRecord } | null> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const existing = await find(project, queue)
      if (existing !== null) return { created: false, record: existing }
      const record = await createNew(project, queue, given)
      if (record === null) return null
      if (record !== undefined) {
        await checkPool(record)
        return { created: true, record }
      }
    }
    throw storageUnavailable(`creating a queue: lost the race against other processes ${MAX_ATTEMPTS} times`, undefined)
  }

  async function createNew(project: Project, queue: QueueName, given: NewQueue): Promise<QueueRecord | null | undefined> {
    if (given.atMost === Infinity) return await insert(project, queue, given) ?? undefined
    // Before the transaction: in it two could make the document at once.
    await projects.updateOne({ _id: project }, { $setOnInsert: { turn: 0 } }, { upsert: true })
    return lines.wait(project, async () => {
      if (!hasTransactions) return insertWithin(project, queue, given)
      return (await inTransaction(client, session => insertWithin(project, queue, given, session), record => record !== null))?.result
    })
  }

  /** A pool that was removed while the queue was put into it: one of the two notices, here or in `removePool`. */
  async function checkPool({ project, queue, epoch, pool }: QueueRecord): Promise<void> {
    if (pool === null || await pools.findOne({ _id: pool }, { projection: { _id: 1 } }) !== null) return
    await queues.deleteOne({ _id: queueId(project, queue), e: epoch })
    throw storageUnavailable(`pool ${pool} was removed while a queue was put into it`, undefined)
  }

  /** Changes which queue stands under a name, or where it lies, and tells it to those who wait here. */
  async function changing<Result>(what: string, { project, queue }: Pick<QueueKey, 'project' | 'queue'>, change: () => Promise<Result>): Promise<Result> {
    const result = await guarded(what, change)
    feed.tell(queueId(project, queue), Infinity)
    return result
  }

  const directory = poolDirectory(collections, guarded)
  const current = ({ project, queue, epoch }: QueueKey) => ({ _id: queueId(project, queue), e: epoch })

  return {
    ...directory,
    setPlace: (at, place) => changing('placing a queue', at, () => directory.setPlace(at, place)),
    queue: (project, queue) => guarded('reading a queue', () => find(project, queue)),
    createQueue: (project, queue, given) => changing('creating a queue', { project, queue }, () => create(project, queue, given)),
    watch: ({ project, queue }, change) => feed.watch(queueId(project, queue), change),
    countQueues: project => guarded('counting queues', () => queues.countDocuments(queuesOf(project))),
    setMetadata: (at, metadata, former) => guarded('setting metadata', async () => {
      const filter = former === undefined ? current(at) : { ...current(at), m: former }
      return (await queues.updateOne(filter, { $set: { m: metadata } })).matchedCount > 0
    }),
    removeQueue: at => changing('removing a queue', at, async () => { await queues.deleteOne(current(at)) }),
    listQueues: (project, after, limit) => guarded('listing queues', () => queues.find(queuesOf(project, after)).sort({ _id: 1 }).limit(limit).map(recordOf).toArray()),
    ping: () => guarded('ping', async () => { await client.db('admin').command({ ping: 1 }) }),
    async close() {
      feed.close()
      await close()
    },
  }
}
