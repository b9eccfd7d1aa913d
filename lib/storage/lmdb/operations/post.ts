import { clientNumber } from '../../../model/client-number.ts'
import { excess, weigh } from '../../allowance.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { messageIdOf, type MessageId, type Sequence } from '../../../model/names.ts'
import type { Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

/** Appends messages at consecutive positions, if the project may keep so much. */
export function post(queue: Queue, operation: Operation & { op: 'post' }, { now, generation }: Moment): Outcome {
  const { messages, allowance } = operation
  const refusal = allowance === undefined ? null : excess(queue.head.usage(), weigh(messages), allowance)
  if (refusal !== null) return refusal
  const client = clientNumber(operation.client)
  const first = queue.allocate(messages.length, generation)
  const ids: MessageId[] = []
  let due = Infinity
  messages.forEach(({ body, ttl, delay }, index) => {
    const sequence = (first + index) as Sequence
    const until = now + ttl * 1000
    const from = delay > 0 ? now + delay * 1000 : 0
    queue.insert(sequence, { created: now, ttl, body }, delay > 0 ? 'delayed' : 'free', { from, until, client })
    due = Math.min(due, until, delay > 0 ? from : Infinity)
    ids.push(messageIdOf(queue.epoch, sequence))
  })
  queue.head.remindAt(due)
  return { is: 'posted', ids }
}
