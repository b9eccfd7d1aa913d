/**
 * Where queues end, as far as this process knows. A post needs to know it, because its messages go right behind the last one; it is
 * one write then. What is known may be out of date, since other processes post too. Two things make that harmless:
 *
 * - a position is the `_id` of its message, so of two processes that want one position, one is refused, and looks again;
 * - the position of a removed message stays taken for a while, longer than what is known here is believed (see `append`). So it is never
 *   given again, and no message appears behind the back of a reader who has gone past its position.
 */
import type { ClientSession } from 'mongodb'
import type { Instant } from '../../clock.ts'
import { START, type Epoch, type Sequence } from '../../model/names.ts'
import type { Outcome, QueueKey } from '../contract.ts'
import { positions, sequenceAt, type Ending, type HeadDocument } from './documents.ts'
import type { Store } from './store.ts'
import { inSession } from './transactions.ts'

/** How long a tail is believed after it was seen, in milliseconds. */
export const BELIEVED_MS = 20_000
/** How long the position of a removed message stays taken, in milliseconds: three times longer, whatever clocks do in a failover. */
export const TAKEN_MS = 60_000

/** How many queues are remembered. */
const MAX_QUEUES = 100_000

/** The end of a queue that is open for posts, or why it is not. */
export type Tail =
  | { readonly is: 'open'; readonly last: Sequence; readonly seen: Instant }
  | { readonly is: Ending }

/** The tails that this process knows. */
export class Tails {
  readonly #store: Store
  readonly #known = new Map<Epoch, Tail>()

  constructor(store: Store) {
    this.#store = store
  }

  /** What is known and can be believed, else what the database says. */
  async of(at: QueueKey, session?: ClientSession): Promise<Tail> {
    const known = this.#known.get(at.epoch)
    if (known !== undefined && (known.is !== 'open' || known.seen + BELIEVED_MS / 2 > this.#store.time.now())) return known
    return this.look(at, session)
  }

  /** Remembers how far this process itself has posted. */
  advance(epoch: Epoch, last: Sequence, seen: Instant): void {
    const known = this.#known.get(epoch)
    if (known === undefined || known.is === 'open') this.#remember(epoch, { is: 'open', last, seen })
  }

  /** Forgets a queue, for example because it is not known how far a post went. */
  forget(epoch: Epoch): void {
    this.#known.delete(epoch)
  }

  /** Asks the database, and makes the queue known to it if it is new. */
  async look(at: QueueKey, session?: ClientSession): Promise<Tail> {
    const { messages, heads } = this.#store.of(at)
    const seen = this.#store.time.now()
    const options = inSession(session)
    // The last message first: whoever takes it away meanwhile has written its position into the head before.
    const newest = await messages.findOne({ _id: positions(at.epoch, this.#before(at.epoch)) }, { ...options, sort: { _id: -1 }, projection: { _id: 1, z: 1 } })
    const head = await heads.findOne({ _id: at.epoch }, options) ?? await this.#makeHead(at)
    const ending = head.x?.k ?? newest?.z
    const last = Math.max(head.h, newest === null ? 0 : sequenceAt(newest)) as Sequence
    const tail: Tail = ending === undefined ? { is: 'open', last, seen } : { is: ending }
    this.#remember(at.epoch, tail)
    return tail
  }

  /** A position that the end is not before. */
  #before(epoch: Epoch): Sequence {
    const known = this.#known.get(epoch)
    return known?.is === 'open' && known.last > START ? ((known.last - 1) as Sequence) : START
  }

  /** Outside of any transaction: in it two could make the head at once. */
  async #makeHead({ epoch, project, queue }: QueueKey): Promise<HeadDocument> {
    const { heads } = this.#store.of({ project, queue })
    const made = await heads.findOneAndUpdate({ _id: epoch }, { $setOnInsert: { p: project, h: 0 } }, { upsert: true, returnDocument: 'after' })
    return made ?? await heads.findOne({ _id: epoch }) ?? { _id: epoch, p: project, h: 0 }
  }

  /** Why a queue ended; null if it is open, or was never posted to. */
  async ending(at: QueueKey, session?: ClientSession): Promise<Ending | null> {
    const known = this.#known.get(at.epoch)
    if (known !== undefined && known.is !== 'open') return known.is
    const head = await this.#store.of(at).heads.findOne({ _id: at.epoch }, { projection: { x: 1 }, ...inSession(session) })
    if (head?.x === undefined) return null
    this.#remember(at.epoch, { is: head.x.k })
    return head.x.k
  }

  #remember(epoch: Epoch, tail: Tail): void {
    this.#known.delete(epoch)
    this.#known.set(epoch, tail)
    if (this.#known.size <= MAX_QUEUES) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      break
    }
  }
}

/** The outcome of an operation on a queue that has ended. */
export function ended(ending: Ending): Outcome {
  return { is: ending === 'dropped' ? 'gone' : 'elsewhere' }
}
