import { ObjectId, type ClientSession } from 'mongodb'
import type { Epoch } from '../../../model/names.ts'
import type { Operation, Outcome } from '../../contract.ts'
import type { StoredMessage } from '../../dump.ts'
import { positionId, type MessageDocument } from '../documents.ts'
import type { Store } from '../store.ts'
import { forgetCharges } from '../usage.ts'
import { inSession } from '../transactions.ts'
import { ended } from '../tails.ts'

/** Puts messages where they were in another store. */
export async function restore(store: Store, { at, next, messages: stored }: Operation & { readonly op: 'restore' }, session?: ClientSession): Promise<Outcome> {
  const { messages, heads } = store.of(at)
  const options = inSession(session)
  const ending = await store.tails.ending(at, session)
  if (ending !== null) return ended(ending)
  await heads.updateOne({ _id: at.epoch }, { $setOnInsert: { p: at.project }, $max: { h: next - 1 } }, { ...options, upsert: true })
  store.tails.forget(at.epoch)
  await forgetCharges(store, at.project)
  if (stored.length > 0) {
    await messages.bulkWrite(stored.map(message => {
      const replacement = documentOf(at.epoch, message)
      return { replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true } }
    }), { ordered: false, ...options })
    await store.stir(at)
  }
  return { is: 'restored' }
}

function documentOf(epoch: Epoch, message: StoredMessage): MessageDocument {
  const { id, sequence, body, ttl, created, until, shownTtl, client, from, claim, claims, origin } = message
  const _id = positionId(epoch, sequence)
  return {
    _id,
    q: epoch,
    f: new Date(from),
    u: new Date(until),
    a: new Date(created),
    t: ttl,
    w: client,
    b: body,
    s: Buffer.byteLength(body),
    ...(id === _id.toHexString() ? {} : { i: new ObjectId(id) }),
    ...(shownTtl === ttl ? {} : { l: shownTtl }),
    ...(claims === 0 ? {} : { n: claims }),
    ...(claim === null ? {} : { c: new ObjectId(claim.id), ct: claim.ttl, cs: new Date(claim.since) }),
    ...(origin === null ? {} : { o: { q: origin.queue, a: new Date(origin.at), r: origin.reason, n: origin.claims } }),
  }
}
