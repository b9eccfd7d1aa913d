/** The end of a queue: it is dropped, or sealed and copied to another store. */
import type { ClientSession } from 'mongodb'
import { START, type Sequence } from '../../../model/names.ts'
import type { Operation, Outcome, QueueKey } from '../../contract.ts'
import { append, type Draft } from '../append.ts'
import { token, positions, sealedQueue, sequenceAt, type Ending } from '../documents.ts'
import type { Store } from '../store.ts'
import { removal } from './remove.ts'
import { inSession } from '../transactions.ts'
import { ended } from '../tails.ts'

/** How long the end of a queue is remembered, in milliseconds: longer than any request runs. */
export const REMEMBERED_MS = 3_600_000

/** Messages that are removed with one command. */
const SLICE = 1_000

/** Ends a queue for ever, and removes what is in it. */
export async function drop(store: Store, { at }: Operation & { readonly op: 'drop' }, session?: ClientSession): Promise<Outcome> {
  await close(store, at, 'dropped', session)
  await clear(store, at, session)
  return { is: 'dropped' }
}

/** Ends a queue for ever, and keeps what is in it for a dump. */
export async function seal(store: Store, { at }: Operation & { readonly op: 'seal' }, session?: ClientSession): Promise<Outcome> {
  const before = await store.tails.ending(at, session)
  if (before !== null) return ended(before)
  const ending = await close(store, at, 'sealed', session)
  if (ending === 'dropped') return ended(ending)
  const { messages } = store.of(at)
  await messages.updateMany({ q: at.epoch, z: { $exists: false } }, { $set: { q: sealedQueue(at.epoch) } }, inSession(session))
  return { is: 'sealed' }
}

/**
 * Writes into the head that the queue has ended, for those who ask, and behind its last message, for those who post without asking: their
 * position is taken then. The first end stands.
 */
async function close(store: Store, at: QueueKey, kind: Ending, session?: ClientSession): Promise<Ending> {
  const { heads } = store.of(at)
  const options = inSession(session)
  const now = new Date(store.time.now())
  await heads.updateOne({ _id: at.epoch }, { $setOnInsert: { p: at.project, h: 0 } }, { ...options, upsert: true })
  await heads.updateOne({ _id: at.epoch, x: { $exists: false } }, { $set: { x: { k: kind, a: now } } }, options)
  const head = await heads.findOne({ _id: at.epoch }, options)
  const ending = head?.x?.k ?? kind
  const barrier: Draft = { fixed: { t: 0, w: 0, s: 0, y: token(), z: ending }, times: { f: null, u: new Date(now.getTime() + REMEMBERED_MS), a: now } }
  await store.retry('ending a queue', async () => {
    const { last, isEnded } = await lastOf(store, at, session)
    if (isEnded) return true
    return await append(store, at, { is: 'open', last, seen: store.time.now() }, [barrier], session) === 1 ? true : undefined
  })
  store.tails.forget(at.epoch)
  return ending
}

/** The last position of a queue, whether or not it has ended. */
async function lastOf(store: Store, at: QueueKey, session?: ClientSession): Promise<{ readonly last: Sequence; readonly isEnded: boolean }> {
  const { messages, heads } = store.of(at)
  const options = inSession(session)
  const newest = await messages.findOne({ _id: positions(at.epoch, START) }, { ...options, sort: { _id: -1 }, projection: { _id: 1, z: 1 } })
  const head = await heads.findOne({ _id: at.epoch }, options)
  return { last: Math.max(head?.h ?? 0, newest === null ? 0 : sequenceAt(newest)) as Sequence, isEnded: newest?.z !== undefined }
}

/** Removes all messages, a slice at a time. */
async function clear(store: Store, at: QueueKey, session?: ClientSession): Promise<void> {
  const { messages } = store.of(at)
  const options = inSession(session)
  const left = { _id: positions(at.epoch, START), q: { $in: [at.epoch, sealedQueue(at.epoch)] }, f: { $ne: null } }
  for (;;) {
    const ids = await messages.find(left, { ...options, projection: { _id: 1 } }).limit(SLICE).map(({ _id }) => _id).toArray()
    if (ids.length === 0) return
    await messages.updateMany({ ...left, _id: { $in: ids } }, removal(store, token()), options)
  }
}
