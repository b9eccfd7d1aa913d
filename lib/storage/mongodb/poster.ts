/**
 * Posts. Those to one queue that wait for each other are combined: this process has one command on its way to a queue at a time, and
 * what comes meanwhile goes with the next.
 */
import { messageIdOf, type Sequence } from '../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../contract.ts'
import { append, draftsOf, type Draft } from './append.ts'
import { Groups, type Waiting } from './groups.ts'
import type { Guard } from './guard.ts'
import type { Store } from './store.ts'
import { ended } from './tails.ts'

type Post = Operation & { readonly op: 'post' }

/** Messages and bytes that go with one command. */
const MAX_MESSAGES = 500
const MAX_BYTES = 8 * 2 ** 20

interface Posting extends Waiting {
  readonly drafts: readonly Draft[]
  readonly bytes: number
  /** Positions that some of its messages have got, where the server has no transactions. */
  readonly got: Sequence[]
}

/** The posts of a process. */
export class Poster {
  readonly #store: Store
  readonly #groups: Groups<Posting>

  constructor(store: Store, guarded: Guard) {
    this.#store = store
    this.#groups = new Groups(guarded, {
      name: 'posting',
      fitting,
      serve: async (at, group) => {
        await this.#send(at, group)
        return []
      },
    })
  }

  /** Resolves when the messages are stored. */
  post({ at, client, messages }: Post): Promise<Outcome> {
    const drafts = draftsOf(client, messages)
    const bytes = drafts.reduce((sum, { fixed }) => sum + fixed.s, 0)
    return this.#groups.add(at, waiting => ({ ...waiting, drafts, bytes, got: [] }))
  }

  async #send(at: QueueKey, group: readonly Posting[]): Promise<void> {
    const store = this.#store
    if (!store.hasTransactions || group.every(({ drafts }) => drafts.length === 1)) {
      await this.#sendPieceByPiece(at, group)
      return
    }
    await store.tails.of(at)
    const drafts = group.flatMap(one => one.drafts)
    const { tail, seen } = await store.transaction('posting', async session => {
      const now = store.time.now()
      const found = await store.tails.of(at, session)
      if (found.is === 'open') await append(store, at, found, drafts, session)
      return { tail: found, seen: now }
    }, () => true)
    if (tail.is === 'open') store.tails.advance(at.epoch, (tail.last + drafts.length) as Sequence, seen)
    const outcomes = tail.is === 'open' ? outcomesOf(at, tail.last, group) : group.map(() => ended(tail.is))
    group.forEach(({ resolve }, index) => { resolve(outcomes[index] ?? ended('dropped')) })
  }

  /** Goes on with what is left when another process posted in between. Of single messages each is a whole post. */
  async #sendPieceByPiece(at: QueueKey, group: readonly Posting[]): Promise<void> {
    let left = [...group]
    await this.#store.retry('posting', async () => {
      const tail = await this.#store.tails.of(at)
      if (tail.is !== 'open') {
        for (const { resolve } of left) resolve(ended(tail.is))
        return true
      }
      const drafts = left.flatMap(({ drafts: own, got }) => own.slice(got.length))
      const done = await append(this.#store, at, tail, drafts)
      left = handOut(at, tail.last, done, left)
      return left.length === 0 ? true : undefined
    })
  }
}

/** How many of those who wait go with one command. */
function fitting(waiting: readonly Posting[]): number {
  let messages = 0
  let bytes = 0
  const end = waiting.findIndex(one => {
    messages += one.drafts.length
    bytes += one.bytes
    return messages > MAX_MESSAGES || bytes > MAX_BYTES
  })
  return end === -1 ? waiting.length : end
}

function outcomesOf({ epoch }: QueueKey, last: Sequence, group: readonly Posting[]): Outcome[] {
  let next = last + 1
  return group.map(({ drafts }) => ({ is: 'posted', ids: drafts.map(() => messageIdOf(epoch, next++ as Sequence)) }))
}

/** Gives the first `done` positions to those who wait, answers whoever has all, and returns the others. */
function handOut({ epoch }: QueueKey, last: Sequence, done: number, group: readonly Posting[]): Posting[] {
  const end = last + done
  let next = last + 1
  return group.filter(({ drafts, got, resolve }) => {
    while (got.length < drafts.length && next <= end) got.push(next++ as Sequence)
    if (got.length < drafts.length) return true
    resolve({ is: 'posted', ids: got.map(sequence => messageIdOf(epoch, sequence)) })
    return false
  })
}
