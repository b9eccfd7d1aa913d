/** Rules about claims that hold whatever the API version or the transport. */
import { randomBytes } from 'node:crypto'
import type { Instant } from '../clock.ts'
import type { Limits } from '../model/limits.ts'
import type { Message, Seconds } from '../model/message.ts'
import { newClaimId, type ClaimId, type Project, type QueueName } from '../model/names.ts'
import type { Quotas } from '../quota/quota.ts'
import type { QueueRecord, Stores } from '../storage/contract.ts'
import { deadLetterOf } from './dead-letters.ts'
import { commitOn, MAX_INCARNATIONS, takenAway, unlessGone, type Draft, type QueueOutcome } from './queues.ts'

/** What a worker asks for. */
export interface ClaimRequest {
  readonly limit: number
  readonly ttl: Seconds
  readonly grace: Seconds
}

/** A claim that was just made. */
export interface NewClaim {
  readonly id: ClaimId
  readonly now: Instant
  readonly messages: readonly Message[]
}

/**
 * Claims the oldest free messages; null if there were none, or there is no such queue. Once the worker is `gone` nothing is claimed, and the
 * reason is thrown; null for a worker that does not wait.
 */
export async function createClaim(stores: Stores, project: Project, queue: QueueName, request: ClaimRequest, gone: AbortSignal | null): Promise<NewClaim | null> {
  const id = newClaimId(randomBytes(12))
  return made(id, await commitOn(stores, project, queue, unlessGone(gone, { op: 'claim', id, ...request })))
}

/**
 * The same, where the attributes of the queue are in effect: messages that were handed out too often go to its dead-letter queue.
 * That one is created when the first message goes there. A worker that waits gets what stands behind them.
 */
export async function createClaimWithDeadLetters(
  stores: Stores, project: Project, queue: QueueName, request: ClaimRequest, quotas: Quotas, gone: AbortSignal | null,
): Promise<NewClaim | null> {
  const drafting = (id: ClaimId, use: 'maybe' | 'needed') => async (record: QueueRecord): Promise<Draft> => {
    const deadLetter = await deadLetterOf(stores, record, quotas, use)
    return { op: 'claim', id, ...request, ...deadLetter === null ? {} : { deadLetter } }
  }
  for (let attempt = 0; attempt < MAX_INCARNATIONS;) {
    const id = newClaimId(randomBytes(12))
    const outcome = await commitOn(stores, project, queue, unlessGone(gone, drafting(id, attempt === 0 ? 'maybe' : 'needed')))
    // It does not exist yet, or was deleted just now: see to it that there is one.
    if (outcome?.is === 'no_dead_letter_queue') attempt++
    else if (gone === null || !movedOnly(outcome)) return made(id, outcome)
  }
  throw takenAway(queue)
}

function movedOnly(outcome: QueueOutcome | null): boolean {
  return outcome?.is === 'claimed' && outcome.messages.length === 0 && outcome.moved > 0
}

function made(id: ClaimId, outcome: QueueOutcome | null): NewClaim | null {
  if (outcome?.is !== 'claimed' || outcome.messages.length === 0) return null
  return { id, now: outcome.now, messages: outcome.messages }
}

/**
 * Starts a claim anew; false if there is none. The grace of a renewal has no range of its own (api-v1.md 9.4), so it is brought
 * into that of a new claim: no renewal makes a message live for ever.
 */
export async function renewClaim(
  stores: Stores, project: Project, queue: QueueName, claim: ClaimId, asked: { readonly ttl: Seconds; readonly grace: Seconds }, limits: Limits,
): Promise<boolean> {
  const grace = Math.max(0, Math.min(asked.grace, limits.max_claim_grace))
  const outcome = await commitOn(stores, project, queue, { op: 'renew', claim, ttl: asked.ttl, grace })
  return outcome?.is === 'renewed'
}
