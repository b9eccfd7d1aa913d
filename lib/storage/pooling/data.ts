/** A data store made of those of the pools: each queue is served by the one it lies in, and followed when it is moved. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import { storageUnavailable } from '../../errors.ts'
import type { PoolName } from '../../model/pool.ts'
import type { Catalogue } from '../cache.ts'
import type { DataStore, Operation, Outcome, QueueKey } from '../contract.ts'
import type { PoolStores } from './stores.ts'
import { Sweeping } from './sweeping.ts'
import { watchInPool } from './watch.ts'
import { SharedAllowance, total, type Within } from './usage.ts'

/** How long a request waits for a queue that is being copied, in milliseconds. */
const PATIENCE_MS = 10_000
/** The first pause between two looks at such a queue, and the longest, in milliseconds. */
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/** What a pooled data store works with. */
export interface PooledParts {
  /** Where queues are looked up again. */
  readonly catalogue: Catalogue
  /** The message store of the configuration, for queues that lie in no pool. */
  readonly home: DataStore
  readonly pools: PoolStores
  /** Whether new queues may come to lie in no pool. */
  readonly hasVirtualPool: boolean
  /** Is told when a pool, or with null that store, could not be swept; once, until it can. */
  readonly tell: (pool: PoolName | null, failure: unknown) => void
  readonly clock: Clock
}

/**
 * A store of stores. The operations of a unit must concern queues of one pool. A claim whose dead-letter queue lies in another pool
 * is answered `no_dead_letter_queue`.
 */
export function pooledData({ catalogue, home, pools, hasVirtualPool, tell, clock }: PooledParts): DataStore {
  const within: Within = (pool, action) => pool === null ? action(home) : pools.use(pool, action)
  const names = async () => [null, ...(await pools.pools()).map(({ name }) => name)]
  const sweeping = new Sweeping(home, pools, tell)
  const allowance = new SharedAllowance(within, names, clock)

  /**
   * Reads from a queue. It may have been closed or moved away meanwhile, so that what was read lacks something: afterwards it is
   * looked up. What is remembered of places does no harm, see `REMEMBERED_MS`.
   */
  async function reading<Result>(at: QueueKey, read: (store: DataStore, at: QueueKey) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + PATIENCE_MS
    for (let key = at; ;) {
      const result = await within(key.pool, store => read(store, key))
      const elsewhere = key.pool === null ? null : await whereElse(key, deadline)
      if (elsewhere === null) return result
      key = elsewhere
    }
  }

  /** Where a queue has to be read instead; null if it was served where it was read, or is no more. */
  async function whereElse(at: QueueKey, deadline: number): Promise<QueueKey | null> {
    const record = await catalogue.queue(at.project, at.queue)
    if (record === null || record.epoch !== at.epoch) return null
    if (record.pool !== at.pool) return record
    return record.moving?.stage === 'sealed' ? moved(at, deadline) : null
  }

  /** Waits until a queue that was closed lies elsewhere; null if it was deleted meanwhile. */
  async function moved(at: QueueKey, deadline: number): Promise<QueueKey | null> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const record = await catalogue.fresh(at.project, at.queue)
      if (record === null || record.epoch !== at.epoch) return null
      if (record.pool !== at.pool) return record
      if (performance.now() > deadline) throw storageUnavailable('waiting for a queue', new Error(`queue ${at.queue} is being moved out of pool ${at.pool ?? ''}`))
      await sleep(pause)
    }
  }

  /** Commits a unit whose queues are thought to lie in one pool. */
  async function commitIn(pool: PoolName | null, unit: readonly Operation[]): Promise<readonly Outcome[]> {
    if (unit.some(({ at }) => at.pool !== pool)) {
      throw storageUnavailable('commit', new Error(`the queues of one unit lie in several pools: ${[...new Set(unit.map(({ at }) => at.pool ?? 'none'))].join(', ')}`))
    }
    if (unit.some(operation => (deadLetterQueueOf(operation) ?? { pool }).pool !== pool)) {
      return unit.map(() => ({ is: 'no_dead_letter_queue' }))
    }
    for (const { op, at } of unit) if (op === 'drop') await dropCopy(at)
    const shares = await Promise.all(unit.map(operation => allowance.share(operation)))
    const outcomes = await within(pool, store => store.commit(shares.map(({ operation }) => operation)))
    return outcomes.map((outcome, index) => shares[index]?.tell(outcome) ?? outcome)
  }

  /** A queue that is dropped while it is copied is dropped where it goes, too; first, since only the other drop is seen. */
  async function dropCopy(at: QueueKey): Promise<void> {
    const record = at.pool === null ? null : await catalogue.fresh(at.project, at.queue)
    if (record === null || record.epoch !== at.epoch || record.moving === null || record.moving.to === at.pool) return
    const key = { ...at, pool: record.moving.to }
    await within(key.pool, store => store.commit([{ op: 'drop', at: key }]))
  }

  /** Waits for dead-letter queues that are being copied: whoever made the claim looks for them anew, at once. */
  async function deadLettersMoved(unit: readonly Operation[], outcomes: readonly Outcome[], deadline: number): Promise<void> {
    for (const [index, operation] of unit.entries()) {
      const to = deadLetterQueueOf(operation)
      if (outcomes[index]?.is !== 'no_dead_letter_queue' || to === null) continue
      const record = await catalogue.fresh(to.project, to.queue)
      if (record?.epoch === to.epoch && record.moving?.stage === 'sealed') await moved(record, deadline)
    }
  }

  return {
    async commit(unit) {
      const deadline = performance.now() + PATIENCE_MS
      for (let placed = unit; ;) {
        const [first] = placed
        if (first === undefined) return []
        const { pool } = first.at
        const outcomes = await commitIn(pool, placed)
        if (!outcomes.some(({ is }) => is === 'elsewhere')) {
          await deadLettersMoved(placed, outcomes, deadline)
          return outcomes
        }
        const next: Operation[] = []
        for (const [index, operation] of placed.entries()) {
          const at = outcomes[index]?.is === 'elsewhere' ? await moved(operation.at, deadline) : operation.at
          if (at === null) return outcomes.map(outcome => outcome.is === 'elsewhere' ? { is: 'gone' } : outcome)
          next.push({ ...operation, at })
        }
        placed = next
      }
    },
    stands: at => reading(at, (store, key) => store.stands(key)),
    read: (at, range) => reading(at, (store, key) => store.read(key, range)),
    position: (at, id) => reading(at, (store, key) => store.position(key, id)),
    get: (at, ids) => reading(at, (store, key) => store.get(key, ids)),
    claim: (at, id) => reading(at, (store, key) => store.claim(key, id)),
    stats: at => reading(at, (store, key) => store.stats(key)),
    dump: (at, after, limit) => reading(at, (store, key) => store.dump(key, after, limit)),
    async usage(project) {
      return total(await Promise.all((await names()).map(name => within(name, store => store.usage(project)))))
    },
    // Who waits is told by the control store where a queue goes that is moved.
    watch: (at, wake) => at.pool === null ? home.watch(at, wake) : watchInPool(pools, at.pool, store => store.watch(at, wake), wake),
    settle: atMost => sweeping.settle(atMost),
    async ping() {
      const all = await names()
      // One that is down keeps only its own queues from being served.
      const asked = hasVirtualPool || all.length === 1 ? all : all.filter(name => name !== null)
      await Promise.any(asked.map(name => within(name, store => store.ping()))).catch((error: unknown) => {
        throw storageUnavailable('ping', error instanceof AggregateError ? error.errors[0] : error)
      })
    },
    async close() {
      await Promise.all([home.close(), pools.close()])
    },
  }
}

/** Where a claim may put messages; null if nowhere. */
function deadLetterQueueOf(operation: Operation): QueueKey | null {
  return operation.op === 'claim' ? operation.deadLetter?.to ?? null : null
}
