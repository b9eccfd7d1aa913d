/** What is answered without a write. */
import { ObjectId, type Filter } from 'mongodb'
import type { Instant } from '../../clock.ts'
import { sequenceOf, type ClaimId, type MessageId, type Sequence } from '../../model/names.ts'
import type { Claim, End, QueueKey, ReadRange, Reading, Stats } from '../contract.ts'
import type { Dump, StoredMessage } from '../dump.ts'
import type { JsonText } from '../../model/json.ts'
import { idOf, messageOf, originOf, positions, sealedQueue, sequenceAt, type MessageDocument } from './documents.ts'
import { findFree } from './free.ts'
import { heldBy } from './operations/hold.ts'
import type { Store } from './store.ts'
import { clientNumber } from '../../model/client-number.ts'

/** Messages of which neither their life is over nor were they removed. */
function alive(at: QueueKey, now: Instant): Filter<MessageDocument> {
  return { q: at.epoch, f: { $ne: null }, u: { $gt: new Date(now) } }
}

/** A page of a queue. */
export async function readPage(store: Store, at: QueueKey, { after, limit, notFrom, claimed, delayed }: ReadRange): Promise<Reading> {
  const now = store.time.now()
  const filter = notFrom === null ? {} : { w: { $ne: clientNumber(notFrom) } }
  const documents = claimed || delayed
    ? await store.of(at).messages.find({ ...alive(at, now), _id: positions(at.epoch, after), ...filter, ...heldToo(now, claimed, delayed) }).sort({ _id: 1 }).limit(limit).toArray()
    : await findFree(store, at, now, { after, limit, filter })
  return { now, messages: documents.map(document => messageOf(document, now)) }
}

/** Which of the held messages a page shows. */
function heldToo(now: Instant, claimed: boolean, delayed: boolean): Filter<MessageDocument> {
  if (claimed && delayed) return {}
  return { $or: [{ f: { $lte: new Date(now) } }, { c: { $exists: claimed } }] }
}

/** Messages by id, in the order of the ids. */
export async function readMessages(store: Store, at: QueueKey, ids: readonly MessageId[]): Promise<Reading> {
  const now = store.time.now()
  const names = ids.map(id => new ObjectId(id))
  const own = names.filter((_, index) => sequenceOf(at.epoch, ids[index] ?? ('' as MessageId)) !== null)
  const named: Filter<MessageDocument> = { $or: [{ _id: { $in: own }, i: { $exists: false } }, { i: { $in: names } }] }
  const found = new Map((await store.of(at).messages.find({ ...alive(at, now), ...named }).toArray()).map(document => [idOf(document), document]))
  return { now, messages: ids.flatMap(id => found.get(id) ?? []).map(document => messageOf(document, now)) }
}

/** Where a message is that was moved into this queue. */
export async function findPosition(store: Store, at: QueueKey, id: MessageId): Promise<Sequence | null> {
  const found = await store.of(at).messages.findOne({ ...alive(at, store.time.now()), i: new ObjectId(id) }, { projection: { _id: 1 } })
  return found === null ? null : sequenceAt(found)
}

/** A live claim. */
export async function readClaim(store: Store, at: QueueKey, id: ClaimId): Promise<Claim | null> {
  const now = store.time.now()
  const documents = await store.of(at).messages.find({ ...heldBy(at, id, now), u: { $gt: new Date(now) } }).sort({ _id: 1 }).toArray()
  const [first] = documents
  if (first?.f === undefined || first.f === null) return null
  return { now, id, ttl: first.ct ?? 0, since: first.cs?.getTime() ?? now, expires: first.f.getTime(), messages: documents.map(document => messageOf(document, now)) }
}

interface Counted {
  readonly free: number
  readonly claimed: number
  readonly delayed: number
  readonly oldest: Pick<MessageDocument, '_id' | 'i' | 'a'>
  readonly newest: Pick<MessageDocument, '_id' | 'i' | 'a'>
}

/** Exact counts, and both ends. One command, which counts every message of the queue. */
export async function readStats(store: Store, at: QueueKey): Promise<Stats> {
  const now = store.time.now()
  const isHeld = { $gt: ['$f', new Date(now)] }
  const isClaimed = { $gt: ['$c', null] }
  const end = { _id: '$_id', a: '$a', i: '$i' }
  const [counted] = await store.of(at).messages.aggregate<Counted>([
    { $match: alive(at, now) },
    {
      $group: {
        _id: null,
        free: { $sum: { $cond: [isHeld, 0, 1] } },
        claimed: { $sum: { $cond: [{ $and: [isHeld, isClaimed] }, 1, 0] } },
        delayed: { $sum: { $cond: [{ $and: [isHeld, { $not: [isClaimed] }] }, 1, 0] } },
        oldest: { $min: end },
        newest: { $max: end },
      },
    },
  ]).toArray()
  if (counted === undefined) return { now, free: 0, claimed: 0, delayed: 0, oldest: null, newest: null }
  const { free, claimed, delayed, oldest, newest } = counted
  return { now, free, claimed, delayed, oldest: endOf(oldest), newest: endOf(newest) }
}

function endOf(document: Pick<MessageDocument, '_id' | 'i' | 'a'>): End {
  return { id: idOf(document), created: document.a.getTime() }
}

/** Live messages with all that is known of them, of a sealed queue too. */
export async function dump(store: Store, at: QueueKey, after: Sequence, limit: number): Promise<Dump> {
  const now = store.time.now()
  const { messages, heads } = store.of(at)
  const documents = await messages.find({ _id: positions(at.epoch, after), q: { $in: [at.epoch, sealedQueue(at.epoch)] }, f: { $ne: null }, u: { $gt: new Date(now) } })
    .sort({ _id: 1 }).limit(limit).toArray()
  const newest = await messages.findOne({ _id: positions(at.epoch, 0 as Sequence), z: { $exists: false } }, { sort: { _id: -1 }, projection: { _id: 1 } })
  const head = await heads.findOne({ _id: at.epoch })
  const last = Math.max(head?.h ?? 0, newest === null ? 0 : sequenceAt(newest))
  return { next: (last + 1) as Sequence, messages: documents.map(document => storedOf(document, now)) }
}

function storedOf(document: MessageDocument, now: Instant): StoredMessage {
  const { b, t, a, u, l, w, f, c, ct, cs, n } = document
  return {
    id: idOf(document),
    sequence: sequenceAt(document),
    body: (b ?? 'null') as JsonText,
    ttl: t,
    created: a.getTime(),
    until: u.getTime(),
    shownTtl: l ?? t,
    client: w,
    from: f !== null && f.getTime() > now ? f.getTime() : 0,
    claim: c === undefined ? null : { id: c.toHexString() as ClaimId, ttl: ct ?? 0, since: cs?.getTime() ?? 0 },
    claims: n ?? 0,
    origin: originOf(document),
  }
}
