import type { Instant } from '../clock.ts'
import type { JsonText } from './json.ts'
import type { ClaimId, MessageId, Sequence } from './names.ts'

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
}

/** Whole seconds from then to now, never negative. */
export function ageOf(then: Instant, now: Instant): Seconds {
  return Math.max(0, Math.floor((now - then) / 1000))
}
