/** Finding what is free, in order. */
import type { ClientSession, Document, Filter } from 'mongodb'
import type { Instant } from '../../clock.ts'
import type { Sequence } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'
import { ALWAYS, positions, sequenceAt, type MessageDocument } from './documents.ts'
import type { Store } from './store.ts'
import { inSession } from './transactions.ts'

/** Which free messages are wanted. */
export interface Wanted {
  readonly after: Sequence
  readonly limit: number
  /** Further conditions. */
  readonly filter?: Filter<MessageDocument>
}

/**
 * The first free messages after a position. Most were always free, and stand in the index in order. Those that a claim or a delay held
 * till now stand elsewhere in it, so where there may be some, the same command fetches both and merges them.
 */
export async function findFree(store: Store, at: QueueKey, now: Instant, { after, limit, filter = {} }: Wanted, session?: ClientSession): Promise<readonly MessageDocument[]> {
  const { messages } = store.of(at)
  const common = { _id: positions(at.epoch, after), u: { $gt: new Date(now) }, ...filter }
  const always: Filter<MessageDocument> = { q: at.epoch, f: ALWAYS, ...common }
  const lapsed: Filter<MessageDocument> = { q: at.epoch, f: { $gt: ALWAYS, $lte: new Date(now) }, ...common }
  const first = (wanted: Filter<MessageDocument>) => messages.find(wanted, inSession(session)).sort({ _id: 1 }).limit(limit).toArray()
  if (!store.lapses.mayBeIn(at.epoch, now)) return first(always)
  // A transaction may not merge.
  if (session !== undefined) return inOrder([...await first(always), ...await first(lapsed)]).slice(0, limit)
  const firstOnes: Document[] = [{ $sort: { _id: 1 } }, { $limit: limit }]
  return messages.aggregate<MessageDocument>([
    { $match: always }, ...firstOnes,
    { $unionWith: { coll: messages.collectionName, pipeline: [{ $match: lapsed }, ...firstOnes] } },
    ...firstOnes,
  ]).toArray()
}

function inOrder(documents: readonly MessageDocument[]): MessageDocument[] {
  return [...documents].sort((one, other) => sequenceAt(one) - sequenceAt(other))
}
