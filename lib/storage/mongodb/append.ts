/** Puts messages behind the last one of a queue. */
import { MongoBulkWriteError, type AnyBulkWriteOperation, type ClientSession } from 'mongodb'
import type { Instant } from '../../clock.ts'
import { clientNumber } from '../../model/client-number.ts'
import type { NewMessage } from '../../model/message.ts'
import type { ClientId, Sequence } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'
import { ALWAYS, positionId, positions, sequenceAt, token, type MessageDocument } from './documents.ts'
import type { Store } from './store.ts'
import { BELIEVED_MS, type Tail } from './tails.ts'
import type { Expression } from './time.ts'
import { isLate, isTaken } from './transactions.ts'

type Fields = Omit<MessageDocument, '_id' | 'q' | 'f' | 'u' | 'a'>

/**
 * How long the server works on storing messages, in milliseconds. A position may be locked by a transaction whose process died; whoever waits for
 * it is answered 503 before the connection is given up.
 */
const LONGEST_APPEND_MS = 5_000

/** A moment that is known, or so many milliseconds after the message is stored. */
export type Moment = Date | { readonly later: number }

/** A message that has yet to get its position. */
export interface Draft {
  readonly fixed: Fields
  readonly times: { readonly f: Moment | null; readonly u: Moment; readonly a: Moment }
}

/** The drafts of messages that were posted. */
export function draftsOf(client: ClientId, messages: readonly NewMessage[]): readonly Draft[] {
  const w = clientNumber(client)
  const y = token()
  return messages.map(({ body, ttl, delay }) => ({
    fixed: { t: ttl, w, b: body, s: Buffer.byteLength(body), y },
    times: { f: delay > 0 ? { later: delay * 1000 } : ALWAYS, u: { later: ttl * 1000 }, a: { later: 0 } },
  }))
}

/** Where the first of some drafts goes, if the queue is open. */
export type Place = Tail & { readonly is: 'open' }

/**
 * Stores drafts behind `place`, and says how many: less than all if another process took a position meanwhile, or so much time had
 * passed that `place` can no longer be believed. One command. In a transaction all are stored, or it throws.
 */
export async function append(store: Store, at: QueueKey, place: Place, drafts: readonly Draft[], session?: ClientSession): Promise<number> {
  if (session === undefined) return upsertAll(store, at, place, drafts)
  // Whether it is committed is not known here.
  store.tails.forget(at.epoch)
  const now = store.time.now()
  // While a transaction is open nobody else gets its positions, and it is not open for long: there is no need for a deadline.
  await store.of(at).messages.insertMany(drafts.map(({ fixed, times: { f, u, a } }, index) => ({
    _id: positionId(at.epoch, (place.last + 1 + index) as Sequence), q: at.epoch, ...fixed, f: f === null ? null : known(f, now), u: known(u, now), a: known(a, now),
  })), { session })
  return drafts.length
}

function known(moment: Moment, now: Instant): Date {
  return moment instanceof Date ? moment : new Date(now + moment.later)
}

async function upsertAll(store: Store, at: QueueKey, place: Place, drafts: readonly Draft[]): Promise<number> {
  const seen = store.time.now()
  try {
    await store.of(at).messages.bulkWrite(drafts.map((draft, index) => upsertOf(store, at, place, index, draft)), { ordered: true, maxTimeMS: LONGEST_APPEND_MS })
  } catch (error) {
    // In most cases it is not known how far it went.
    store.tails.forget(at.epoch)
    if (!isTaken(error) && !isLate(error)) throw error
    const own = await countOwn(store, at, place, drafts)
    if (own === 0) return error instanceof MongoBulkWriteError ? firstFailure(error) : 0
    if (own < drafts.length) throw error
  }
  store.tails.advance(at.epoch, (place.last + drafts.length) as Sequence, seen)
  return drafts.length
}

/**
 * How many messages a command has stored that was refused a position. The client sends a command again whose answer is lost; if the server
 * carries out both, the second finds the positions taken by the first. What is stored then must not be stored again elsewhere.
 */
async function countOwn(store: Store, { project, queue, epoch }: QueueKey, { last }: Place, drafts: readonly Draft[]): Promise<number> {
  const taken = { _id: positions(epoch, last, (last + drafts.length) as Sequence) }
  // Also what a majority does not have yet.
  const found = await store.of({ project, queue }).messages.find(taken, { projection: { y: 1 }, readConcern: { level: 'local' } }).toArray()
  return found.filter(document => document.y !== undefined && drafts[sequenceAt(document) - last - 1]?.fixed.y?.equals(document.y)).length
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
  const expression = (moment: Moment): Expression => moment instanceof Date ? moment : time.later(moment.later)
  const { f, u, a } = times
  return {
    updateOne: {
      filter: { _id, q: epoch, late: 'late' } as Partial<MessageDocument>,
      update: [{ $replaceWith: { $mergeObjects: [{ $literal: { _id, q: epoch, ...fixed } }, { f: f === null ? null : expression(f), u: expression(u), a: time.before(seen + BELIEVED_MS, expression(a)) }] } }],
      upsert: true,
    },
  }
}
