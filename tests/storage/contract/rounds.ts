/** How the suites about dead letters hand messages out until they are moved. */
import type { Message } from '../../../lib/model/message.ts'
import type { MessageId } from '../../../lib/model/names.ts'
import type { DeadLetter, Operation, QueueKey } from '../../../lib/storage/contract.ts'
import { claim, EVERYTHING, expected, first, messages, numbers, posted, queue, type Fixture } from './fixture.ts'

/** Two queues, and the way from one to the other after `after` deliveries. */
export async function queues(stores: Fixture, over: Partial<DeadLetter> = {}): Promise<{ readonly at: QueueKey; readonly to: QueueKey; readonly deadLetter: DeadLetter }> {
  const at = await queue(stores)
  const to = await queue(stores, 'dead')
  return { at, to, deadLetter: { to, after: 1, ttl: null, ...over } }
}

/** A claim of 60 seconds without grace. */
export function failing(at: QueueKey, deadLetter?: DeadLetter, limit = 10): Operation {
  return claim(at, { limit, ttl: 60, grace: 0, ...(deadLetter === undefined ? {} : { deadLetter }) })
}

/** Hands out what is free, once, and lets the claim run out. */
export async function round(stores: Fixture, at: QueueKey, deadLetter?: DeadLetter, limit = 10): Promise<{ readonly given: number[]; readonly moved: number }> {
  const outcome = await expected(stores, failing(at, deadLetter, limit), 'claimed')
  stores.tick(60)
  return { given: numbers(outcome.messages), moved: outcome.moved }
}

/** Posts messages to an empty queue and has them moved, which takes 120 seconds; answers their ids. */
export async function moved(stores: Fixture, at: QueueKey, deadLetter: DeadLetter, count = 1): Promise<readonly MessageId[]> {
  const ids = await posted(stores, at, messages(count))
  await round(stores, at)
  const outcome = await round(stores, at, deadLetter)
  if (outcome.moved !== count) throw new Error(`${String(outcome.moved)} of ${String(count)} messages were moved`)
  return ids
}

/** The only message of a queue. */
export async function only(stores: Fixture, at: QueueKey): Promise<Message> {
  const { messages: all } = await stores.data.read(at, EVERYTHING)
  if (all.length > 1) throw new Error(`${String(all.length)} messages`)
  return first(all)
}
