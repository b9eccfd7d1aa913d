/** What projects keep, and posts that may keep no more than so much. */
import type { ClientSession } from 'mongodb'
import type { Project } from '../../model/names.ts'
import { excess, weigh } from '../allowance.ts'
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

/** Has a project counted anew before it is charged again: something came that was not charged. */
export async function forgetCharges({ partitions: [first] }: Store, project: Project): Promise<void> {
  await first?.usage.updateOne({ _id: project }, { $set: UNKNOWN })
}

/** The use of a project that has to be counted. */
const UNKNOWN = { m: Infinity, b: Infinity }

/** How many projects are remembered. */
const MAX_PROJECTS = 100_000

/**
 * Which projects have nothing that is charged, as far as this process knows: a project without an allowance posts as it likes, and only the
 * first of its posts has to say so.
 */
export class Uncharged {
  readonly #store: Store
  readonly #projects = new Set<Project>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Before a post that is not charged. */
  async note(project: Project): Promise<void> {
    if (this.#projects.has(project)) return
    await forgetCharges(this.#store, project)
    if (this.#projects.size >= MAX_PROJECTS) this.#projects.clear()
    this.#projects.add(project)
  }

  /** Before a post that is charged. */
  end(project: Project): void {
    this.#projects.delete(project)
  }
}
