/** What is answered without a write. All of it sees one snapshot, and nothing whose time is over. */
import type { Instant } from '../../clock.ts'
import type { Message } from '../../model/message.ts'
import { messageIdOf, sequenceOf, type ClaimId, type MessageId, type Sequence } from '../../model/names.ts'
import type { Claim, End, ReadRange, Reading, Stats } from '../contract.ts'
import { clientNumber } from './keys.ts'
import { earliest, type Queue } from './queue.ts'
import type { Test } from './tree.ts'

/** A page of a queue. */
export function readPage(queue: Queue, range: ReadRange, now: Instant): Reading {
  const notFrom = range.notFrom === null ? null : clientNumber(range.notFrom)
  const messages: Message[] = []
  for (let after: number = range.after; messages.length < range.limit; ) {
    const sequence = nextVisible(queue, after, range, notFrom, now)
    if (sequence === null) break
    after = sequence
    const place = queue.place(sequence)
    if (place !== null) messages.push(queue.message(place, now))
  }
  return { now, messages }
}

function nextVisible(queue: Queue, after: number, { claimed, delayed }: ReadRange, notFrom: number | null, now: Instant): Sequence | null {
  const alive: Test = slot => (slot.client === notFrom ? slot.otherUntil : slot.until) > now
  return earliest(
    queue.nextFree(after, now, notFrom),
    claimed ? queue.tree('claimed').next(after, alive) : null,
    delayed ? queue.tree('delayed').next(after, alive) : null,
  )
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
  const alive: Test = slot => slot.until > now
  const trees = [queue.tree('free'), queue.tree('claimed'), queue.tree('delayed')]
  const first = earliest(...trees.map(tree => tree.next(0, alive)))
  const last = Math.max(0, ...trees.map(tree => tree.last(alive) ?? 0))
  return {
    now,
    free: free.visible + claimed.visible + delayed.visible,
    claimed: claimed.hidden,
    delayed: delayed.hidden,
    oldest: first === null ? null : endAt(queue, first),
    newest: last === 0 ? null : endAt(queue, last as Sequence),
  }
}

function endAt(queue: Queue, sequence: Sequence): End {
  return { id: messageIdOf(queue.epoch, sequence), created: queue.row(sequence)?.created ?? 0 }
}
