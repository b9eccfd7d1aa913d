import type { Instant } from '../clock.ts'
import type { JsonText } from './json.ts'
import type { ClaimId, MessageId, QueueName, Sequence } from './names.ts'

/** A span of time in whole seconds. */
export type Seconds = number

/** A message as a client hands it in. */
export interface NewMessage {
  /** Any JSON value, as the text that came (decisions 1). */
  readonly body: JsonText
  readonly ttl: Seconds
  /** How long it stays invisible after it was posted; 0 for not at all. */
  readonly delay: Seconds
}

/** A live message as a store answers it. */
export interface Message {
  readonly id: MessageId
  readonly sequence: Sequence
  readonly body: JsonText
  /** As posted, or what a claim lengthened it to (api-v1.md 9.3). */
  readonly ttl: Seconds
  readonly created: Instant
  /** The live claim that holds it, or null. */
  readonly claim: ClaimId | null
  /** How often it was handed out by a claim since it was posted or last released. */
  readonly claims: number
  /** Where it came from, if it was moved into its queue; else null. */
  readonly origin: Origin | null
}

/** How a message came into a queue that it was not posted to. */
export interface Origin {
  /** The queue it was taken from. */
  readonly queue: QueueName
  readonly at: Instant
  /** Why: it was handed out as often as its queue allows. */
  readonly reason: 'max_claim_count'
  /** How often it had been handed out. */
  readonly claims: number
}

/** Whole seconds from then to now, never negative. */
export function ageOf(then: Instant, now: Instant): Seconds {
  return Math.max(0, Math.floor((now - then) / 1000))
}
