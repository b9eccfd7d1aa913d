import type { Instant } from '../../../clock.ts'
import type { Message } from '../../../model/message.ts'
import type { Operation, Outcome } from '../../contract.ts'
import { lengthen, type Place, type Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

type ClaimOperation = Operation & { op: 'claim' }

/** Hands out the oldest messages that nothing holds. */
export function claim(queue: Queue, operation: ClaimOperation, { now }: Moment): Outcome {
  const { id, limit, ttl } = operation
  const places = claimable(queue, limit, now)
  if (places.length === 0) return { is: 'claimed', now, messages: [] }
  const messages = places.map(place => handOut(queue, place, operation, now))
  const expires = now + ttl * 1000
  queue.setClaim(id, { since: now, ttl, expires, sequences: places.map(({ sequence }) => sequence) })
  queue.remindAt(expires)
  return { is: 'claimed', now, messages }
}

/** The first messages to hand out, freed of claims and delays that are over. */
function claimable(queue: Queue, limit: number, now: Instant): Place[] {
  const places: Place[] = []
  while (places.length < limit) {
    const held = collectFree(queue, places, limit, now)
    if (held === null) break
    const former = held.state === 'claimed' ? (queue.hold(held.sequence)?.claim ?? null) : null
    const row = former === null ? null : queue.claim(former)
    if (former !== null && row !== null) queue.endClaim(former, row, 'keep')
    else if (held.state !== 'free') queue.free(held.sequence, held.state)
  }
  return places
}

/** Adds free messages to `places` up to the first that a claim or delay held till now, which it answers. */
function collectFree(queue: Queue, places: Place[], limit: number, now: Instant): Place | null {
  for (const place of queue.visible(places.at(-1)?.sequence ?? 0, now, null, { claimed: false, delayed: false })) {
    if (place.state !== 'free') return place
    places.push(place)
    if (places.length >= limit) break
  }
  return null
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
