/**
 * Those who wait for one queue. Who takes messages stands in a line: what comes is offered to as many from its head as can take it,
 * and who finds nothing keeps the place. Who only looks is told of everything.
 *
 * Nobody sleeps while there are messages to take: each message that comes to be free is offered to somebody who tries after it came,
 * or finds nobody asleep; and who joins while nobody sleeps tries at once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { QueueKey, QueueRecord, Stores } from '../storage/contract.ts'

/** A queue by name. */
export type Place = Pick<QueueKey, 'project' | 'queue'>

/** Somebody who waits. */
export interface Waiter {
  /** How many messages it takes at most; null: it takes none, it only looks. */
  readonly takes: number | null
  /**
   * Tries; `over`: it waits no more, whether or not it got something. What it throws is its own affair: it waits no more, and its turn
   * goes to others.
   */
  attempt(): Promise<'over' | 'took' | 'nothing'>
}

interface Standing {
  readonly waiter: Waiter
  isTrying: boolean
  /** Messages that were offered to it and that it has not tried to take. Infinity: nobody knows how many there are. */
  offered: number
}

/** Lookers that are told in one turn of the event loop. */
const LOOKERS_A_TURN = 100
/** How long a line stays open after nobody waits in it any more, in milliseconds: mostly the same worker soon asks again. */
const LINGER_MS = 1000
/** How long it takes until a queue that could not be looked up is looked up again, in milliseconds. */
const LOOK_AGAIN_MS = 500

/** The line of one queue. */
export class WaitingLine {
  readonly #stores: Stores
  readonly #place: Place
  readonly #closed: () => void
  readonly #takers: Standing[] = []
  readonly #lookers = new Set<Standing>()
  /** The incarnation that is watched. */
  #watched: QueueRecord | null = null
  #endWatch = () => { /* nothing is watched yet */ }
  readonly #endNameWatch: () => void
  #isBound = false
  /** Counts changes of the name. */
  #changes = 0
  #isClosed = false
  #linger: NodeJS.Timeout | undefined

  /** Opens a line; `closed` is called when nobody has stood in it for a while. */
  constructor(stores: Stores, place: Place, closed: () => void) {
    this.#stores = stores
    this.#place = place
    this.#closed = closed
    this.#endNameWatch = stores.control.watch(place, () => { void this.#bind() })
    void this.#bind()
  }

  /** Lets somebody wait; answers how it leaves before its turn. */
  join(waiter: Waiter): () => void {
    clearTimeout(this.#linger)
    const standing: Standing = { waiter, isTrying: false, offered: 0 }
    const isHelped = waiter.takes !== null && this.#takers.some(({ isTrying }) => !isTrying)
    if (waiter.takes === null) this.#lookers.add(standing)
    else this.#takers.push(standing)
    if (this.#isBound && !isHelped) this.#offer(standing, Infinity)
    return () => {
      this.#remove(standing)
      const { offered } = standing
      standing.offered = 0
      if (waiter.takes !== null) this.#passOn(offered)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#linger)
    this.#endNameWatch()
    this.#endWatch()
    this.#closed()
  }

  /** Watches the incarnation that stands under the name now; then all look. */
  async #bind(): Promise<void> {
    const change = ++this.#changes
    const record = await this.#find()
    if (change !== this.#changes || this.#isClosed) return
    if (record !== null && (record.epoch !== this.#watched?.epoch || record.pool !== this.#watched.pool)) {
      this.#endWatch()
      this.#endWatch = this.#stores.data.watch(record, messages => { this.#wake(messages) })
      this.#watched = record
    }
    this.#isBound = true
    this.#wake(Infinity)
  }

  async #find(): Promise<QueueRecord | null> {
    try {
      return await this.#stores.control.queue(this.#place.project, this.#place.queue)
    } catch {
      // Those who wait meet the failure themselves, if it lasts.
      setTimeout(() => { if (!this.#isClosed) void this.#bind() }, LOOK_AGAIN_MS).unref()
      return null
    }
  }

  #wake(messages: number): void {
    void this.#tellLookers()
    this.#passOn(messages)
  }

  /**
   * Offers messages to as many as can take them, from the head of the line on, whether they sleep or are trying already: who is may have looked
   * too early, and passes on what it does not need. Of an unknown number the first takes, and then the next.
   */
  #passOn(messages: number): void {
    let left = messages
    for (const standing of this.#takers) {
      if (left <= 0) return
      this.#offer(standing, left)
      left = left === Infinity ? 0 : left - (standing.waiter.takes ?? 0)
    }
  }

  async #tellLookers(): Promise<void> {
    let told = 0
    for (const standing of [...this.#lookers]) {
      if (++told % LOOKERS_A_TURN === 0) await nextTurn()
      if (this.#lookers.has(standing)) this.#offer(standing, 1)
    }
  }

  #offer(standing: Standing, messages: number): void {
    standing.offered += messages === Infinity ? Infinity : Math.min(messages, standing.waiter.takes ?? messages)
    if (!standing.isTrying) void this.#serve(standing)
  }

  /** Has somebody try as long as something new is offered to it. */
  async #serve(standing: Standing): Promise<void> {
    standing.isTrying = true
    while (standing.offered > 0) {
      const { offered } = standing
      standing.offered = 0
      const outcome = await standing.waiter.attempt().catch(() => 'over' as const)
      if (outcome === 'nothing') continue
      this.#remove(standing)
      // Who looks takes nothing that others could have.
      const { takes } = standing.waiter
      if (takes !== null) this.#passOn(standing.offered + (outcome === 'over' ? offered : Math.max(0, offered - takes)))
      return
    }
    standing.isTrying = false
  }

  #remove(standing: Standing): void {
    const index = this.#takers.indexOf(standing)
    if (index >= 0) this.#takers.splice(index, 1)
    this.#lookers.delete(standing)
    clearTimeout(this.#linger)
    if (this.#takers.length + this.#lookers.size === 0) this.#linger = setTimeout(() => { this.close() }, LINGER_MS).unref()
  }
}
