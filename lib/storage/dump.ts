/** What goes from one store to another when a queue is moved, or into a file when it is exported. */
import type { Instant } from '../clock.ts'
import type { JsonText } from '../model/json.ts'
import type { Origin, Seconds } from '../model/message.ts'
import type { ClaimId, MessageId, Sequence } from '../model/names.ts'

/** A message with all that a store knows of it, as it goes to another store. */
export interface StoredMessage {
  readonly id: MessageId
  readonly sequence: Sequence
  readonly body: JsonText
  /** As posted, or as set by the move into this queue. */
  readonly ttl: Seconds
  readonly created: Instant
  /** When its life ends. */
  readonly until: Instant
  /** What a claim lengthened its life to; else as `ttl`. */
  readonly shownTtl: Seconds
  /** The number of the client that posted it, see `clientNumber`. */
  readonly client: number
  /** When its delay, or the claim that holds it, ends; 0 if there is neither. */
  readonly from: Instant
  /** The claim that holds it, or held it last and was not released: then only its id counts. */
  readonly claim: { readonly id: ClaimId; readonly ttl: Seconds; readonly since: Instant } | null
  readonly claims: number
  readonly origin: Origin | null
}

/** A part of a queue on its way to another store. */
export interface Dump {
  /** The position that the next post would get. */
  readonly next: Sequence
  readonly messages: readonly StoredMessage[]
}
