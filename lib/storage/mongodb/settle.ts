/** Gives back the space of what is due, a slice at a time (decisions 22 and 23: there is no TTL index). */
import type { Sort } from 'mongodb'
import type { Instant } from '../../clock.ts'
import type { Settled } from '../contract.ts'
import type { Partition } from './collections.ts'
import { ALWAYS, epochAt, sequenceAt, type MessageDocument } from './documents.ts'
import { REMEMBERED_MS } from './operations/end.ts'
import type { Store } from './store.ts'
import { TAKEN_MS } from './tails.ts'

/** Works off at most about `atMost` messages, of each partition its share. */
export async function settleSlice(store: Store, atMost: number): Promise<Settled> {
  const now = store.time.now()
  const share = Math.ceil(atMost / store.partitions.length)
  const slices = await Promise.all(store.partitions.map(partition => settlePartition(partition, now, share)))
  const due = slices.flatMap(({ nextDue }) => nextDue ?? [])
  return { more: slices.some(({ more }) => more), nextDue: due.length === 0 ? null : Math.min(...due) }
}

async function settlePartition(partition: Partition, now: Instant, atMost: number): Promise<Settled> {
  const freed = await freeDue(partition, now, atMost)
  const cleared = await clearDue(partition, now, atMost)
  if (freed >= atMost || cleared >= atMost) return { more: true, nextDue: now }
  if (freed === 0 && cleared === 0) await forgetEnded(partition, now)
  return { more: false, nextDue: await nextDue(partition) }
}

/** Says of messages whose claim or delay is over that they are free, where pages look first. */
async function freeDue({ messages }: Partition, now: Instant, atMost: number): Promise<number> {
  const isDue = { f: { $gt: ALWAYS, $lte: new Date(now) } }
  const ids = await messages.find(isDue, { projection: { _id: 1 } }).limit(atMost).map(({ _id }) => _id).toArray()
  if (ids.length > 0) await messages.updateMany({ _id: { $in: ids }, ...isDue }, { $set: { f: ALWAYS } })
  return ids.length
}

/**
 * Removes documents whose time is over. Their positions are written into the heads first: what is gone must not be taken for never given
 * (see tails.ts). A young one waits, until no process believes any more that its position is free.
 */
async function clearDue({ messages, heads }: Partition, now: Instant, atMost: number): Promise<number> {
  const due = await messages.find({ u: { $lte: new Date(now) } }, { projection: { _id: 1, q: 1, a: 1, o: 1, f: 1 } }).sort({ u: 1 }).limit(atMost).toArray()
  const old = due.filter(document => document.f === null || placedAt(document) + TAKEN_MS <= now)
  if (old.length === 0) return 0
  const highest = new Map<number, number>()
  for (const document of old) {
    const epoch = epochAt(document)
    highest.set(epoch, Math.max(highest.get(epoch) ?? 0, sequenceAt(document)))
  }
  await heads.bulkWrite([...highest].map(([_id, h]) => ({ updateOne: { filter: { _id }, update: { $max: { h } } } })), { ordered: false })
  await messages.deleteMany({ _id: { $in: old.map(({ _id }) => _id) }, u: { $lte: new Date(now) } })
  return old.length
}

/** When a message got its position. */
function placedAt({ a, o }: Pick<MessageDocument, 'a' | 'o'>): Instant {
  return Math.max(a.getTime(), o?.a.getTime() ?? 0)
}

/** Forgets queues that ended long ago. */
async function forgetEnded({ heads }: Partition, now: Instant): Promise<void> {
  await heads.deleteMany({ 'x.a': { $lte: new Date(now - REMEMBERED_MS) } })
}

async function nextDue({ messages }: Partition): Promise<Instant | null> {
  const first = async (filter: Parameters<typeof messages.findOne>[0] & object, sort: Sort) => messages.findOne(filter, { sort, projection: { u: 1, f: 1 } })
  const [ending, freed] = await Promise.all([first({ u: { $gt: ALWAYS } }, { u: 1 }), first({ f: { $gt: ALWAYS } }, { f: 1 })])
  const moments = [ending?.u, freed?.f].flatMap(moment => moment?.getTime() ?? [])
  return moments.length === 0 ? null : Math.min(...moments)
}
