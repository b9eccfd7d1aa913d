/** A queue's own row within one transaction or reading: whose it is, its positions, how much is in it, its end, its reminder. */
import type { Instant } from '../../clock.ts'
import type { Epoch, Sequence } from '../../model/names.ts'
import type { QueueKey, Usage } from '../contract.ts'
import type { Environment } from './environment.ts'
import { dueKey, epochKey } from './keys.ts'
import { readHead, writeHead, type Head } from './rows.ts'
import type { Ledger } from './usage.ts'

/** The head of a queue; a queue that was never written to has one that is not stored. */
export class QueueHead {
  readonly #epoch: Epoch
  readonly #env: Environment
  readonly #ledger: Ledger
  readonly #row: Head
  #changed = false

  constructor(env: Environment, { epoch, project }: Pick<QueueKey, 'epoch' | 'project'>, ledger: Ledger) {
    this.#epoch = epoch
    this.#env = env
    this.#ledger = ledger
    this.#row = env.heads.parse(epochKey(epoch), readHead)
      ?? { next: 1, generation: 0, due: Infinity, dropped: 0, sealed: 0, messages: 0, bytes: 0, project }
  }

  /** When the queue was dropped, 0 if it was not. */
  get dropped(): Instant {
    return this.#row.dropped
  }

  /** When it was closed to be copied elsewhere, 0 if it was not. */
  get sealed(): Instant {
    return this.#row.sealed
  }

  /** Below which all positions are that were ever given. */
  get next(): number {
    return this.#row.next
  }

  /** What the queue's project keeps in all its queues. */
  usage(): Usage {
    return this.#ledger.of(this.#row.project)
  }

  /** Counts what came, or what went. */
  count(messages: number, bytes: number): void {
    this.#row.messages += messages
    this.#row.bytes += bytes
    this.#changed = true
    this.#ledger.change(this.#row.project, messages, bytes)
  }

  /** Takes all that is in the queue off the project's use, and has the sweeper remove it. */
  drop(now: Instant): void {
    if (this.#row.dropped > 0) return
    this.#row.dropped = now
    this.count(-this.#row.messages, -this.#row.bytes)
    this.remindExactlyAt(now)
  }

  /** Closes the queue. */
  seal(now: Instant): void {
    this.#row.sealed = now
    this.#changed = true
  }

  /**
   * The position that the next message gets. After an unclean stop it is far ahead: a position that a reader saw, but that was
   * lost with the power, must not be given to another message (decisions 2).
   */
  nextPosition(generation: number): Sequence {
    const { next, generation: known } = this.#row
    return (known === generation || next === 1 ? next : next + JUMP) as Sequence
  }

  /** Takes `count` consecutive positions, and answers the first. */
  allocate(count: number, generation: number): Sequence {
    const first = this.nextPosition(generation)
    this.#advance(first + count, generation)
    return first
  }

  /** Has positions go on from `next` at least. */
  reserve(next: number, generation: number): void {
    this.#advance(Math.max(next, this.nextPosition(generation)), generation)
  }

  #advance(next: number, generation: number): void {
    this.#row.next = next
    this.#row.generation = generation
    this.#changed = true
  }

  /** Sees to it that the sweeper comes by at `due` or before. */
  remindAt(due: Instant): void {
    if (due < this.#row.due) this.remindExactlyAt(due)
  }

  /** Sets the sweeper's next visit; Infinity cancels it. */
  remindExactlyAt(due: Instant): void {
    if (due === this.#row.due) return
    if (this.#row.due !== Infinity) this.#env.due.remove(dueKey(this.#row.due, this.#epoch))
    if (due !== Infinity) this.#env.due.put(dueKey(due, this.#epoch), PRESENT)
    this.#row.due = due
    this.#changed = true
  }

  /** Writes the row if it was changed. */
  flush(): void {
    if (this.#changed) this.#env.heads.put(epochKey(this.#epoch), writeHead(this.#row))
    this.#changed = false
  }

  /** Forgets the row, and with it that there ever was such a queue. */
  forget(): void {
    this.remindExactlyAt(Infinity)
    this.#env.heads.remove(epochKey(this.#epoch))
  }
}

/** The value of a row whose key says it all. */
const PRESENT = Buffer.alloc(1)

/** How far positions move on after an unclean stop: more than any queue can have lost. */
const JUMP = 2 ** 20
