/** What is answered without a write. All of it sees one snapshot, and nothing whose time is over. */
import type { Instant } from '../../clock.ts'
import { clientNumber } from '../../model/client-number.ts'
import type { Message } from '../../model/message.ts'
import type { ClaimId, MessageId, Sequence } from '../../model/names.ts'
import type { Claim, End, ReadRange, Reading, Stats } from '../contract.ts'
import type { Place, Queue } from './queue.ts'
import { isAlive } from './summary.ts'
import type { Outlook } from './watch.ts'

/** A page of a queue. */
export function readPage(queue: Queue, range: ReadRange, now: Instant): Reading {
  const notFrom = range.notFrom === null ? null : clientNumber(range.notFrom)
  const messages: Message[] = []
  for (const place of queue.visible(range.after, now, notFrom, range)) {
    messages.push(queue.message(place, now))
    if (messages.length >= range.limit) break
  }
  return { now, messages }
}

/** Messages by id. */
export function readMessages(queue: Queue, ids: readonly MessageId[], now: Instant): Reading {
  return { now, messages: ids.flatMap(id => readMessage(queue, queue.find(id), now)) }
}

function readMessage(queue: Queue, place: Place | null, now: Instant): Message[] {
  return place === null || place.until <= now ? [] : [queue.message(place, now)]
}

/** Where a message is that was moved into the queue. */
export function readPosition(queue: Queue, id: MessageId, now: Instant): Sequence | null {
  const place = queue.findMoved(id)
  return place === null || place.until <= now ? null : place.sequence
}

/** A live claim. */
export function readLiveClaim(queue: Queue, id: ClaimId, now: Instant): Claim | null {
  const claim = queue.claim(id)
  if (claim === null || claim.expires <= now) return null
  const { ttl, since, expires } = claim
  return { now, id, ttl, since, expires, messages: claim.sequences.flatMap(sequence => readMessage(queue, queue.place(sequence), now)) }
}

/** What is to be had, and when there may be more by itself. */
export function readOutlook(queue: Queue, now: Instant): Outlook {
  const free = (['free', 'claimed', 'delayed'] as const).reduce((sum, state) => sum + queue.tree(state).count(now).visible, 0)
  return { free, next: Math.min(queue.tree('claimed').nextEnd(now), queue.tree('delayed').nextEnd(now)) }
}

/** Exact counts, and both ends. */
export function readStats(queue: Queue, now: Instant): Stats {
  const free = queue.tree('free').count(now)
  const claimed = queue.tree('claimed').count(now)
  const delayed = queue.tree('delayed').count(now)
  const alive = isAlive(now, null)
  const trees = [queue.tree('free'), queue.tree('claimed'), queue.tree('delayed')]
  const [first = null] = trees.flatMap(tree => tree.next(0, alive) ?? []).sort((a, b) => a - b)
  const [last = null] = trees.flatMap(tree => tree.last(alive) ?? []).sort((a, b) => b - a)
  return {
    now,
    free: free.visible + claimed.visible + delayed.visible,
    claimed: claimed.hidden,
    delayed: delayed.hidden,
    oldest: endAt(queue, first),
    newest: endAt(queue, last),
  }
}

function endAt(queue: Queue, sequence: Sequence | null): End | null {
  const place = sequence === null ? null : queue.place(sequence)
  return place === null ? null : { id: queue.idOf(place), created: queue.row(place.sequence).created }
}
