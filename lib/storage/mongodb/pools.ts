/** The part of the MongoDB control store that knows pools, flavors, and which queue lies where. */
import type { Filter } from 'mongodb'
import { storageUnavailable } from '../../errors.ts'
import type { JsonText } from '../../model/json.ts'
import type { Project } from '../../model/names.ts'
import type { Flavor, FlavorName, Pool, PoolName } from '../../model/pool.ts'
import type { PoolDirectory } from '../directory.ts'
import type { QueueKey, QueueRecord } from '../contract.ts'
import { queueId, recordOf, type ControlCollections, type QueueDocument } from './control.ts'
import type { Guard } from './guard.ts'

/** A pool, by name. */
export interface PoolDocument {
  readonly _id: string
  readonly uri: string
  readonly weight: number
  readonly group: string | null
  readonly options: string
  readonly draining: boolean
}

/** A flavor. Its `_id` is its project and its name with a zero between. */
export interface FlavorDocument {
  readonly _id: string
  readonly group: string
  readonly capabilities: string
}

/** Pools, flavors and places in the collections of a control store. */
export function poolDirectory({ queues, pools, flavors }: ControlCollections, guarded: Guard): PoolDirectory {
  async function remove(name: PoolName): Promise<'removed' | 'in_use'> {
    // Taken away first, and looked after then: whoever places a queue here meanwhile looks whether the pool is there in the other order.
    const pool = await pools.findOneAndDelete({ _id: name })
    const isUsed = async (filter: Filter<QueueDocument>) => await queues.findOne(filter, { projection: { _id: 1 } }) !== null
    if (pool === null || !(await isUsed({ pool: name }) || await isUsed({ 'moving.to': name }))) return 'removed'
    await pools.insertOne(pool)
    return 'in_use'
  }

  /** Looks before and after: of two processes that register one address at once, at least one takes its pool back. */
  async function put({ name, ...rest }: Pool): Promise<'stored' | 'uri_taken'> {
    const isTaken = async () => await pools.findOne({ uri: rest.uri, _id: { $ne: name } }, { projection: { _id: 1 } }) !== null
    if (await isTaken()) return 'uri_taken'
    const before = await pools.findOneAndReplace({ _id: name }, rest, { upsert: true, returnDocument: 'before' })
    if (!await isTaken()) return 'stored'
    if (before === null) await pools.deleteOne({ _id: name })
    else await pools.replaceOne({ _id: name }, before)
    return 'uri_taken'
  }

  async function place({ project, queue, epoch, pool: from }: QueueKey, { pool, moving }: Pick<QueueRecord, 'pool' | 'moving'>): Promise<boolean> {
    const filter = { _id: queueId(project, queue), e: epoch, pool: from }
    const before = await queues.findOneAndUpdate(filter, { $set: { pool, moving } }, { returnDocument: 'before' })
    if (before === null) return false
    const needed = [...new Set([pool, moving?.to ?? null].filter(name => name !== null))]
    if (needed.length === 0 || await pools.countDocuments({ _id: { $in: needed } }) === needed.length) return true
    await queues.updateOne({ ...filter, pool }, { $set: { pool: before.pool, moving: before.moving } })
    throw storageUnavailable('placing a queue', new Error(`one of the pools ${needed.join(' and ')} is missing`))
  }

  return {
    pool: name => guarded('reading a pool', async () => poolOf(await pools.findOne({ _id: name }))),
    putPool: pool => guarded('storing a pool', () => put(pool)),
    removePool: name => guarded('removing a pool', () => remove(name)),
    listPools: (after, limit) => guarded('listing pools', async () => (await pools.find({ _id: { $gt: after } }).sort({ _id: 1 }).limit(limit).toArray()).flatMap(each => poolOf(each) ?? [])),

    flavor: (project, name) => guarded('reading a flavor', async () => flavorOf(await flavors.findOne({ _id: flavorId(project, name) }))),
    putFlavor: ({ project, name, group, capabilities }) => guarded('storing a flavor', async () => {
      await flavors.replaceOne({ _id: flavorId(project, name) }, { group, capabilities }, { upsert: true })
    }),
    removeFlavor: (project, name) => guarded('removing a flavor', async () => { await flavors.deleteOne({ _id: flavorId(project, name) }) }),
    listFlavors: (project, after, limit) => guarded('listing flavors', async () =>
      (await flavors.find({ _id: { $gt: flavorId(project, after), $lt: `${project}\u0001` } }).sort({ _id: 1 }).limit(limit).toArray()).flatMap(each => flavorOf(each) ?? [])),
    flavorsOf: (group, limit) => guarded('listing flavors', async () => (await flavors.find({ group }).sort({ _id: 1 }).limit(limit).toArray()).flatMap(each => flavorOf(each) ?? [])),

    queuesIn: (pool, after, limit) => guarded('listing the queues of a pool', () =>
      queues.find({ pool, ...(after === null ? {} : { _id: { $gt: queueId(after.project, after.queue) } }) }).sort({ _id: 1 }).limit(limit).map(recordOf).toArray()),
    countQueuesIn: pool => guarded('counting the queues of a pool', () => queues.countDocuments({ pool })),
    setPlace: (at, where) => guarded('placing a queue', () => place(at, where)),
  }
}

function flavorId(project: Project, name: string): string {
  return `${project}\0${name}`
}

function poolOf(document: PoolDocument | null): Pool | null {
  if (document === null) return null
  const { _id, uri, weight, group, options, draining } = document
  return { name: _id as PoolName, uri, weight, group, options: options as JsonText, draining }
}

function flavorOf(document: FlavorDocument | null): Flavor | null {
  if (document === null) return null
  const { _id, group, capabilities } = document
  const end = _id.indexOf('\0')
  return { project: _id.slice(0, end) as Project, name: _id.slice(end + 1) as FlavorName, group, capabilities: capabilities as JsonText }
}
