/** What projects keep, and posts that may keep no more than so much. */
import type { ClientSession } from 'mongodb'
import type { NewMessage } from '../../model/message.ts'
import type { Project } from '../../model/names.ts'
import type { Allowance, Operation, Outcome, Usage } from '../contract.ts'
import { sealedQueue } from './documents.ts'
import type { Store } from './store.ts'
import { LostRace, inSession } from './transactions.ts'

type Post = Operation & { readonly op: 'post' }

/** What a project keeps: live messages, counted. */
export async function countUsage({ partitions, time }: Store, project: Project, session?: ClientSession): Promise<Usage> {
  const options = inSession(session)
  const now = new Date(time.now())
  let messages = 0
  let bytes = 0
  for (const { heads, messages: collection } of partitions) {
    const epochs = await heads.find({ p: project, 'x.k': { $ne: 'dropped' } }, { ...options, projection: { _id: 1 } }).map(({ _id }) => [_id, sealedQueue(_id)]).toArray()
    if (epochs.length === 0) continue
    const [sum] = await collection.aggregate<{ m: number; b: number }>([
      { $match: { q: { $in: epochs.flat() }, f: { $ne: null }, u: { $gt: now } } },
      { $group: { _id: null, m: { $sum: 1 }, b: { $sum: '$s' } } },
    ], options).toArray()
    messages += sum?.m ?? 0
    bytes += sum?.b ?? 0
  }
  return { messages, bytes }
}

/**
 * Charges the project with a post, or says what stands in the way. The charge is written, so that of two transactions that charge one
 * project at once one starts again; what is removed later is not credited, but the project is counted anew before it is refused.
 */
export async function charge(store: Store, operation: Post, allowance: Allowance, session?: ClientSession): Promise<Outcome | null> {
  if (session === undefined) return store.retry('charging a quota', async () => chargeOnce(store, operation, allowance))
  const outcome = await chargeOnce(store, operation, allowance, session)
  if (outcome === undefined) throw new LostRace()
  return outcome
}

/** As `charge`; undefined if another process charged the project meanwhile. */
async function chargeOnce(store: Store, { at: { project }, messages }: Post, allowance: Allowance, session?: ClientSession): Promise<Outcome | null | undefined> {
  const [{ usage } = { usage: null }] = store.partitions
  if (usage === null) throw new Error('a message store without partitions')
  const options = inSession(session)
  const more = weigh(messages)
  const { m, b } = await usage.findOne({ _id: project }, options) ?? UNKNOWN
  let used: Usage = { messages: m, bytes: b }
  if (excess(used, more, allowance) !== null) used = await countUsage(store, project, session)
  const refusal = excess(used, more, allowance)
  if (refusal !== null) return refusal
  const charged = { m: used.messages + more.messages, b: used.bytes + more.bytes }
  const { matchedCount } = await usage.updateOne({ _id: project, m, b }, { $set: charged }, options)
  return matchedCount > 0 ? null : undefined
}

/** Sees to it that there is something to charge, before a transaction: in it two could make it at once. */
export async function openAccount({ partitions: [first] }: Store, project: Project): Promise<void> {
  await first?.usage.updateOne({ _id: project }, { $setOnInsert: UNKNOWN }, { upsert: true })
}

/** The use of a project that was never counted. */
const UNKNOWN = { m: Infinity, b: Infinity }

function excess(used: Usage, more: Usage, allowance: Allowance): Outcome | null {
  for (const quota of ['messages', 'bytes'] as const) {
    if (used[quota] + more[quota] > allowance[quota]) return { is: 'over_quota', quota, limit: allowance[quota], used: used[quota] }
  }
  return null
}

function weigh(messages: readonly NewMessage[]): Usage {
  return { messages: messages.length, bytes: messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) }
}
