/** Which queues lie in which pool: the index that is kept beside the rows of the queues, and its counts. */
import { storageUnavailable } from '../../errors.ts'
import type { Project, QueueName } from '../../model/names.ts'
import type { PoolName } from '../../model/pool.ts'
import type { QueueKey, QueueRecord } from '../contract.ts'
import type { Environment } from './environment.ts'
import { placeKey, endUnder, startUnder, poolKey } from './keys.ts'

/** How many queues a pool has to do with. */
export interface Placed {
  /** That lie in it. */
  readonly here: number
  /** That are on their way to it. */
  readonly coming: number
}

const EMPTY = Buffer.alloc(0)

/** How many queues lie in a pool or are on their way to it. */
export function placedIn(env: Environment, pool: PoolName): Placed {
  const row = env.placedCounts.get(poolKey(pool))
  return row === null ? { here: 0, coming: 0 } : { here: row.readUInt32LE(0), coming: row.readUInt32LE(4) }
}

/** A queue by name, and where it lies. */
type Place = Omit<QueueRecord, 'epoch' | 'metadata'>

/** Follows the change of a queue's row; null where there was or is none. In a write transaction. */
export function followPlace(env: Environment, before: Place | null, after: Place | null): void {
  // A pool that has the queue already cannot have been removed.
  const known = before === null ? [] : poolsOf(before)
  if (after !== null) for (const pool of poolsOf(after)) if (!known.includes(pool)) requirePool(env, pool)
  if (before !== null) leave(env, before)
  if (after !== null) enter(env, after)
}

function poolsOf({ pool, moving }: Place): PoolName[] {
  return [pool, moving?.to ?? null].filter(name => name !== null)
}

function requirePool(env: Environment, pool: PoolName): void {
  if (env.pools.get(poolKey(pool)) === null) throw storageUnavailable('placing a queue', new Error(`there is no pool ${pool}`))
}

function leave(env: Environment, place: Place): void {
  if (place.pool !== null) {
    env.placed.remove(placeKey(place.pool, place))
    count(env, place.pool, -1, 0)
  }
  if (place.moving !== null) count(env, place.moving.to, 0, -1)
}

function enter(env: Environment, place: Place): void {
  if (place.pool !== null) {
    env.placed.put(placeKey(place.pool, place), EMPTY)
    count(env, place.pool, 1, 0)
  }
  if (place.moving !== null) count(env, place.moving.to, 0, 1)
}

function count(env: Environment, pool: PoolName, here: number, coming: number): void {
  const before = placedIn(env, pool)
  const row = Buffer.allocUnsafe(8)
  row.writeUInt32LE(before.here + here)
  row.writeUInt32LE(before.coming + coming, 4)
  if (row.some(byte => byte > 0)) env.placedCounts.put(poolKey(pool), row)
  else env.placedCounts.remove(poolKey(pool))
}

/** A queue by name. */
type Named = Pick<QueueKey, 'project' | 'queue'>

/** The queues of a pool after one of them, by project and name. */
export function namesIn(env: Environment, pool: PoolName, after: Named | null, limit: number): Named[] {
  const start = after === null ? startUnder(pool) : placeKey(pool, after)
  // One more, because the one to start after may be there and does not count.
  return env.placed.keys(start, endUnder(pool), limit + 1)
    .filter(key => after === null || !key.equals(start))
    .slice(0, limit)
    .map(key => {
      const [, project = '', queue = ''] = key.toString().split('\0')
      return { project: project as Project, queue: queue as QueueName }
    })
}
