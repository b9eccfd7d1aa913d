import type { Operation, Outcome } from '../../contract.ts'
import { lengthen, type Queue } from '../queue.ts'
import type { Moment } from './moment.ts'

/** Starts a live claim anew (api-v1.md 9.4). */
export function renew(queue: Queue, { claim: id, ttl, grace }: Operation & { op: 'renew' }, { now }: Moment): Outcome {
  const claim = queue.claim(id)
  if (claim === null || claim.expires <= now) return { is: 'no_claim' }
  const expires = now + ttl * 1000
  for (const sequence of claim.sequences) {
    const entry = queue.tree('claimed').entry(sequence)
    const hold = queue.hold(sequence)
    if (entry === null || hold === null) continue
    const until = lengthen(entry.until, now, ttl, grace)
    queue.tree('claimed').add(sequence, { ...entry, from: expires, until })
    if (until !== entry.until) queue.setHold(sequence, { ...hold, ttl: ttl + grace })
  }
  queue.setClaim(id, { ...claim, since: now, ttl, expires })
  queue.head.remindAt(expires)
  return { is: 'renewed' }
}
