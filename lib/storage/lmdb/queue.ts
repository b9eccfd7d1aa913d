/** One queue within one transaction or reading: its head, its three trees, and what is done to single messages. */
import type { Instant } from '../../clock.ts'
import type { Message, Seconds } from '../../model/message.ts'
import { messageIdOf, sequenceOf, type ClaimId, type Epoch, type MessageId, type Sequence } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'
import type { Environment } from './environment.ts'
import { QueueHead } from './head.ts'
import { Holds } from './holds.ts'
import { claimKey, messageKey } from './keys.ts'
import type { News } from './news.ts'
import { bodyLength, readClaim, readRow, writeClaim, writeRow, type ClaimRow, type Hold, type Row } from './rows.ts'
import { isAlive, isFreed, type Entry } from './summary.ts'
import { heightFor, Tree, type NodeTable } from './tree.ts'
import type { Ledger } from './usage.ts'

/**
 * The state a message is in as stored: `free`; `claimed`, which it stays until somebody notices that the claim has run out;
 * `delayed`, likewise. What time has changed since is read off the entry.
 */
export type State = 'free' | 'claimed' | 'delayed'

/** Where a message is. */
export interface Place extends Entry {
  readonly sequence: Sequence
  readonly state: State
}

const STATES = ['free', 'claimed', 'delayed'] as const

/**
 * Who looks. To `anybody` a sealed queue is empty, as a dropped one is: what it holds is, or soon will be, in another store.
 * The `keeper` sweeps it and copies it.
 */
export type Viewer = 'anybody' | 'keeper'

/** Opens a queue for one transaction or reading. */
export class Queue {
  readonly epoch: Epoch
  readonly head: QueueHead
  readonly #env: Environment
  readonly #holds: Holds
  readonly #isHidden: boolean
  readonly #trees: Readonly<Record<State, Tree>>
  /** Messages that came to be free, and that came and are held. */
  #freed = 0
  #withheld = 0

  constructor(env: Environment, at: Pick<QueueKey, 'epoch' | 'project'>, ledger: Ledger, viewer: Viewer = 'anybody') {
    this.epoch = at.epoch
    this.head = new QueueHead(env, at, ledger)
    this.#env = env
    this.#holds = new Holds(env, at.epoch)
    this.#isHidden = this.head.dropped > 0 || (this.head.sealed > 0 && viewer === 'anybody')
    const height = heightFor(this.head.next)
    const table = this.#isHidden ? NOTHING : env.trees
    this.#trees = {
      free: new Tree(table, at.epoch, 0, height),
      claimed: new Tree(table, at.epoch, 1, height),
      delayed: new Tree(table, at.epoch, 2, height),
    }
  }

  tree(state: State): Tree {
    return this.#trees[state]
  }

  /** Takes `count` consecutive positions, and answers the first. */
  allocate(count: number, generation: number): Sequence {
    const first = this.head.allocate(count, generation)
    this.#grow()
    return first
  }

  /** Makes room for positions below `next`, and has later ones go on from there. */
  reserve(next: number, generation: number): void {
    this.head.reserve(next, generation)
    this.#grow()
  }

  #grow(): void {
    const height = heightFor(this.head.next)
    for (const state of STATES) this.#trees[state].grow(height)
  }

  row(sequence: Sequence): Row {
    const row = this.#env.messages.parse(messageKey(this.epoch, sequence), readRow)
    if (row === null) throw new Error(`message ${sequence} of queue ${this.epoch} is in the index, but has no body`)
    return row
  }

  /** Puts a message at a position that is free. One with a hold is not delayed. */
  insert(sequence: Sequence, row: Row, state: State, entry: Entry, hold: Hold | null = null): void {
    const bytes = writeRow(row)
    this.#env.messages.put(messageKey(this.epoch, sequence), bytes)
    this.#trees[state].add(sequence, hold !== null && state === 'free' ? { ...entry, from: MARKED } : entry)
    if (hold !== null) this.#holds.admit(sequence, hold)
    if (state === 'free') this.#freed++
    else this.#withheld++
    this.head.count(1, bodyLength(bytes, bytes.length))
  }

  /** What claims and moves left on a message: looked up only if they left something. */
  holdOf({ sequence, state, from }: Place): Hold | null {
    return state === 'delayed' || from === 0 ? null : this.#holds.get(sequence)
  }

  hold(sequence: Sequence): Hold | null {
    return this.#holds.get(sequence)
  }

  setHold(sequence: Sequence, hold: Hold): void {
    this.#holds.set(sequence, hold)
  }

  claim(claim: ClaimId): ClaimRow | null {
    const row = this.#isHidden ? null : this.#env.claims.get(claimKey(this.epoch, claim))
    return row === null ? null : readClaim(row)
  }

  /** Stores a claim, or forgets it when no message is left under it. */
  setClaim(claim: ClaimId, row: ClaimRow): void {
    const key = claimKey(this.epoch, claim)
    if (row.sequences.length === 0) this.#env.claims.remove(key)
    else this.#env.claims.put(key, writeClaim(row))
  }

  /** Where a message is, whether or not its time is over; null if there is none at this position. */
  place(sequence: Sequence): Place | null {
    for (const state of STATES) {
      const entry = this.#trees[state].entry(sequence)
      if (entry !== null) return { sequence, state, ...entry }
    }
    return null
  }

  /** Where the message of an id is. One that was moved here has the id that it came with, and no other. */
  find(id: MessageId): Place | null {
    const sequence = sequenceOf(this.epoch, id)
    const place = sequence === null ? null : this.place(sequence)
    return place !== null && (this.holdOf(place)?.moved ?? null) === null ? place : this.findMoved(id)
  }

  /** Where the message is that was moved here under this id. */
  findMoved(id: MessageId): Place | null {
    const sequence = this.#holds.positionOf(id)
    return sequence === null ? null : this.place(sequence)
  }

  idOf(place: Place): MessageId {
    return this.holdOf(place)?.moved?.id ?? messageIdOf(this.epoch, place.sequence)
  }

  /**
   * Messages after a position, in order: those that nothing holds, and those of the states in `also` that something holds.
   * The trees must not be changed meanwhile.
   */
  * visible(after: number, now: Instant, notFrom: number | null, also: Readonly<Record<'claimed' | 'delayed', boolean>>): Generator<Place> {
    const alive = isAlive(now, notFrom)
    const freed = isFreed(now, notFrom)
    const sources = STATES.map(state => ({ state, tree: this.#trees[state], test: state === 'free' || also[state] ? alive : freed }))
      .map(source => ({ ...source, next: source.tree.next(after, source.test) }))
    for (;;) {
      let first = sources[0]
      for (const source of sources) if (source.next !== null && (first === undefined || first.next === null || source.next < first.next)) first = source
      if (first === undefined || first.next === null) return
      const sequence = first.next
      const entry = first.tree.entry(sequence)
      if (entry !== null) yield { sequence, state: first.state, from: entry.from, until: entry.until, client: entry.client }
      first.next = first.tree.next(sequence, first.test)
    }
  }

  /** The message at a position as readers see it. */
  message(place: Place, now: Instant): Message {
    const { sequence, state, from } = place
    const { body, ttl, created } = this.row(sequence)
    const hold = this.holdOf(place)
    return {
      id: this.idOf(place),
      sequence,
      body,
      ttl: hold?.ttl ?? ttl,
      created,
      claim: state === 'claimed' && from > now ? (hold?.claim ?? null) : null,
      claims: hold?.claims ?? 0,
      origin: hold?.moved?.origin ?? null,
    }
  }

  /** Takes a message away altogether, out of its claim too. Whoever has read its body says how many `bytes` it has. */
  take(place: Place, bytes = this.#bodyLength(place.sequence)): void {
    const { sequence, state } = place
    this.#trees[state].remove(sequence)
    this.#env.messages.remove(messageKey(this.epoch, sequence))
    this.head.count(-1, -bytes)
    const hold = this.holdOf(place)
    if (hold === null) return
    this.#holds.remove(sequence)
    if (state !== 'claimed' || hold.claim === null) return
    const claim = this.claim(hold.claim)
    if (claim !== null) this.setClaim(hold.claim, { ...claim, sequences: claim.sequences.filter(other => other !== sequence) })
  }

  #bodyLength(sequence: Sequence): number {
    return this.#env.messages.parse(messageKey(this.epoch, sequence), bodyLength) ?? 0
  }

  /** Frees a message whose claim or delay is over. */
  free(sequence: Sequence, state: 'claimed' | 'delayed'): void {
    const entry = this.#trees[state].remove(sequence)
    if (entry === null) return
    this.#trees.free.add(sequence, { ...entry, from: state === 'claimed' ? MARKED : 0 })
    this.#freed++
  }

  /** Ends a claim and frees its messages. `clear` also makes them forget that anybody ever had them. */
  endClaim(id: ClaimId, claim: ClaimRow, memory: 'keep' | 'clear'): void {
    for (const sequence of claim.sequences) {
      this.free(sequence, 'claimed')
      const hold = memory === 'clear' ? this.hold(sequence) : null
      if (hold !== null) this.setHold(sequence, { ...hold, claim: null, claims: 0 })
    }
    this.setClaim(id, { ...claim, sequences: [] })
  }

  /** Sets the sweeper's next visit to what the trees say, or cancels it. */
  remindWhenDue(): void {
    let due = Infinity
    for (const state of STATES) {
      const summary = this.#trees[state].summary()
      if (summary === null) continue
      due = Math.min(due, summary.minUntil, state === 'free' ? Infinity : summary.minFrom)
    }
    this.head.remindExactlyAt(due)
  }

  /** What those who wait for the queue have to be told of this transaction; null if there is nothing. */
  news(): News | null {
    const ends = Math.min(this.#trees.claimed.earliest, this.#trees.delayed.earliest)
    if (this.#freed + this.#withheld === 0 && ends === Infinity) return null
    return { about: this.epoch, freed: this.#freed, withheld: this.#withheld, ends }
  }

  /** Writes the index and the head as far as they were changed. */
  flush(): void {
    for (const state of STATES) this.#trees[state].flush()
    this.head.flush()
  }
}

/**
 * From when on a free message is to be had, if claims or moves left something on it; else 0. Both are long over: it only tells
 * whether there is a hold to look up.
 */
const MARKED = 1

/** A table without rows. */
const NOTHING: NodeTable = { numbers: () => null, put: () => undefined, remove: () => undefined }

/** The end of a message's life under a claim, by api-v1.md 9.3: it outlives the claim by its grace. */
export function lengthen(until: Instant, now: Instant, ttl: Seconds, grace: Seconds): Instant {
  return Math.max(until, now + (ttl + grace) * 1000)
}
