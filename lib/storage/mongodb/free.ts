/** Finding what is free, in order. */
import type { ClientSession, Document, Filter } from 'mongodb'
import type { Instant } from '../../clock.ts'
import type { Sequence } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'
import { ALWAYS, positions, type MessageDocument } from './documents.ts'
import type { Store } from './store.ts'

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
  const options = session === undefined ? {} : { session }
  const common = { _id: positions(at.epoch, after), u: { $gt: new Date(now) }, ...filter }
  const always: Filter<MessageDocument> = { q: at.epoch, f: ALWAYS, ...common }
  if (!store.lapses.mayBeIn(at.epoch, now)) return messages.find(always, options).sort({ _id: 1 }).limit(limit).toArray()
  const lapsed: Document = { q: at.epoch, f: { $gt: ALWAYS, $lte: new Date(now) }, ...common }
  const first: Document[] = [{ $sort: { _id: 1 } }, { $limit: limit }]
  return messages.aggregate<MessageDocument>([
    { $match: always }, ...first,
    { $unionWith: { coll: messages.collectionName, pipeline: [{ $match: lapsed }, ...first] } },
    ...first,
  ], options).toArray()
}
