import type { Instant } from '../../../clock.ts'
import type { Message } from '../../../model/message.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { lengthen, type Place, type Queue } from '../queue.ts'
import { moveToDeadLetters } from './dead-letter.ts'
import type { Moment } from './moment.ts'
import { oldest } from './oldest.ts'

type ClaimOperation = Operation & { op: 'claim' }

/** Hands out the oldest messages that nothing holds, except those that were handed out too often: they are moved. */
export function claim(queue: Queue, operation: ClaimOperation, at: Moment): Outcome {
  const { id, limit, ttl, deadLetter } = operation
  const { now } = at
  const places = oldest(queue, { limit }, now)
  const spent = new Set(deadLetter === undefined ? [] : places.filter(place => (queue.holdOf(place)?.claims ?? 0) >= deadLetter.after))
  if (deadLetter !== undefined && spent.size > 0 && moveToDeadLetters(queue, operation.at, [...spent], deadLetter, at) === 'refused') {
    return { is: 'no_dead_letter_queue' }
  }
  const given = places.filter(place => !spent.has(place))
  const messages = given.map(place => handOut(queue, place, operation, now))
  if (given.length > 0) {
    const expires = now + ttl * 1000
    queue.setClaim(id, { since: now, ttl, expires, sequences: given.map(({ sequence }) => sequence) })
    queue.head.remindAt(expires)
  }
  return { is: 'claimed', now, messages, moved: spent.size }
}

/** Puts one message under the claim. */
function handOut(queue: Queue, place: Place, { id, ttl, grace }: ClaimOperation, now: Instant): Message {
  const { sequence, client } = place
  const message = queue.message(place, now)
  const until = lengthen(place.until, now, ttl, grace)
  const handed = { ...message, ttl: until === place.until ? message.ttl : ttl + grace, claim: id, claims: message.claims + 1 }
  queue.tree('free').remove(sequence)
  queue.tree('claimed').add(sequence, { from: now + ttl * 1000, until, client })
  queue.setHold(sequence, { claim: id, ttl: handed.ttl, claims: handed.claims, moved: queue.holdOf(place)?.moved ?? null })
  return handed
}
