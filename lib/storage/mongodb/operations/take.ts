/** Removing what is free: pops and purges. */
import type { ClientSession } from 'mongodb'
import { START } from '../../../model/names.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { token, ALWAYS, messageOf, positions } from '../documents.ts'
import { findFree } from '../free.ts'
import type { Store } from '../store.ts'
import { removal } from './remove.ts'
import { inSession } from '../transactions.ts'
import { ended } from '../tails.ts'

/** How often a pop tries when others take what it found. */
const MAX_ROUNDS = 10

/** Removes the oldest free messages and answers those that nobody else took meanwhile. */
export async function pop(store: Store, { at, limit }: Operation & { readonly op: 'pop' }, session?: ClientSession): Promise<Outcome> {
  const { messages } = store.of(at)
  const options = inSession(session)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const now = store.time.now()
    const found = await findFree(store, at, now, { after: START, limit }, session)
    if (found.length === 0) break
    const by = token()
    const ids = found.map(({ _id }) => _id)
    const isFree = { q: at.epoch, f: { $gte: ALWAYS, $lte: new Date(now) } }
    const { modifiedCount } = await messages.updateMany({ _id: { $in: ids }, ...isFree }, removal(store, by), options)
    if (modifiedCount === 0) continue
    const ours = modifiedCount === found.length ? null
      : new Set(await messages.find({ _id: { $in: ids }, q: at.epoch, r: by }, { ...options, projection: { _id: 1 } }).map(({ _id }) => _id.toHexString()).toArray())
    return { is: 'popped', now, messages: found.filter(({ _id }) => ours?.has(_id.toHexString()) ?? true).map(document => messageOf(document, now)) }
  }
  const ending = await store.tails.ending(at, session)
  return ending === null ? { is: 'popped', now: store.time.now(), messages: [] } : ended(ending)
}

/** Removes free and delayed messages up to a position. */
export async function purge(store: Store, { at, through, limit }: Operation & { readonly op: 'purge' }, session?: ClientSession): Promise<Outcome> {
  const { messages } = store.of(at)
  const options = inSession(session)
  const now = new Date(store.time.now())
  const isUnclaimed = { q: at.epoch, f: { $ne: null }, u: { $gt: now }, $or: [{ f: { $lte: now } }, { c: { $exists: false } }] }
  const ids = await messages.find({ _id: positions(at.epoch, START, through), ...isUnclaimed }, { ...options, projection: { _id: 1 } })
    .sort({ _id: 1 }).limit(limit).map(({ _id }) => _id).toArray()
  if (ids.length === 0) {
    const ending = await store.tails.ending(at, session)
    return ending === null ? { is: 'purged', count: 0 } : ended(ending)
  }
  const { modifiedCount } = await messages.updateMany({ _id: { $in: ids }, ...isUnclaimed }, removal(store, token()), options)
  return { is: 'purged', count: modifiedCount }
}
