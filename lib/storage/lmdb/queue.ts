/** One queue within one transaction or reading: its head, its three trees, and what is done to single messages. */
import type { Instant } from '../../clock.ts'
import type { Message, Seconds } from '../../model/message.ts'
import { messageIdOf, type ClaimId, type Epoch, type Sequence } from '../../model/names.ts'
import type { QueueKey, Usage } from '../contract.ts'
import type { Environment } from './environment.ts'
import { claimKey, dueKey, epochKey, messageKey } from './keys.ts'
import { bodyLength, readClaim, readHead, readHold, readRow, writeClaim, writeHead, writeHold, writeRow, type ClaimRow, type Head, type Hold, type Row } from './rows.ts'
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

/** Opens a queue for one transaction or reading. */
export class Queue {
  readonly epoch: Epoch
  readonly #env: Environment
  readonly #ledger: Ledger
  readonly #head: Head
  #headChanged = false
  readonly #trees: Readonly<Record<State, Tree>>

  constructor(env: Environment, { epoch, project }: Pick<QueueKey, 'epoch' | 'project'>, ledger: Ledger) {
    this.epoch = epoch
    this.#env = env
    this.#ledger = ledger
    this.#head = env.heads.parse(epochKey(epoch), readHead)
      ?? { next: 1, generation: 0, due: Infinity, dropped: 0, messages: 0, bytes: 0, project }
    const height = heightFor(this.#head.next)
    // What a dropped queue still has in the tables waits for the sweeper; nobody sees it.
    const table = this.#head.dropped > 0 ? NOTHING : env.trees
    this.#trees = {
      free: new Tree(table, epoch, 0, height),
      claimed: new Tree(table, epoch, 1, height),
      delayed: new Tree(table, epoch, 2, height),
    }
  }

  /** When the queue was dropped, 0 if it was not. */
  get dropped(): Instant {
    return this.#head.dropped
  }

  /** Makes the queue and all it holds invisible, and has the sweeper remove it. */
  drop(now: Instant): void {
    if (this.#head.dropped > 0) return
    this.#head.dropped = now
    this.#count(-this.#head.messages, -this.#head.bytes)
    this.remindExactlyAt(now)
  }

  /** What the queue's project keeps in all its queues. */
  usage(): Usage {
    return this.#ledger.of(this.#head.project)
  }

  tree(state: State): Tree {
    return this.#trees[state]
  }

  /**
   * Takes `count` consecutive positions. After an unclean stop they start far ahead: a position that a reader saw, but that
   * was lost with the power, must not be given to another message (decisions 2).
   */
  allocate(count: number, generation: number): Sequence {
    if (this.#head.generation !== generation) {
      if (this.#head.next > 1) this.#head.next += JUMP
      this.#head.generation = generation
    }
    const first = this.#head.next
    this.#head.next += count
    this.#headChanged = true
    const height = heightFor(this.#head.next)
    for (const state of STATES) this.#trees[state].grow(height)
    return first as Sequence
  }

  row(sequence: Sequence): Row | null {
    return this.#env.messages.parse(messageKey(this.epoch, sequence), readRow)
  }

  insert(sequence: Sequence, row: Row, state: State, entry: Entry): void {
    const bytes = writeRow(row)
    this.#env.messages.put(messageKey(this.epoch, sequence), bytes)
    this.#trees[state].add(sequence, entry)
    this.#count(1, bodyLength(bytes, bytes.length))
  }

  hold(sequence: Sequence): Hold | null {
    const row = this.#env.holds.get(messageKey(this.epoch, sequence))
    return row === null ? null : readHold(row)
  }

  setHold(sequence: Sequence, hold: Hold): void {
    this.#env.holds.put(messageKey(this.epoch, sequence), writeHold(hold))
  }

  claim(claim: ClaimId): ClaimRow | null {
    const row = this.#head.dropped > 0 ? null : this.#env.claims.get(claimKey(this.epoch, claim))
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
  message({ sequence, state, from, until }: Place, now: Instant): Message {
    const row = this.row(sequence)
    if (row === null) throw new Error(`message ${sequence} of queue ${this.epoch} is in the index, but has no body`)
    const isClaimed = state === 'claimed' && from > now
    const isLengthened = until !== row.created + row.ttl * 1000
    const hold = isClaimed || isLengthened ? this.hold(sequence) : null
    return {
      id: messageIdOf(this.epoch, sequence),
      sequence,
      body: row.body,
      ttl: hold?.ttl ?? row.ttl,
      created: row.created,
      claim: isClaimed ? (hold?.claim ?? null) : null,
    }
  }

  /** Takes a message away altogether, out of its claim too. */
  take({ sequence, state }: Place): void {
    this.#trees[state].remove(sequence)
    const key = messageKey(this.epoch, sequence)
    this.#count(-1, -(this.#env.messages.parse(key, bodyLength) ?? 0))
    this.#env.messages.remove(key)
    const hold = this.hold(sequence)
    if (hold === null) return
    this.#env.holds.remove(key)
    if (state !== 'claimed' || hold.claim === null) return
    const claim = this.claim(hold.claim)
    if (claim !== null) this.setClaim(hold.claim, { ...claim, sequences: claim.sequences.filter(other => other !== sequence) })
  }

  /** Frees a message whose claim or delay is over. */
  free(sequence: Sequence, state: 'claimed' | 'delayed'): void {
    const entry = this.#trees[state].remove(sequence)
    if (entry !== null) this.#trees.free.add(sequence, { ...entry, from: 0 })
  }

  /** Ends a claim and frees its messages. `clear` also makes them forget whose they were. */
  endClaim(id: ClaimId, claim: ClaimRow, memory: 'keep' | 'clear'): void {
    for (const sequence of claim.sequences) {
      this.free(sequence, 'claimed')
      const hold = memory === 'clear' ? this.hold(sequence) : null
      if (hold !== null) this.setHold(sequence, { ...hold, claim: null })
    }
    this.setClaim(id, { ...claim, sequences: [] })
  }

  /** Sees to it that the sweeper comes by at `due` or before. */
  remindAt(due: Instant): void {
    if (due < this.#head.due) this.remindExactlyAt(due)
  }

  /** Sets the sweeper's next visit to what the trees say, or cancels it. */
  remindWhenDue(): void {
    let due = Infinity
    for (const state of STATES) {
      const summary = this.#trees[state].summary()
      if (summary === null) continue
      due = Math.min(due, summary.minUntil, state === 'free' ? Infinity : summary.minFrom)
    }
    this.remindExactlyAt(due)
  }

  /** Sets the sweeper's next visit; Infinity cancels it. */
  remindExactlyAt(due: Instant): void {
    if (due === this.#head.due) return
    if (this.#head.due !== Infinity) this.#env.due.remove(dueKey(this.#head.due, this.epoch))
    if (due !== Infinity) this.#env.due.put(dueKey(due, this.epoch), PRESENT)
    this.#head.due = due
    this.#headChanged = true
  }

  /** Writes the index and the head as far as they were changed. */
  flush(): void {
    for (const state of STATES) this.#trees[state].flush()
    if (this.#headChanged) this.#env.heads.put(epochKey(this.epoch), writeHead(this.#head))
    this.#headChanged = false
  }

  /** Forgets the queue's own row, and with it that there ever was such a queue. */
  forget(): void {
    this.remindExactlyAt(Infinity)
    this.#env.heads.remove(epochKey(this.epoch))
  }

  #count(messages: number, bytes: number): void {
    this.#head.messages += messages
    this.#head.bytes += bytes
    this.#headChanged = true
    this.#ledger.change(this.#head.project, messages, bytes)
  }
}

/** The value of a row whose key says it all. */
const PRESENT = Buffer.alloc(1)

/** A table without rows. */
const NOTHING: NodeTable = { numbers: () => null, put: () => undefined, remove: () => undefined }

/** How far positions move on after an unclean stop: more than any queue can have lost. */
const JUMP = 2 ** 20

/** The end of a message's life under a claim, by api-v1.md 9.3: it outlives the claim by its grace. */
export function lengthen(until: Instant, now: Instant, ttl: Seconds, grace: Seconds): Instant {
  return Math.max(until, now + (ttl + grace) * 1000)
}
