import type { Instant } from '../../../clock.ts'
import type { ClaimId } from '../../../model/names.ts'
import type { Operation, Outcome } from '../../contract.ts'
import type { StoredMessage } from '../../dump.ts'
import type { Queue, State } from '../queue.ts'
import type { ClaimRow, Hold } from '../rows.ts'
import type { Moment } from './moment.ts'

/** Puts messages of another store where they were there, with their claims. */
export function restore(queue: Queue, { next, messages }: Operation & { op: 'restore' }, { now, generation }: Moment): Outcome {
  queue.reserve(Math.max(next, ...messages.map(({ sequence }) => sequence + 1)), generation)
  const claims = new Map<ClaimId, ClaimRow>()
  for (const message of messages) {
    const state = stateOf(message, now)
    put(queue, message, state)
    if (state === 'claimed' && message.claim !== null) {
      const { id, ttl, since } = message.claim
      claims.set(id, { ttl, since, expires: message.from, sequences: [...claims.get(id)?.sequences ?? [], message.sequence] })
    }
  }
  for (const [id, claim] of claims) joinClaim(queue, id, claim)
  return { is: 'restored' }
}

/** What was claimed or delayed there may be free by now. */
function stateOf({ from, claim }: StoredMessage, now: Instant): State {
  if (from <= now) return 'free'
  return claim === null ? 'delayed' : 'claimed'
}

function put(queue: Queue, message: StoredMessage, state: State): void {
  const { sequence, created, ttl, body, until, client } = message
  const former = queue.place(sequence)
  if (former !== null) queue.take(former)
  const from = state === 'free' ? 0 : message.from
  queue.insert(sequence, { created, ttl, body }, state, { from, until, client }, state === 'delayed' ? null : holdOf(message))
  queue.head.remindAt(state === 'free' ? until : Math.min(until, from))
}

/** What claims and moves left on a message; null if nothing did. */
function holdOf({ id, ttl, shownTtl, claim, claims, origin }: StoredMessage): Hold | null {
  if (claim === null && claims === 0 && origin === null && shownTtl === ttl) return null
  return { claim: claim?.id ?? null, ttl: shownTtl, claims, moved: origin === null ? null : { id, origin } }
}

/** Stores a claim, some of whose messages may have come before. */
function joinClaim(queue: Queue, id: ClaimId, claim: ClaimRow): void {
  const sequences = new Set([...queue.claim(id)?.sequences ?? [], ...claim.sequences])
  queue.setClaim(id, { ...claim, sequences: [...sequences].sort((a, b) => a - b) })
}
