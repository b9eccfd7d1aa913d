import type { ClientSession, Filter, ObjectId, UpdateFilter } from 'mongodb'
import { ObjectId as Id } from 'mongodb'
import type { Instant } from '../../../clock.ts'
import { sequenceOf, type MessageId } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey, Removal, RemoveCheck } from '../../contract.ts'
import { token, type MessageDocument } from '../documents.ts'
import type { Store } from '../store.ts'
import { ended, TAKEN_MS } from '../tails.ts'
import { inSession } from '../transactions.ts'

/** How often a removal is tried while others claim and release what it wants. */
const MAX_ROUNDS = 5

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

  /** Tries again where what stood in the way is gone when it is looked for. */
  async function removeAt(places: ReadonlyMap<MessageId, ObjectId>, condition: Filter<MessageDocument>): Promise<void> {
    let left = places
    for (let round = 0; round < MAX_ROUNDS && left.size > 0; round++) {
      const wanted = [...left.values()]
      const done = await removeAll(store, at, wanted, { ...condition, ...holds(check, now) }, now, session)
      for (const [id, place] of left) if (done.has(place.toHexString())) removed.add(id)
      if (check.kind === 'nothing' || done.size === wanted.length) return
      const found = await obstaclesTo(store, at, wanted.filter(place => !done.has(place.toHexString())), check, now, session)
      // Whatever comes and goes before it, a message that was in the way of each attempt counts as claimed.
      for (const [id, place] of left) obstacles.set(id, found.has(place.toHexString()) ? found.get(place.toHexString()) ?? 'claimed' : 'absent')
      left = new Map([...left].filter(([, place]) => found.get(place.toHexString()) === null))
    }
  }
}

/** Where messages are that were moved into this queue. */
async function findMoved(store: Store, at: QueueKey, ids: readonly MessageId[], session?: ClientSession): Promise<ReadonlyMap<MessageId, ObjectId>> {
  const documents = store.of(at).messages.find({ q: at.epoch, i: { $in: ids.map(id => new Id(id)) } }, { projection: { i: 1 }, ...inSession(session) })
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
  const options = inSession(session)
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

/** Why messages that are there were not removed; null if nothing is in the way any more. */
async function obstaclesTo(store: Store, at: QueueKey, left: readonly ObjectId[], check: RemoveCheck, now: Instant, session?: ClientSession): Promise<ReadonlyMap<string, Removal | null>> {
  const options = inSession(session)
  const there = store.of(at).messages.find({ _id: { $in: [...left] }, q: at.epoch, f: { $ne: null }, u: { $gt: new Date(now) } }, { ...options, projection: { f: 1, c: 1 } })
  const obstacles = new Map<string, Removal | null>()
  for await (const { _id, f, c } of there) {
    const holder = c !== undefined && f !== null && f.getTime() > now ? c.toHexString() : null
    obstacles.set(_id.toHexString(), check.kind === 'held_by' ? obstacleToHolder(check.claim, holder, c?.toHexString()) : holder === null ? null : 'claimed')
  }
  return obstacles
}

/** What keeps the holder of a claim from removing a message that this claim holds now, and that one held last. */
function obstacleToHolder(claim: string, holder: string | null, last: string | undefined): Removal | null {
  if (holder !== null) return holder === claim ? null : 'claimed'
  return last === claim ? 'lapsed' : 'unclaimed'
}
