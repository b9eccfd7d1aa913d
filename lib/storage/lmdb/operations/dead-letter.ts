import type { Sequence } from '../../../model/names.ts'
import type { DeadLetter, QueueKey } from '../../contract.ts'
import type { Place, Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

/**
 * Moves messages that were handed out too often to the tail of the dead-letter queue, where they are to be had at once
 * (api-v2.md 8). `refused`: there is no such queue, or it was dropped or sealed, and nothing was changed.
 */
export function moveToDeadLetters(
  queue: Queue, at: QueueKey, places: readonly Place[], { to, ttl }: DeadLetter, { now, generation, open }: Moment,
): 'moved' | 'refused' {
  if (to === null) return 'refused'
  const target = open(to)
  if (target.head.dropped > 0 || target.head.sealed > 0) return 'refused'
  const first = target.allocate(places.length, generation)
  places.forEach((place, index) => {
    const row = queue.row(place.sequence)
    const hold = queue.holdOf(place)
    const moved = { id: queue.idOf(place), origin: { queue: at.queue, at: now, reason: 'max_claim_count', claims: hold?.claims ?? 0 } } as const
    const until = ttl === null ? place.until : now + ttl * 1000
    queue.take(place, Buffer.byteLength(row.body))
    target.insert(
      (first + index) as Sequence, { ...row, ttl: ttl ?? row.ttl }, 'free', { from: 0, until, client: place.client },
      { claim: null, ttl: ttl ?? hold?.ttl ?? row.ttl, claims: 0, moved },
    )
    target.head.remindAt(until)
  })
  return 'moved'
}
