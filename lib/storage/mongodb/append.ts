/** Puts messages behind the last one of a queue. */
import { MongoBulkWriteError, MongoServerError, ObjectId, type AnyBulkWriteOperation, type ClientSession } from 'mongodb'
import { clientNumber } from '../../model/client-number.ts'
import type { NewMessage } from '../../model/message.ts'
import type { ClientId, Sequence } from '../../model/names.ts'
import type { Outcome, QueueKey } from '../contract.ts'
import { ALWAYS, positionId, type Ending, type MessageDocument } from './documents.ts'
import type { Store } from './store.ts'
import { BELIEVED_MS, type Tail } from './tails.ts'
import type { Expression } from './time.ts'
import { isLate, isTaken } from './transactions.ts'

type Fields = Omit<MessageDocument, '_id' | 'q' | 'f' | 'u' | 'a'>

/** A message that has yet to get its position. Times may be left to the database. */
export interface Draft {
  readonly fixed: Fields
  readonly times: { readonly f: Expression | null; readonly u: Expression; readonly a: Expression }
}

/** The drafts of messages that were posted. */
export function draftsOf({ time }: Store, client: ClientId, messages: readonly NewMessage[]): readonly Draft[] {
  const w = clientNumber(client)
  return messages.map(({ body, ttl, delay }) => ({
    fixed: { t: ttl, w, b: body, s: Buffer.byteLength(body) },
    times: { f: delay > 0 ? time.later(delay * 1000) : ALWAYS, u: time.later(ttl * 1000), a: time.later(0) },
  }))
}

/** Where the first of some drafts goes, if the queue is open. */
export type Place = Tail & { readonly is: 'open' }

/**
 * Stores drafts behind `place`, and says how many: less than all if another process took a position meanwhile, or so much time had
 * passed that `place` can no longer be believed. One command. In a transaction it throws instead, because that has failed then.
 */
export async function append(store: Store, at: QueueKey, place: Place, drafts: readonly Draft[], session?: ClientSession): Promise<number> {
  const { messages } = store.of(at)
  const seen = store.time.now()
  const writes = drafts.map((draft, index) => upsertOf(store, at, place, index, draft))
  const done = await (session === undefined ? attempt() : messages.bulkWrite(writes, { session }).then(() => drafts.length))
  if (done < drafts.length) store.tails.forget(at.epoch)
  else if (session === undefined) store.tails.advance(at.epoch, (place.last + done) as Sequence, seen)
  else store.tails.forget(at.epoch)
  return done

  async function attempt(): Promise<number> {
    try {
      await messages.bulkWrite(writes, { ordered: true })
      return drafts.length
    } catch (error) {
      if (error instanceof MongoBulkWriteError && (isTaken(error) || isLate(error))) return firstFailure(error)
      if (error instanceof MongoServerError && (isTaken(error) || isLate(error))) return 0
      // It is not known how far it went.
      store.tails.forget(at.epoch)
      throw error
    }
  }
}

function firstFailure({ writeErrors }: MongoBulkWriteError): number {
  const [first] = Array.isArray(writeErrors) ? writeErrors : [writeErrors]
  return first?.index ?? 0
}

/**
 * An upsert that can only insert: nothing has a field `late`, so a position that is taken is a duplicate key. When the database comes to
 * it after the deadline, nothing is stored: a command that was held up somewhere must not take a position that was given, used and
 * cleared away meanwhile.
 */
function upsertOf({ time }: Store, { epoch }: QueueKey, { last, seen }: Place, index: number, { fixed, times }: Draft): AnyBulkWriteOperation<MessageDocument> {
  const _id = positionId(epoch, (last + 1 + index) as Sequence)
  return {
    updateOne: {
      filter: { _id, q: epoch, late: 'late' } as Partial<MessageDocument>,
      update: [{ $replaceWith: { $mergeObjects: [{ $literal: { _id, q: epoch, ...fixed } }, { ...times, a: time.before(seen + BELIEVED_MS, times.a) }] } }],
      upsert: true,
    },
  }
}

/** The outcome of an operation on a queue that has ended. */
export function ended(ending: Ending): Outcome {
  return { is: ending === 'dropped' ? 'gone' : 'elsewhere' }
}

/** A number that no other operation has. */
export function token(): ObjectId {
  return new ObjectId(Buffer.from(crypto.getRandomValues(new Uint8Array(12))))
}
