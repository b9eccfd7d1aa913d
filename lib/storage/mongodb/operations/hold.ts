/** What is done to a claim as a whole: it lives in the messages that it holds. */
import { ObjectId, type ClientSession, type Filter } from 'mongodb'
import type { ClaimId } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../../contract.ts'
import { ALWAYS, type MessageDocument } from '../documents.ts'
import type { Store } from '../store.ts'
import { inSession } from '../transactions.ts'
import { ended } from '../tails.ts'

/** Starts a live claim anew (api-v1.md 9.4). */
export async function renew(store: Store, { at, claim, ttl, grace }: Operation & { readonly op: 'renew' }, session?: ClientSession): Promise<Outcome> {
  const now = store.time.now()
  const until = new Date(now + (ttl + grace) * 1000)
  const mark = { f: new Date(now + ttl * 1000), ct: ttl, cs: new Date(now) }
  const held = heldBy(at, claim, now)
  const { matchedCount } = await store.of(at).messages.bulkWrite([
    { updateMany: { filter: { ...held, u: { $gt: new Date(now), $lt: until } }, update: { $set: { ...mark, u: until, l: ttl + grace } } } },
    { updateMany: { filter: { ...held, u: { $gte: until } }, update: { $set: mark } } },
  ], { ordered: true, ...inSession(session) })
  return matchedCount > 0 ? { is: 'renewed' } : await refusal(store, at, { is: 'no_claim' }, session)
}

/** Gives back what a live claim holds (api-v1.md 9.5), as if it had never handed it out. */
export async function release(store: Store, { at, claim }: Operation & { readonly op: 'release' }, session?: ClientSession): Promise<Outcome> {
  const update = { $set: { f: ALWAYS }, $unset: { c: 1, ct: 1, cs: 1, n: 1 } } as const
  const { matchedCount } = await store.of(at).messages.updateMany(heldBy(at, claim, store.time.now()), update, inSession(session))
  if (matchedCount === 0) return refusal(store, at, { is: 'released' }, session)
  await store.stir(at)
  return { is: 'released' }
}

/** The messages of a live claim. */
export function heldBy({ epoch }: QueueKey, claim: ClaimId, now: number): Filter<MessageDocument> {
  return { q: epoch, c: new ObjectId(claim), f: { $gt: new Date(now) } }
}

/** What is answered where nothing was found: the queue may have ended. */
async function refusal(store: Store, at: QueueKey, otherwise: Outcome, session?: ClientSession): Promise<Outcome> {
  const ending = await store.tails.ending(at, session)
  return ending === null ? otherwise : ended(ending)
}
