/** Rules about queues that hold whatever the API version or the transport. */
import { fail, storageUnavailable } from '../errors.ts'
import type { JsonText } from '../model/json.ts'
import type { Project, QueueName } from '../model/names.ts'
import type { Quotas } from '../quota/quota.ts'
import type { Operation, Outcome, QueueRecord, Stores } from '../storage/contract.ts'

/** How often a request follows a queue that is deleted and created again under its hands. */
export const MAX_INCARNATIONS = 5

type Unplaced<Op> = Op extends Operation ? Omit<Op, 'at'> : never

/** An operation that has yet to be told which incarnation of a queue it works on. */
export type Draft = Unplaced<Operation>

/** A draft, or how to make one once it is known which incarnation it is for. */
export type Drafting = Draft | ((record: QueueRecord) => Draft | Promise<Draft>)

/** A draft that is made only while somebody is there to be answered; else the reason of `gone` is thrown. */
export function unlessGone(gone: AbortSignal | null, drafting: Drafting): Drafting {
  if (gone === null) return drafting
  return async record => {
    const draft = typeof drafting === 'function' ? await drafting(record) : drafting
    gone.throwIfAborted()
    return draft
  }
}

/** An outcome that is about the operation, not about the queue. */
export type QueueOutcome = Exclude<Outcome, { readonly is: 'gone' }>

/**
 * Commits one operation on a queue by name; null if there is no such queue.
 *
 * `gone` says that the incarnation we looked up was dropped: a delete is half-way, or done. Taking its name out of the control
 * store finishes a delete that stopped there and does nothing otherwise. Then the name is looked up anew.
 */
export async function commitOn(stores: Stores, project: Project, queue: QueueName, drafting: Drafting): Promise<QueueOutcome | null> {
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const record = await stores.control.queue(project, queue)
    if (record === null) return null
    const draft = typeof drafting === 'function' ? await drafting(record) : drafting
    const [outcome] = await stores.data.commit([{ ...draft, at: record }])
    if (outcome === undefined) throw new Error(`the store gave no outcome for ${draft.op}`)
    if (outcome.is !== 'gone') return outcome
    await stores.control.removeQueue(record)
  }
  throw takenAway(queue)
}

/** Creates a queue, if the project may have one more; true if it is new. */
export async function createQueue(stores: Stores, project: Project, queue: QueueName, metadata: JsonText, quotas: Quotas): Promise<boolean> {
  const { queues: limit } = quotas.of(project)
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const creation = await stores.control.createQueue(project, queue, { metadata, pool: null, atMost: limit })
    if (creation === null) throw fail('QuotaExceeded', { quota: 'queues', limit, used: await stores.control.countQueues(project) })
    if (creation.created) return true
    if (await stands(stores, creation.record)) return false
  }
  throw takenAway(queue)
}

/** Whether there is such a queue. */
export async function queueExists(stores: Stores, project: Project, queue: QueueName): Promise<boolean> {
  const record = await stores.control.queue(project, queue)
  return record !== null && await stands(stores, record)
}

/** Whether a queue that has a name stands; where a delete stopped half-way, it is finished. */
export async function stands({ control, data }: Stores, record: QueueRecord): Promise<boolean> {
  if (await data.stands(record)) return true
  await control.removeQueue(record)
  return false
}

/** Replaces the metadata of a queue; false if there is no such queue. */
export async function setMetadata(stores: Stores, project: Project, queue: QueueName, metadata: JsonText): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const record = await stores.control.queue(project, queue)
    if (record === null) return false
    if (await stores.control.setMetadata(record, metadata)) return true
  }
  throw takenAway(queue)
}

/**
 * Deletes a queue with all it holds; nothing happens if there is none. The messages go first: if we stop between the two
 * steps the name still stands, and whoever uses it next finishes the work (see `commitOn` and `stands`).
 */
export async function deleteQueue(stores: Stores, project: Project, queue: QueueName): Promise<void> {
  const record: QueueRecord | null = await stores.control.queue(project, queue)
  if (record === null) return
  await stores.data.commit([{ op: 'drop', at: record }])
  await stores.control.removeQueue(record)
}

/** The storage failure of a request whose queue is deleted and created again faster than it can follow. */
export function takenAway(queue: QueueName): Error {
  return storageUnavailable(`queue ${queue} was deleted and created again at each of ${MAX_INCARNATIONS} attempts`, undefined)
}
