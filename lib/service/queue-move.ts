/**
 * Moving one queue to another pool while it is in use. Each step is written down in the queue's record before it is taken, and may be
 * taken again: whoever finds the record of a move that was broken off goes on with it.
 */
import { storageUnavailable } from '../errors.ts'
import { START, type Sequence } from '../model/names.ts'
import type { PoolName } from '../model/pool.ts'
import type { ControlStore, DataStore, Moving, Operation, Outcome, QueueRecord } from '../storage/contract.ts'
import type { PoolBackends } from '../storage/directory.ts'

/** Bytes of bodies that are copied at once, about. */
const PAGE_BYTES = 4 * 2 ** 20
/** Messages that are copied at once: the first time, when nothing is known of their size, and at most. */
const FIRST_PAGE = 50
const LONGEST_PAGE = 1000

/** What a move works with. */
export interface MoveParts {
  readonly control: ControlStore
  readonly pools: PoolBackends
}

/** A queue that lies in a pool and is on its way to another. */
export type MovingRecord = QueueRecord & { readonly pool: PoolName; readonly moving: Moving }

/** How the copying of a queue ended. `refused`: the other pool cannot take it, since it was there before. */
export type Copying = { readonly is: 'copied'; readonly messages: number } | { readonly is: 'deleted' } | { readonly is: 'refused' }

/** Writes down how far the move is; false if the queue is no more, or lies elsewhere already. */
export function note({ control }: MoveParts, record: MovingRecord, moving: Moving): Promise<boolean> {
  return control.setPlace(record, { pool: record.pool, moving })
}

/** Closes a queue where it lies and copies all that it holds. From the end of it the queue is served from the copy. */
export async function copyQueue(parts: MoveParts, record: MovingRecord): Promise<Copying> {
  const { to } = record.moving
  // Before it is closed: whoever reads it looks here afterwards, to see whether the queue was open.
  if (!await note(parts, record, { to, stage: 'sealed' })) return await abandon(parts, record)
  const sealed = await commit(parts, record.pool, { op: 'seal', at: record })
  if (sealed.is === 'gone') {
    // A delete that stopped half-way.
    await parts.control.removeQueue(record)
    return { is: 'deleted' }
  }
  const messages = await parts.pools.use(record.pool, source => parts.pools.use(to, target => copyMessages(parts, record, source, target)))
  if (messages === null) return { is: 'refused' }
  if (!await stillSealed(parts, record) || !await note(parts, record, { to, stage: 'copied' })) return await abandon(parts, record)
  return { is: 'copied', messages }
}

/** Removes what a copied queue left behind, and ends its move. */
export async function leaveQueue(parts: MoveParts, record: MovingRecord): Promise<void> {
  await commit(parts, record.pool, { op: 'drop', at: record })
  await parts.control.setPlace(record, { pool: record.moving.to, moving: null })
}

/** Copies page by page; how many messages, or null if the other store refuses. */
async function copyMessages(parts: MoveParts, record: MovingRecord, source: DataStore, target: DataStore): Promise<number | null> {
  const at = { ...record, pool: record.moving.to }
  let after: Sequence = START
  let limit = FIRST_PAGE
  for (let count = 0; ;) {
    const { next, messages } = await source.dump(record, after, limit)
    // Another process that drains the same pool may have come first: what it copied may have changed since.
    if (!await stillSealed(parts, record)) return count
    const [outcome] = await target.commit([{ op: 'restore', at, next, messages }])
    if (outcome?.is !== 'restored') return null
    const last = messages.at(-1)
    if (last === undefined) return count
    after = last.sequence
    count += messages.length
    const bytes = messages.reduce((sum, { body }) => sum + body.length, 0)
    limit = Math.max(1, Math.min(LONGEST_PAGE, Math.floor(PAGE_BYTES / (bytes / messages.length))))
  }
}

async function stillSealed({ control }: MoveParts, { project, queue, epoch, pool, moving }: MovingRecord): Promise<boolean> {
  const record = await control.queue(project, queue)
  return record !== null && record.epoch === epoch && record.pool === pool && record.moving?.stage === 'sealed' && record.moving.to === moving.to
}

/** The queue was deleted meanwhile, and so must be what was copied of it; or another process moves it, and goes on. */
async function abandon(parts: MoveParts, record: MovingRecord): Promise<Copying> {
  const now = await parts.control.queue(record.project, record.queue)
  if (now?.epoch !== record.epoch) await commit(parts, record.moving.to, { op: 'drop', at: { ...record, pool: record.moving.to } })
  return { is: 'deleted' }
}

async function commit({ pools }: MoveParts, pool: PoolName, operation: Operation): Promise<Outcome> {
  const [outcome] = await pools.use(pool, store => store.commit([operation]))
  if (outcome === undefined) throw storageUnavailable(operation.op, new Error(`pool ${pool} gave no outcome`))
  return outcome
}
