/** What is answered without a write. All of it sees one snapshot, and nothing whose time is over. */
import type { Instant } from '../../clock.ts'
import { clientNumber } from '../../model/client-number.ts'
import type { Message } from '../../model/message.ts'
import { messageIdOf, sequenceOf, type ClaimId, type MessageId, type Sequence } from '../../model/names.ts'
import type { Claim, End, ReadRange, Reading, Stats } from '../contract.ts'
import type { Queue } from './queue.ts'
import { isAlive } from './summary.ts'

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
  const messages = ids.flatMap(id => {
    const sequence = sequenceOf(queue.epoch, id)
    return sequence === null ? [] : readMessage(queue, sequence, now)
  })
  return { now, messages }
}

function readMessage(queue: Queue, sequence: Sequence, now: Instant): Message[] {
  const place = queue.place(sequence)
  return place === null || place.until <= now ? [] : [queue.message(place, now)]
}

/** A live claim. */
export function readLiveClaim(queue: Queue, id: ClaimId, now: Instant): Claim | null {
  const claim = queue.claim(id)
  if (claim === null || claim.expires <= now) return null
  const { ttl, since, expires } = claim
  return { now, id, ttl, since, expires, messages: claim.sequences.flatMap(sequence => readMessage(queue, sequence, now)) }
}

/** Exact counts, and both ends. */
export function readStats(queue: Queue, now: Instant): Stats {
  const free = queue.tree('free').count(now)
  const claimed = queue.tree('claimed').count(now)
  const delayed = queue.tree('delayed').count(now)
  const alive = isAlive(now, null)
  const trees = [queue.tree('free'), queue.tree('claimed'), queue.tree('delayed')]
  const first = Math.min(...trees.map(tree => tree.next(0, alive) ?? Infinity))
  const last = Math.max(...trees.map(tree => tree.last(alive) ?? 0))
  return {
    now,
    free: free.visible + claimed.visible + delayed.visible,
    claimed: claimed.hidden,
    delayed: delayed.hidden,
    oldest: first === Infinity ? null : endAt(queue, first as Sequence),
    newest: last === 0 ? null : endAt(queue, last as Sequence),
  }
}

function endAt(queue: Queue, sequence: Sequence): End {
  return { id: messageIdOf(queue.epoch, sequence), created: queue.row(sequence)?.created ?? 0 }
}
