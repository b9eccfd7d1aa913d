/** What projects keep, and posts that may keep no more than so much. */
import type { ClientSession } from 'mongodb'
import type { NewMessage } from '../../model/message.ts'
import type { Project } from '../../model/names.ts'
import type { Allowance, Operation, Outcome, Usage } from '../contract.ts'
import type { Store } from './store.ts'

type Post = Operation & { readonly op: 'post' }

/** What a project keeps: live messages, counted. */
export async function countUsage({ partitions, time }: Store, project: Project, session?: ClientSession): Promise<Usage> {
  const options = session === undefined ? {} : { session }
  const now = new Date(time.now())
  let messages = 0
  let bytes = 0
  for (const { heads, messages: collection } of partitions) {
    const epochs = await heads.find({ p: project, x: { $exists: false } }, { ...options, projection: { _id: 1 } }).map(({ _id }) => _id).toArray()
    if (epochs.length === 0) continue
    const [sum] = await collection.aggregate<{ m: number; b: number }>([
      { $match: { q: { $in: epochs }, f: { $ne: null }, u: { $gt: now } } },
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
export async function charge(store: Store, { at: { project }, messages }: Post, allowance: Allowance, session?: ClientSession): Promise<Outcome | null> {
  const [{ usage } = { usage: null }] = store.partitions
  if (usage === null) throw new Error('a message store without partitions')
  const more = weigh(messages)
  const options = session === undefined ? {} : { session }
  const fits = { ...(allowance.messages === Infinity ? {} : { m: { $lte: allowance.messages - more.messages } }), ...(allowance.bytes === Infinity ? {} : { b: { $lte: allowance.bytes - more.bytes } }) }
  const charged = await usage.updateOne({ _id: project, ...fits }, { $inc: { m: more.messages, b: more.bytes } }, options)
  if (charged.matchedCount > 0) return null
  const used = await countUsage(store, project, session)
  for (const quota of ['messages', 'bytes'] as const) {
    if (used[quota] + more[quota] > allowance[quota]) return { is: 'over_quota', quota, limit: allowance[quota], used: used[quota] }
  }
  await usage.updateOne({ _id: project }, { $set: { m: used.messages + more.messages, b: used.bytes + more.bytes } }, { ...options, upsert: true })
  return null
}

function weigh(messages: readonly NewMessage[]): Usage {
  return { messages: messages.length, bytes: messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) }
}
