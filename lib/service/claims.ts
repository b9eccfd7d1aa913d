/** Rules about claims that hold whatever the API version or the transport. */
import { randomBytes } from 'node:crypto'
import type { Instant } from '../clock.ts'
import type { Limits } from '../model/limits.ts'
import type { Message, Seconds } from '../model/message.ts'
import { newClaimId, type ClaimId, type Project, type QueueName } from '../model/names.ts'
import type { Stores } from '../storage/contract.ts'
import { commitOn } from './queues.ts'

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

/** Claims the oldest free messages; null if there were none, or there is no such queue. */
export async function createClaim(stores: Stores, project: Project, queue: QueueName, request: ClaimRequest): Promise<NewClaim | null> {
  const id = newClaimId(randomBytes(12))
  const outcome = await commitOn(stores, project, queue, { op: 'claim', id, ...request })
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
