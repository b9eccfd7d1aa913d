/** Sweeping all pools, so that one which fails or is slow holds up no other. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolName } from '../../model/pool.ts'
import type { DataStore, Settled } from '../contract.ts'
import type { PoolStores } from './stores.ts'

/** How long a pool that failed is left alone, in milliseconds. */
const REST_MS = 5000
/** How long a slice of one pool is waited for; after that it goes on by itself, in milliseconds. */
const SLOW_MS = 1000

const NOTHING: Settled = { more: false, nextDue: null }

/** Works off what is due in the message store of the configuration, named null, and in all pools. */
export class Sweeping {
  readonly #home: DataStore
  readonly #pools: PoolStores
  readonly #tell: (pool: PoolName | null, failure: unknown) => void
  /** Whose slice is under way. */
  readonly #busy = new Set<PoolName | null>()
  /** When those that failed are tried again. */
  readonly #resting = new Map<PoolName | null, number>()

  constructor(home: DataStore, pools: PoolStores, tell: (pool: PoolName | null, failure: unknown) => void) {
    this.#home = home
    this.#pools = pools
    this.#tell = tell
  }

  /** A slice of each. */
  async settle(atMost: number): Promise<Settled> {
    const names = [null, ...(await this.#pools.pools()).map(({ name }) => name)]
    const each = await Promise.all(names.map(name => Promise.race([this.#slice(name, atMost), sleep(SLOW_MS, NOTHING, { ref: false })])))
    const due = each.flatMap(({ nextDue }) => nextDue ?? [])
    return { more: each.some(({ more }) => more), nextDue: due.length === 0 ? null : Math.min(...due) }
  }

  async #slice(name: PoolName | null, atMost: number): Promise<Settled> {
    if (this.#busy.has(name) || (this.#resting.get(name) ?? 0) > performance.now()) return NOTHING
    this.#busy.add(name)
    try {
      const settled = await (name === null ? this.#home.settle(atMost) : this.#pools.use(name, store => store.settle(atMost)))
      this.#resting.delete(name)
      return settled
    } catch (failure) {
      if (!this.#resting.has(name)) this.#tell(name, failure)
      this.#resting.set(name, performance.now() + REST_MS)
      return NOTHING
    } finally {
      this.#busy.delete(name)
    }
  }
}
