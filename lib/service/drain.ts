/**
 * Draining a pool: moving its queues to others while they are in use. It may be broken off at any moment and begun again; what is on its
 * way goes on then.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Project, QueueName } from '../model/names.ts'
import type { Pool, PoolName } from '../model/pool.ts'
import type { QueueRecord } from '../storage/contract.ts'
import { Destinations } from './destinations.ts'
import { requirePool } from './pools.ts'
import { copyQueue, leaveQueue, note, type MoveParts, type MovingRecord } from './queue-move.ts'

/** Queues that are announced together. */
const BATCH = 200
/** Queues that are copied at once. */
const AT_ONCE = 4
/** How long a request may be under way between looking a queue up and working on it, in milliseconds. */
export const IN_FLIGHT_MS = 1000

/** What a drain works with. */
export interface DrainParts extends MoveParts {
  /** How long requests may go by what was known of a queue before, in milliseconds: it is remembered, or they are under way. */
  readonly staleMs: number
}

/** How far a drain is. */
export interface Drained {
  /** Queues that were moved, and their messages. */
  readonly queues: number
  readonly messages: number
  /** Queues that are still in the pool. */
  readonly left: number
}

/** A queue that could not be moved. It stays where it is, and is served there unless its copying had begun. */
export interface Stuck {
  readonly project: Project
  readonly queue: QueueName
  readonly reason: unknown
}

/** Moves all queues out of a pool that is placed in no more. Tells after each queue how far it is. Answers those that stay. */
export async function drainPool(parts: DrainParts, name: PoolName, tell: (drained: Drained) => void): Promise<readonly Stuck[]> {
  const pool = await requirePool(parts, name)
  if (!pool.draining) await parts.control.putPool({ ...pool, draining: true })
  return new Drain(parts, pool, tell).run()
}

/** Takes a pool back into use. What is on its way and not yet being copied stays; the rest goes on. Answers what could not. */
export async function keepPool(parts: DrainParts, name: PoolName, tell: (drained: Drained) => void): Promise<readonly Stuck[]> {
  const pool = await requirePool(parts, name)
  await parts.control.putPool({ ...pool, draining: false })
  return new Drain(parts, pool, tell).finish()
}

class Drain {
  readonly #parts: DrainParts
  readonly #pool: Pool
  readonly #tell: (drained: Drained) => void
  readonly #stuck = new Map<string, Stuck>()
  #queues = 0
  #messages = 0

  constructor(parts: DrainParts, pool: Pool, tell: (drained: Drained) => void) {
    this.#parts = parts
    this.#pool = pool
    this.#tell = tell
  }

  /** Until a whole pass, begun when nobody can be placing queues here any more, finds none but those that are stuck. */
  async run(): Promise<readonly Stuck[]> {
    await this.#settle()
    for (let before = -1; before !== this.#queues;) {
      before = this.#queues
      await this.#pass(async batch => this.#announce(batch))
    }
    return [...this.#stuck.values()]
  }

  /** Ends the moves that cannot be taken back. */
  async finish(): Promise<readonly Stuck[]> {
    await this.#pass(async batch => {
      for (const record of batch) if (record.moving?.stage === 'announced') await this.#parts.control.setPlace(record, { pool: record.pool, moving: null })
      return batch.filter(isMoving).filter(({ moving }) => moving.stage !== 'announced')
    })
    return [...this.#stuck.values()]
  }

  /** Goes once through the queues of the pool; `choose` says which of a batch are moved now. */
  async #pass(choose: (batch: readonly QueueRecord[]) => Promise<readonly MovingRecord[]>): Promise<void> {
    for (let last: QueueRecord | null = null; ;) {
      const batch: readonly QueueRecord[] = await this.#parts.control.queuesIn(this.#pool.name, last, BATCH)
      last = batch.at(-1) ?? null
      if (last === null) return
      const moving = await choose(batch.filter(record => !this.#stuck.has(keyOf(record))))
      if (moving.length > 0) await this.#move(moving)
    }
  }

  /** Writes down where each goes, and each dead-letter queue with its queue. */
  async #announce(batch: readonly QueueRecord[]): Promise<readonly MovingRecord[]> {
    const destinations = await Destinations.from(this.#parts.control, this.#pool)
    const announced: MovingRecord[] = []
    for (const listed of batch) {
      // An earlier one of the batch may have taken it along.
      const record = await this.#parts.control.queue(listed.project, listed.queue)
      if (record?.epoch !== listed.epoch) continue
      const moving = this.#onItsWay(record, destinations)
      if (moving !== null) announced.push(moving)
      else if (record.pool === this.#pool.name) await this.#try(record, async () => { announced.push(...await this.#choose(destinations, record)) })
    }
    return announced
  }

  /** A queue that goes on to where it was to go; null if that is yet to be chosen. */
  #onItsWay(record: QueueRecord, destinations: Destinations): MovingRecord | null {
    const { moving } = record
    if (moving === null || (moving.stage === 'announced' && !destinations.willDo(moving.to))) return null
    return { ...record, pool: this.#pool.name, moving }
  }

  async #choose(destinations: Destinations, record: QueueRecord): Promise<readonly MovingRecord[]> {
    const to = await destinations.of(record)
    if (to === null) throw noPool()
    const partner = await destinations.partner(record)
    if (partner !== null && partner.pool === this.#pool.name && partner.moving === null && await destinations.isFit(partner, to)) {
      await this.#parts.control.setPlace(partner, { pool: partner.pool, moving: { to, stage: 'announced' } })
    }
    const moving: MovingRecord = { ...record, pool: this.#pool.name, moving: { to, stage: 'announced' } }
    return await note(this.#parts, moving, moving.moving) ? [moving] : []
  }

  /** Copies queues, and when nobody can be reading what they leave behind, drops that. */
  async #move(records: readonly MovingRecord[]): Promise<void> {
    await this.#settle()
    const copied: MovingRecord[] = []
    await inParallel(records, AT_ONCE, record => this.#try(record, async () => {
      const arrived = record.moving.stage === 'copied' ? record : await this.#copy(record)
      if (arrived !== null) copied.push(arrived)
    }))
    await this.#settle()
    await inParallel(copied, AT_ONCE, record => this.#try(record, async () => {
      await leaveQueue(this.#parts, record)
      this.#queues++
      await this.#report()
    }))
  }

  /** Copies a queue to where it goes, or to another pool if that refuses; null if it is no more. */
  async #copy(record: MovingRecord): Promise<MovingRecord | null> {
    const refused = new Set<PoolName>()
    for (let moving = record; ;) {
      const copying = await copyQueue(this.#parts, moving)
      if (copying.is === 'deleted') return null
      if (copying.is === 'copied') {
        this.#messages += copying.messages
        return moving
      }
      refused.add(moving.moving.to)
      const to = await (await Destinations.from(this.#parts.control, this.#pool)).of(record, refused)
      if (to === null) throw noPool()
      moving = { ...record, moving: { to, stage: 'sealed' } }
    }
  }

  async #try(record: QueueRecord, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (reason) {
      this.#stuck.set(keyOf(record), { project: record.project, queue: record.queue, reason })
    }
  }

  async #report(): Promise<void> {
    this.#tell({ queues: this.#queues, messages: this.#messages, left: await this.#parts.control.countQueuesIn(this.#pool.name) })
  }

  /** Waits until no request goes by what was before. */
  async #settle(): Promise<void> {
    await sleep(this.#parts.staleMs)
  }
}

function isMoving(record: QueueRecord): record is MovingRecord {
  return record.pool !== null && record.moving !== null
}

function noPool(): Error {
  return new Error('no other pool takes it')
}

function keyOf({ project, queue }: QueueRecord): string {
  return `${queue}\0${project}`
}

/** Works through a list, so many at once. */
async function inParallel<Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }))
}
