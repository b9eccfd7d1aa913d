import type { ClientSession, Filter, ObjectId, UpdateFilter } from 'mongodb'
import { ObjectId as Id } from 'mongodb'
import type { Instant } from '../../../clock.ts'
import { sequenceOf, type MessageId } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey, Removal, RemoveCheck } from '../../contract.ts'
import { ended, token } from '../append.ts'
import type { MessageDocument } from '../documents.ts'
import type { Store } from '../store.ts'
import { TAKEN_MS } from '../tails.ts'

/** The change that removes a message, but keeps its position taken for a while (see tails.ts). */
export function removal({ time }: Store, by: ObjectId): UpdateFilter<MessageDocument> {
  return { $set: { f: null, u: new Date(time.now() + TAKEN_MS), r: by }, $unset: { b: 1, c: 1, i: 1 } }
}

/** Removes messages by id, each if its check holds. */
export async function remove(store: Store, { at, ids, check }: Operation & { readonly op: 'remove' }, session?: ClientSession): Promise<Outcome> {
  const now = store.time.now()
  const removed = new Set<MessageId>()
  const obstacles = new Map<MessageId, Removal>()
  const own = ids.filter(id => sequenceOf(at.epoch, id) !== null)
  if (own.length > 0) await removeAt(new Map(own.map(id => [id, new Id(id)])), { i: { $exists: false } })
  // What was moved here is known by another id than its position.
  const left = ids.filter(id => !removed.has(id))
  const moved = left.length === 0 ? new Map<MessageId, ObjectId>() : await findMoved(store, at, left, session)
  if (moved.size > 0) await removeAt(moved, {})
  if (removed.size === 0) {
    const ending = await store.tails.ending(at, session)
    if (ending !== null) return ended(ending)
  }
  // Named twice, it is there only once.
  return { is: 'removed', each: ids.map(id => (removed.delete(id) ? 'removed' : obstacles.get(id) ?? 'absent')) }

  async function removeAt(places: ReadonlyMap<MessageId, ObjectId>, condition: Filter<MessageDocument>): Promise<void> {
    const wanted = [...places.values()]
    const done = await removeAll(store, at, wanted, { ...condition, ...holds(check, now) }, now, session)
    for (const [id, place] of places) if (done.has(place.toHexString())) removed.add(id)
    if (check.kind === 'nothing' || done.size === wanted.length) return
    const found = await obstaclesTo(store, at, wanted.filter(place => !done.has(place.toHexString())), check, now, session)
    for (const [id, place] of places) {
      const obstacle = found.get(place.toHexString())
      if (obstacle !== undefined) obstacles.set(id, obstacle)
    }
  }
}

/** Where messages are that were moved into this queue. */
async function findMoved(store: Store, at: QueueKey, ids: readonly MessageId[], session?: ClientSession): Promise<ReadonlyMap<MessageId, ObjectId>> {
  const documents = store.of(at).messages.find({ q: at.epoch, i: { $in: ids.map(id => new Id(id)) } }, { projection: { i: 1 }, ...(session === undefined ? {} : { session }) })
  const found = new Map<MessageId, ObjectId>()
  for await (const { _id, i } of documents) if (i !== undefined) found.set(i.toHexString() as MessageId, _id)
  return found
}

/** What a message must be for its check to hold. */
function holds(check: RemoveCheck, now: Instant): Filter<MessageDocument> {
  switch (check.kind) {
    case 'nothing': return { f: { $ne: null } }
    case 'unclaimed': return { f: { $ne: null }, $or: [{ f: { $lte: new Date(now) } }, { c: { $exists: false } }] }
    case 'held_by': return { f: { $gt: new Date(now) }, c: new Id(check.claim) }
  }
}

/** Removes what can be removed, and says what was. */
async function removeAll(store: Store, { project, queue, epoch }: QueueKey, wanted: readonly ObjectId[], condition: Filter<MessageDocument>, now: Instant, session?: ClientSession): Promise<Set<string>> {
  const { messages } = store.of({ project, queue })
  const options = session === undefined ? {} : { session }
  const by = token()
  const live = { q: epoch, u: { $gt: new Date(now) }, ...condition }
  const [only] = wanted
  if (only !== undefined && wanted.length === 1) {
    const { matchedCount } = await messages.updateOne({ _id: only, ...live }, removal(store, by), options)
    return new Set(matchedCount === 0 ? [] : [only.toHexString()])
  }
  const { modifiedCount } = await messages.updateMany({ _id: { $in: [...wanted] }, ...live }, removal(store, by), options)
  if (modifiedCount === wanted.length) return new Set(wanted.map(id => id.toHexString()))
  if (modifiedCount === 0) return new Set()
  return new Set(await messages.find({ _id: { $in: [...wanted] }, q: epoch, r: by }, { ...options, projection: { _id: 1 } }).map(({ _id }) => _id.toHexString()).toArray())
}

/** Why messages that are there were not removed. */
async function obstaclesTo(store: Store, at: QueueKey, left: readonly ObjectId[], check: RemoveCheck, now: Instant, session?: ClientSession): Promise<ReadonlyMap<string, Removal>> {
  const options = session === undefined ? {} : { session }
  const there = store.of(at).messages.find({ _id: { $in: [...left] }, q: at.epoch, f: { $ne: null }, u: { $gt: new Date(now) } }, { ...options, projection: { f: 1, c: 1 } })
  const obstacles = new Map<string, Removal>()
  for await (const { _id, f, c } of there) obstacles.set(_id.toHexString(), obstacle(check, f, c, now))
  return obstacles
}

function obstacle(check: RemoveCheck, f: Date | null, c: ObjectId | undefined, now: Instant): Removal {
  if (c !== undefined && f !== null && f.getTime() > now) return 'claimed'
  return check.kind === 'held_by' && c?.toHexString() === check.claim ? 'lapsed' : 'unclaimed'
}
