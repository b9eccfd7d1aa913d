/** The stores of the pools, opened when they are first used, and again when a pool gets another address. */
import type { Clock, Instant } from '../../clock.ts'
import { storageUnavailable } from '../../errors.ts'
import { maskUri, type Pool, type PoolName } from '../../model/pool.ts'
import type { ControlStore, DataStore } from '../contract.ts'
import type { Capability, PoolBackends } from '../directory.ts'
import { allPools } from './choice.ts'
import type { PoolDrivers } from './drivers.ts'

/** How long the list of pools is believed, in milliseconds. */
const BELIEVED_MS = 5000

interface Opened {
  readonly uri: string
  readonly store: Promise<DataStore>
  /** Uses under way. */
  users: number
  /** Aborted when nobody shall use it any more; the last user closes it. */
  readonly retired: AbortController
}

/** The list of pools as it was read. */
interface List {
  readonly pools: ReadonlyMap<PoolName, Pool>
  readonly since: Instant
}

/** Opens, shares and closes the stores of the pools. */
export class PoolStores implements PoolBackends {
  readonly #control: Pick<ControlStore, 'listPools'>
  readonly #drivers: PoolDrivers
  readonly #clock: Clock
  readonly #opened = new Map<PoolName, Opened>()
  #list: List | null = null
  #reading: Promise<List> | null = null

  constructor(control: Pick<ControlStore, 'listPools'>, drivers: PoolDrivers, clock: Clock) {
    this.#control = control
    this.#drivers = drivers
    this.#clock = clock
  }

  async pools(): Promise<readonly Pool[]> {
    return [...(await this.#believed()).pools.values()]
  }

  /** `retired` is aborted when the pool has got another address, or is closed: who works long with its store ends then. */
  async use<Result>(name: PoolName, action: (store: DataStore, retired: AbortSignal) => Promise<Result>): Promise<Result> {
    // A pool that is not in the list may have come since.
    const pool = (await this.#believed()).pools.get(name) ?? (await this.#read()).pools.get(name)
    if (pool === undefined) throw storageUnavailable('finding a pool', new Error(`there is no pool ${name}`))
    const opened = this.#open(pool)
    opened.users++
    try {
      return await action(await opened.store, opened.retired.signal)
    } finally {
      opened.users--
      closeIfUnused(opened)
    }
  }

  async probe(uri: string): Promise<void> {
    const store = await this.#openAt(uri)
    await store.ping().finally(() => store.close())
  }

  capabilities(uri: string): readonly Capability[] {
    return this.#drivers(uri)?.capabilities ?? []
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    const all = [...this.#opened.values()]
    this.#opened.clear()
    for (const { retired } of all) retired.abort()
    await Promise.all(all.map(async ({ store }) => (await store.catch(() => null))?.close()))
  }

  #believed(): List | Promise<List> {
    const age = this.#list === null ? Infinity : this.#clock.now() - this.#list.since
    return this.#list !== null && age >= 0 && age < BELIEVED_MS ? this.#list : this.#read()
  }

  #read(): Promise<List> {
    this.#reading ??= this.#readNow().finally(() => { this.#reading = null })
    return this.#reading
  }

  async #readNow(): Promise<List> {
    const since = this.#clock.now()
    const pools = new Map((await allPools(this.#control)).map(pool => [pool.name, pool]))
    for (const [name, { uri }] of this.#opened) if (pools.get(name)?.uri !== uri) this.#retire(name)
    this.#list = { pools, since }
    return this.#list
  }

  #open({ name, uri }: Pool): Opened {
    const before = this.#opened.get(name)
    if (before !== undefined) return before
    const opened: Opened = { uri, store: this.#openAt(uri), users: 0, retired: new AbortController() }
    this.#opened.set(name, opened)
    // Whoever comes next tries again.
    opened.store.catch(() => { if (this.#opened.get(name) === opened) this.#opened.delete(name) })
    return opened
  }

  async #openAt(uri: string): Promise<DataStore> {
    const driver = this.#drivers(uri)
    if (driver === null) throw storageUnavailable('opening a pool', new Error(`no driver may be used for ${maskUri(uri)}`))
    try {
      return await driver.open(uri)
    } catch (error) {
      throw storageUnavailable(`opening ${maskUri(uri)}`, error)
    }
  }

  #retire(name: PoolName): void {
    const opened = this.#opened.get(name)
    if (opened === undefined) return
    this.#opened.delete(name)
    opened.retired.abort()
    closeIfUnused(opened)
  }
}

function closeIfUnused(opened: Opened): void {
  if (!opened.retired.signal.aborted || opened.users > 0) return
  // A store that fails to open or to close is of no use to anybody any more.
  opened.store.then(store => store.close()).catch(() => undefined)
}
