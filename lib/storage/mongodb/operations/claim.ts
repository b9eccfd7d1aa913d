import { ObjectId, type AnyBulkWriteOperation, type ClientSession } from 'mongodb'
import type { Instant } from '../../../clock.ts'
import { START } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../../contract.ts'
import { append, type Draft } from '../append.ts'
import { token, ALWAYS, idOf, messageOf, type Ending, type MessageDocument } from '../documents.ts'
import { findFree } from '../free.ts'
import { removal } from './remove.ts'
import type { Store } from '../store.ts'
import { inSession } from '../transactions.ts'
import { ended } from '../tails.ts'

type Claim = Operation & { readonly op: 'claim' }

/** Claims free messages as a part of a transaction, or alone. */
export async function claim(store: Store, operation: Claim, session?: ClientSession): Promise<Outcome> {
  const { at, limit } = operation
  const now = store.time.now()
  const found = await findFree(store, at, now, { after: START, limit }, session)
  return found.length === 0 ? nothingFree(store, at, now, session) : handOut(store, operation, found, now, session)
}

/** What a claim that found nothing answers. */
export async function nothingFree(store: Store, at: QueueKey, now: Instant, session?: ClientSession): Promise<Outcome> {
  const ending = await store.tails.ending(at, session)
  return ending === null ? { is: 'claimed', now, messages: [], moved: 0 } : ended(ending)
}

/** Puts found messages under a claim, those that nobody else took meanwhile; what was handed out too often goes to the dead letters. */
export async function handOut(store: Store, operation: Claim, found: readonly MessageDocument[], now: Instant, session?: ClientSession): Promise<Outcome> {
  const { deadLetter } = operation
  const dead = deadLetter === undefined ? [] : found.filter(({ n = 0 }) => n >= deadLetter.after)
  const good = dead.length === 0 ? found : found.filter(document => !dead.includes(document))
  let moved = 0
  if (dead.length > 0) {
    const burial = await (session === undefined ? store.transaction('moving dead letters', own => bury(store, operation, dead, own), isNumber) : bury(store, operation, dead, session))
    if (typeof burial !== 'number') return { is: 'no_dead_letter_queue' }
    moved = burial
  }
  const taken = good.length === 0 ? [] : await take(store, operation, good, now, session)
  return { is: 'claimed', now, messages: taken.map(document => messageOf(document, now)), moved }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

/** Marks messages as claimed, if they still are free, and answers those that were. */
async function take(store: Store, { at, id, ttl, grace }: Claim, found: readonly MessageDocument[], now: Instant, session?: ClientSession): Promise<readonly MessageDocument[]> {
  const { messages } = store.of(at)
  const options = inSession(session)
  const claimId = new ObjectId(id)
  const expires = new Date(now + ttl * 1000)
  const until = new Date(now + (ttl + grace) * 1000)
  const isLengthened = ({ u }: MessageDocument) => u < until
  const mark = { f: expires, c: claimId, ct: ttl, cs: new Date(now) }
  const writes: AnyBulkWriteOperation<MessageDocument>[] = []
  for (const [group, change] of [[found.filter(isLengthened), { ...mark, u: until, l: ttl + grace }], [found.filter(document => !isLengthened(document)), mark]] as const) {
    const update = { $set: change, $inc: { n: 1 } }
    const always = group.filter(({ f }) => f?.getTime() === 0).map(({ _id }) => _id)
    const lapsed = group.filter(({ f }) => f?.getTime() !== 0).map(({ _id }) => _id)
    if (always.length > 0) writes.push({ updateMany: { filter: { _id: { $in: always }, q: at.epoch, f: ALWAYS }, update } })
    // Whether a claim has run out is for the database's clock alone to say, so that a message never has two.
    if (lapsed.length > 0) writes.push({ updateMany: { filter: { $and: [{ _id: { $in: lapsed }, q: at.epoch, f: { $gt: ALWAYS } }, store.time.hasCome('f')] }, update } })
  }
  const { modifiedCount } = await messages.bulkWrite(writes, { ordered: false, ...options })
  if (modifiedCount < found.length) return modifiedCount === 0 ? [] : messages.find({ c: claimId, q: at.epoch }, options).sort({ _id: 1 }).toArray()
  return found.map(document => ({
    ...document, f: expires, c: claimId, n: (document.n ?? 0) + 1,
    ...(isLengthened(document) ? { l: ttl + grace } : {}),
  }))
}

/**
 * Moves messages to the dead-letter queue, and says how many. Without transactions one that is stopped half-way is in both queues; the next
 * claim that meets it in the old one finds it in the new one by its id, and finishes.
 */
async function bury(store: Store, { at, deadLetter }: Claim, found: readonly MessageDocument[], session: ClientSession | undefined): Promise<number | Ending> {
  if (deadLetter === undefined) return 0
  const { to, ttl } = deadLetter
  const { messages } = store.of(at)
  const options = inSession(session)
  const stillFree = { _id: { $in: found.map(({ _id }) => _id) }, q: at.epoch, f: { $gte: ALWAYS, $lte: new Date(store.time.now()) } }
  const dead = await messages.find(stillFree, options).sort({ _id: 1 }).toArray()
  if (dead.length === 0) return 0
  if (to === null) return 'dropped'
  const arrived = session === undefined ? await alreadyThere(store, to, dead) : new Set<string>()
  let left = dead.filter(document => !arrived.has(idOf(document)))
  const state = left.length === 0 ? 'open' : await store.retry('moving dead letters', async number => {
    const tail = number === 0 ? await store.tails.of(to, session) : await store.tails.look(to, session)
    if (tail.is !== 'open') return tail.is
    left = left.slice(await append(store, to, tail, left.map(document => letterOf(store, at, document, ttl)), session))
    return left.length === 0 ? 'open' : undefined
  })
  if (state !== 'open') return state
  const { modifiedCount } = await messages.updateMany(stillFree, removal(store, token()), options)
  return modifiedCount
}

async function alreadyThere(store: Store, to: QueueKey, dead: readonly MessageDocument[]): Promise<ReadonlySet<string>> {
  const ids = dead.map(document => new ObjectId(idOf(document)))
  return new Set(await store.of(to).messages.find({ q: to.epoch, i: { $in: ids } }, { projection: { i: 1 } }).map(document => String(idOf(document))).toArray())
}

function letterOf({ time }: Store, { queue }: QueueKey, document: MessageDocument, ttl: number | null): Draft {
  const { t, l, w, b = '', s, a, u, n = 0 } = document
  const fixed = { t: ttl ?? t, w, b, s, i: document.i ?? document._id, y: token(), o: { q: queue, a: new Date(time.now()), r: 'max_claim_count', n }, ...(ttl === null && l !== undefined ? { l } : {}) } as const
  return { fixed, times: { f: ALWAYS, a, u: ttl === null ? u : { later: ttl * 1000 } } }
}
