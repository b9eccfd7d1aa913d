/** What every operation of the message store works on. */
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientSession, MongoClient } from 'mongodb'
import { storageUnavailable } from '../../errors.ts'
import type { QueueKey } from '../contract.ts'
import { partitionOf, type Partition } from './collections.ts'
import type { Lapses } from './lapses.ts'
import { Tails } from './tails.ts'
import type { StoreTime } from './time.ts'
import { inTransaction } from './transactions.ts'
import { Watches } from './watching/watches.ts'

/** How often and how fast an operation that lost a race is tried again. */
export interface Retries {
  readonly attempts: number
  /** Milliseconds. */
  readonly maxSleep: number
  readonly jitter: number
}

/** How long an operation goes on trying, in milliseconds: whoever asked for it wants an answer. */
const PATIENCE_MS = 5_000

/** What a message store is made of. */
export interface StoreParts {
  readonly client: MongoClient
  readonly partitions: readonly Partition[]
  readonly time: StoreTime
  readonly lapses: Lapses
  readonly hasTransactions: boolean
}

/** An open message store. */
export class Store implements StoreParts {
  readonly client: MongoClient
  readonly partitions: readonly Partition[]
  readonly time: StoreTime
  readonly lapses: Lapses
  readonly hasTransactions: boolean
  readonly tails: Tails
  readonly watches: Watches
  readonly #retries: Retries

  constructor({ client, partitions, time, lapses, hasTransactions }: StoreParts, retries: Retries) {
    this.client = client
    this.partitions = partitions
    this.time = time
    this.lapses = lapses
    this.hasTransactions = hasTransactions
    this.#retries = retries
    this.tails = new Tails(this)
    this.watches = new Watches(this)
  }

  /** The collections that a queue's documents are in. */
  of(at: Pick<QueueKey, 'project' | 'queue'>): Partition {
    return partitionOf(this.partitions, at)
  }

  /** On a lone server nobody is told of changes: has those who look for them look into a queue. After messages came to be free there. */
  async stir(at: QueueKey): Promise<void> {
    if (!this.hasTransactions) await this.of(at).heads.updateOne({ _id: at.epoch }, { $inc: { w: 1 } })
  }

  /** Tries until an attempt does not answer `undefined`, for some seconds; the longer it takes, the longer it waits in between. */
  async retry<Result>(what: string, attempt: (number: number) => Promise<Result | undefined>): Promise<Result> {
    const { attempts, maxSleep, jitter } = this.#retries
    const deadline = performance.now() + PATIENCE_MS
    for (let number = 0; number < attempts && performance.now() < deadline; number++) {
      const result = await attempt(number)
      if (result !== undefined) return result
      await sleep((number / attempts) * maxSleep + (jitter > 0 ? randomInt(jitter * 1000) / 1000 : 0))
    }
    throw storageUnavailable(`${what}: lost the race against other processes too often`, undefined)
  }

  /** Carries out `action` in a transaction, if there are any, see `inTransaction`. Without them it is carried out as it comes. */
  transaction<Result>(what: string, action: (session: ClientSession | undefined) => Promise<Result>, isKept: (result: Result) => boolean): Promise<Result> {
    if (!this.hasTransactions) return action(undefined)
    return this.retry(what, async () => inTransaction(this.client, action, isKept)).then(({ result }) => result)
  }
}
