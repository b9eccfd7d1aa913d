import type { Instant } from '../../../clock.ts'
import type { Message } from '../../../model/message.ts'
import type { Sequence } from '../../../model/names.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { lengthen, type Place, type Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

type ClaimOperation = Operation & { op: 'claim' }

/** Hands out the oldest messages that nothing holds. */
export function claim(queue: Queue, operation: ClaimOperation, { now }: Moment): Outcome {
  const { id, limit, ttl } = operation
  const messages: Message[] = []
  const sequences: Sequence[] = []
  while (messages.length < limit) {
    const place = nextClaimable(queue, sequences.at(-1) ?? 0, now)
    if (place === null) break
    messages.push(handOut(queue, place, operation, now))
    sequences.push(place.sequence)
  }
  if (sequences.length > 0) {
    const expires = now + ttl * 1000
    queue.setClaim(id, { since: now, ttl, expires, sequences })
    queue.remindAt(expires)
  }
  return { is: 'claimed', now, messages }
}

/** The first message to hand out after a position, freed first of a claim or delay that is over. */
function nextClaimable(queue: Queue, after: number, now: Instant): Place | null {
  for (;;) {
    const sequence = queue.nextFree(after, now, null)
    const place = sequence === null ? null : queue.place(sequence)
    if (sequence === null || place === null || place.state === 'free') return place
    const former = place.state === 'claimed' ? (queue.hold(sequence)?.claim ?? null) : null
    const row = former === null ? null : queue.claim(former)
    if (former !== null && row !== null) queue.endClaim(former, row, 'keep')
    else queue.free(sequence, place.state)
  }
}

/** Puts one message under the claim. */
function handOut(queue: Queue, place: Place, { id, ttl, grace }: ClaimOperation, now: Instant): Message {
  const { sequence, client } = place
  const message = queue.message(place, now)
  const until = lengthen(place.until, now, ttl, grace)
  const longer = until === place.until ? message.ttl : ttl + grace
  queue.tree('free').remove(sequence)
  queue.tree('claimed').add(sequence, { from: now + ttl * 1000, until, client })
  queue.setHold(sequence, { claim: id, ttl: longer, claims: (queue.hold(sequence)?.claims ?? 0) + 1 })
  return { ...message, ttl: longer, claim: id }
}
