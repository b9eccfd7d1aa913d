import type { Operation, Outcome } from '../../contract.ts'
import type { Queue } from '../queue.ts'
import type { Moment } from './moment.ts'
import { oldest } from './oldest.ts'

/** Removes the oldest messages up to a position, delayed ones too, but not what a live claim holds. */
export function purge(queue: Queue, { limit, through }: Operation & { op: 'purge' }, { now }: Moment): Outcome {
  const places = oldest(queue, { limit, through, delayed: 'too' }, now)
  for (const place of places) queue.take(place)
  return { is: 'purged', count: places.length }
}
