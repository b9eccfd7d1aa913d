/** Waiting for the queues of a message store. */
import type { Epoch } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey, Wake } from '../../contract.ts'
import type { Instant } from '../../../clock.ts'
import type { Partition } from '../collections.ts'
import type { Lapse, Lapses } from '../lapses.ts'
import type { StoreTime } from '../time.ts'
import type { Feed } from './feed.ts'
import { messageFeed, newsOf } from './messages.ts'

/** What waiting needs of the store. */
export interface WatchedStore {
  readonly partitions: readonly Partition[]
  readonly time: StoreTime
  readonly lapses: Lapses
  readonly hasTransactions: boolean
  of(at: Pick<QueueKey, 'project' | 'queue'>): Partition
}

/** The watches of a process. */
export class Watches {
  readonly #store: WatchedStore
  readonly #feeds: ReadonlyMap<Partition, Feed<Epoch>>
  /** Ends of claims and delays that are about to come, the next first. */
  #lapses: readonly Lapse[] = []
  #disarm = () => { /* no alarm is set */ }
  readonly #ignoreLapses: () => void

  constructor(store: WatchedStore) {
    this.#store = store
    this.#feeds = new Map(store.partitions.map(partition => [partition, messageFeed(partition, store.hasTransactions)]))
    this.#ignoreLapses = store.lapses.follow((lapses, isAll) => { this.#expect(lapses, isAll) })
  }

  /** See `DataStore.watch`. */
  watch(at: QueueKey, wake: Wake): () => void {
    return this.#feeds.get(this.#store.of(at))?.watch(at.epoch, wake) ?? (() => undefined)
  }

  /** Tells what operations of this process did. */
  tell(unit: readonly Operation[], outcomes: readonly Outcome[]): void {
    for (const [index, operation] of unit.entries()) {
      const outcome = outcomes[index]
      const news = outcome === undefined ? null : newsOf(operation, outcome)
      if (news !== null) this.#feeds.get(this.#store.of(news.at))?.tell(news.at.epoch, news.messages)
    }
  }

  close(): void {
    this.#ignoreLapses()
    this.#disarm()
    for (const feed of this.#feeds.values()) feed.close()
  }

  #expect(lapses: readonly Lapse[], isAll: boolean): void {
    this.#lapses = [...lapses].sort((one, other) => one.end - other.end)
    if (!isAll) for (const feed of this.#feeds.values()) feed.hearAll()
    this.#arm()
  }

  #arm(): void {
    this.#disarm()
    const [next] = this.#lapses
    if (next !== undefined) this.#disarm = this.#store.time.at(next.end, () => { this.#ring(this.#store.time.now()) })
  }

  #ring(now: Instant): void {
    const over = new Map<number, number>()
    for (const { epoch, end } of this.#lapses) if (end <= now) over.set(epoch, (over.get(epoch) ?? 0) + 1)
    this.#lapses = this.#lapses.filter(({ end }) => end > now)
    this.#arm()
    for (const [epoch, messages] of over) for (const feed of this.#feeds.values()) feed.hear(epoch as Epoch, messages)
  }
}
