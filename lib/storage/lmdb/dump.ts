/** What is read out of a queue to be copied to another store. */
import type { Instant } from '../../clock.ts'
import type { ClaimId, Sequence } from '../../model/names.ts'
import type { Dump, StoredMessage } from '../dump.ts'
import type { Place, Queue } from './queue.ts'
import type { ClaimRow } from './rows.ts'

/** A page of a queue with all that is known of its live messages. */
export function dumpPage(queue: Queue, after: Sequence, limit: number, { now, generation }: { readonly now: Instant; readonly generation: number }): Dump {
  const claims = new Map<ClaimId, ClaimRow | null>()
  const messages: StoredMessage[] = []
  for (const place of queue.visible(after, now, null, { claimed: true, delayed: true })) {
    messages.push(storedMessage(queue, place, now, claims))
    if (messages.length >= limit) break
  }
  return { next: queue.head.nextPosition(generation), messages }
}

function storedMessage(queue: Queue, place: Place, now: Instant, claims: Map<ClaimId, ClaimRow | null>): StoredMessage {
  const { sequence, until, client } = place
  const { body, ttl, created } = queue.row(sequence)
  const hold = queue.holdOf(place)
  const from = place.from > now ? place.from : 0
  return {
    id: queue.idOf(place), sequence, body, ttl, created, until, shownTtl: hold?.ttl ?? ttl, client, from,
    claim: hold === null || hold.claim === null ? null : { id: hold.claim, ...termsOf(hold.claim) },
    claims: hold?.claims ?? 0,
    origin: hold?.moved?.origin ?? null,
  }

  /** Those of a claim that is over are of no use to anybody. */
  function termsOf(id: ClaimId): Pick<ClaimRow, 'ttl' | 'since'> {
    if (from === 0) return { ttl: 0, since: 0 }
    const claim = claims.get(id) ?? queue.claim(id)
    claims.set(id, claim)
    return { ttl: claim?.ttl ?? 0, since: claim?.since ?? 0 }
  }
}
