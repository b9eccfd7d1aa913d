/** Emptying a queue. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sequenceOf, START, type Project, type QueueName, type Sequence } from '../model/names.ts'
import type { QueueRecord, Stores } from '../storage/contract.ts'
import { commitOn } from './queues.ts'

/** Messages a slice: others have their turn in between. */
const SLICE = 100

/**
 * Removes the messages that a queue has now, free and delayed ones; what a live claim holds stays (api-v2.md 9). What is posted
 * meanwhile stays, too, so that a purge comes to an end. Nothing happens if there is no such queue.
 */
export async function purgeQueue(stores: Stores, project: Project, queue: QueueName): Promise<void> {
  const record = await stores.control.queue(project, queue)
  const through = record === null ? null : await lastPosition(stores, record)
  if (record === null || through === null) return
  for (;;) {
    const outcome = await commitOn(stores, project, queue, ({ epoch }) => ({ op: 'purge', through: epoch === record.epoch ? through : START, limit: SLICE }))
    if (outcome?.is !== 'purged' || outcome.count < SLICE) return
    await nextTurn()
  }
}

async function lastPosition({ data }: Stores, record: QueueRecord): Promise<Sequence | null> {
  const { newest } = await data.stats(record)
  return newest === null ? null : sequenceOf(record.epoch, newest.id) ?? await data.position(record, newest.id)
}
