/** The part of the control store that knows the pools, the flavors, and which queue lies in which pool. */
import type { Flavor, FlavorName, Pool, PoolName } from '../model/pool.ts'
import type { Project } from '../model/names.ts'
import type { DataStore, Moving, QueueKey, QueueRecord } from './contract.ts'

/** Pools, flavors, and the catalogue of queues by pool. The catalogue is the `pool` of the queues' own records. */
export interface PoolDirectory {
  pool(name: PoolName): Promise<Pool | null>
  /** Stores a pool, over one of that name. `uri_taken`: another pool has the same address; nothing was stored. */
  putPool(pool: Pool): Promise<'stored' | 'uri_taken'>
  /** Forgets a pool, unless queues lie in it or are on their way to it. What is not there is `removed` too. */
  removePool(name: PoolName): Promise<'removed' | 'in_use'>
  /** Pools whose names sort after `after` in byte order, at most `limit`. */
  listPools(after: string, limit: number): Promise<readonly Pool[]>

  flavor(project: Project, name: FlavorName): Promise<Flavor | null>
  /** Stores a flavor, over one of that name. */
  putFlavor(flavor: Flavor): Promise<void>
  removeFlavor(project: Project, name: FlavorName): Promise<void>
  /** Flavors of one project whose names sort after `after` in byte order, at most `limit`. */
  listFlavors(project: Project, after: string, limit: number): Promise<readonly Flavor[]>
  /** Flavors of any project that stand for a group of pools, at most `limit`. */
  flavorsOf(group: string, limit: number): Promise<readonly Flavor[]>

  /** Queues that lie in a pool, by project and name, after the given one, at most `limit`. */
  queuesIn(pool: PoolName, after: Pick<QueueKey, 'project' | 'queue'> | null, limit: number): Promise<readonly QueueRecord[]>
  countQueuesIn(pool: PoolName): Promise<number>
  /**
   * Says where this incarnation of a queue lies, if it still lies in `at.pool`; false if not, or if it is no more. Fails as
   * unavailable if there is no such pool, or none to move to.
   */
  setPlace(at: QueueKey, place: { readonly pool: PoolName | null; readonly moving: Moving | null }): Promise<boolean>
}

/** What a queue can rely on in a pool, in the words of the API (api-v2.md 11). */
export type Capability = 'FIFO' | 'CLAIMS' | 'DURABILITY' | 'AOD' | 'HIGH_THROUGHPUT'

/** Roughly how many messages lie in a store, those that have expired and are not yet swept among them. */
export interface Volume {
  readonly total: number
  /** Of these, those that are under a claim. */
  readonly claimed: number
}

/** The stores behind the pools. */
export interface PoolBackends {
  /** The pools, as they were some seconds ago at most. */
  pools(): Promise<readonly Pool[]>
  /** Runs an action on the store of a pool. */
  use<Result>(name: PoolName, action: (store: DataStore) => Promise<Result>): Promise<Result>
  /** Opens the store at an address once and has it answer. Fails as unavailable if it does not, or may not be used. */
  probe(uri: string): Promise<void>
  /** What the store at an address offers; nothing if none can be there. */
  capabilities(uri: string): readonly Capability[]
}
