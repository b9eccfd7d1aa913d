import type { Operation, Outcome } from '../../contract.ts'
import type { Queue } from '../queue.ts'
import type { Moment } from './moment.ts'
import { oldest } from './oldest.ts'

/** Removes the oldest messages that nothing holds, and answers them. */
export function pop(queue: Queue, { limit }: Operation & { op: 'pop' }, { now }: Moment): Outcome {
  const messages = oldest(queue, { limit }, now).map(place => {
    const message = queue.message(place, now)
    queue.take(place, Buffer.byteLength(message.body))
    return message
  })
  return { is: 'popped', now, messages }
}
