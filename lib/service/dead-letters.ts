/** Where a queue puts messages that were handed out too often (api-v2.md 8). */
import { fail } from '../errors.ts'
import { rulesOf } from '../model/attributes.ts'
import { EMPTY_OBJECT } from '../model/json.ts'
import type { QueueName } from '../model/names.ts'
import type { Quotas } from '../quota/quota.ts'
import type { DeadLetter, QueueRecord, Stores } from '../storage/contract.ts'
import { MAX_INCARNATIONS, stands, takenAway } from './queues.ts'

/**
 * What a claim on a queue has to know of its dead-letter queue; null where the queue has none. With `needed` one that does not exist
 * is created, in the pool of the queue, for messages move within one store only. One that lies in another pool since is passed over,
 * and messages are handed out again, rather than that nobody could work.
 */
export async function deadLetterOf(stores: Stores, record: QueueRecord, quotas: Quotas, use: 'maybe' | 'needed'): Promise<DeadLetter | null> {
  const { maxClaimCount: after, deadLetterQueue, deadLetterTtl: ttl } = rulesOf(record.metadata)
  if (after === null || deadLetterQueue === null || deadLetterQueue === record.queue) return null
  const to = use === 'needed' ? await standingQueue(stores, record, deadLetterQueue, quotas) : await stores.control.queue(record.project, deadLetterQueue)
  return to === null || to.pool === record.pool ? { to, after, ttl } : null
}

async function standingQueue(stores: Stores, { project, pool }: QueueRecord, queue: QueueName, quotas: Quotas): Promise<QueueRecord> {
  const { control } = stores
  const { queues: limit } = quotas.of(project)
  for (let attempt = 0; attempt < MAX_INCARNATIONS; attempt++) {
    const existing = await control.queue(project, queue)
    if (existing !== null && await stands(stores, existing)) return existing
    const creation = await control.createQueue(project, queue, { metadata: EMPTY_OBJECT, pool, atMost: limit })
    if (creation === null) throw fail('QuotaExceeded', { quota: 'queues', limit, used: await control.countQueues(project) })
    if (creation.created) return creation.record
  }
  throw takenAway(queue)
}
