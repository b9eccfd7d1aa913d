/**
 * What is stored, and how it is named. Names of fields are short because they are part of every document; the layout is explained
 * in doc/contributor/storage-mongodb.md.
 */
import { randomBytes } from 'node:crypto'
import { ObjectId } from 'mongodb'
import type { Instant } from '../../clock.ts'
import type { JsonText } from '../../model/json.ts'
import type { Message, Origin, Seconds } from '../../model/message.ts'
import { messageIdOf, type ClaimId, type Epoch, type MessageId, type QueueName, type Sequence } from '../../model/names.ts'

/** Since when a message is free that nothing ever held. */
export const ALWAYS = new Date(0)

/** A message. Its `_id` is its position: the queue's epoch and the sequence number. */
export interface MessageDocument {
  readonly _id: ObjectId
  /** The queue's epoch; of a sealed queue, see `sealedQueue`. */
  readonly q: number
  /** The id it is known by, if it was moved here and so is not its position. */
  readonly i?: ObjectId
  /** When it becomes free: ALWAYS, or the end of its delay or claim. Null: it was removed and only keeps its position taken. */
  readonly f: Date | null
  /** When its life ends; of one that was removed, when the document may go. */
  readonly u: Date
  readonly a: Date
  /** Its ttl as posted. */
  readonly t: Seconds
  /** The ttl that a claim lengthened its life to. */
  readonly l?: Seconds
  /** The number of the client that posted it. */
  readonly w: number
  /** Its body; gone when it was removed. */
  readonly b?: string
  /** The bytes of its body. */
  readonly s: number
  /** How often it was handed out. */
  readonly n?: number
  /** The claim that holds it or held it last: its id, ttl, and when it was made or renewed. */
  readonly c?: ObjectId
  readonly ct?: Seconds
  readonly cs?: Date
  /** Where it came from: the queue, when, why, and how often it had been handed out. */
  readonly o?: { readonly q: string; readonly a: Date; readonly r: 'max_claim_count'; readonly n: number }
  /** Who stored it: a random number of the operation, by which its process knows it again. */
  readonly y?: ObjectId
  /** Who removed it: a random number of the operation. */
  readonly r?: ObjectId
  /** It is no message, but the end of the queue: nothing is posted behind it. */
  readonly z?: Ending
}

/** Why a queue ended. */
export type Ending = 'dropped' | 'sealed'

/** A queue that messages were posted to. */
export interface HeadDocument {
  /** The queue's epoch. */
  readonly _id: number
  readonly p: string
  /** No position up to this one is ever given again, whatever is left of them. */
  readonly h: number
  /** How often messages came to be free again, or came to former positions: for those who look for it on a lone server. */
  readonly w?: number
  /** How and when it ended. */
  readonly x?: { readonly k: Ending; readonly a: Date }
}

/** What the quota of a project has been charged with since it was last counted. */
export interface UsageDocument {
  readonly _id: string
  readonly m: number
  readonly b: number
}

const LAST_SEQUENCE = Number.MAX_SAFE_INTEGER as Sequence

/** A number that no other operation has. */
export function token(): ObjectId {
  return new ObjectId(randomBytes(12))
}

/** The `_id` of a position. */
export function positionId(epoch: Epoch, sequence: Sequence): ObjectId {
  return new ObjectId(messageIdOf(epoch, sequence))
}

/** A filter for positions after one, up to another. */
export function positions(epoch: Epoch, after: Sequence, through: Sequence = LAST_SEQUENCE): { readonly $gt: ObjectId; readonly $lte: ObjectId } {
  return { $gt: positionId(epoch, after), $lte: positionId(epoch, through) }
}

/** The sequence number of a document. */
export function sequenceAt({ _id }: Pick<MessageDocument, '_id'>): Sequence {
  const hex = _id.toHexString()
  return Number.parseInt(hex.slice(8), 16) as Sequence
}

/** The epoch of the queue that a document is in, whether or not it was sealed. */
export function epochAt({ _id }: Pick<MessageDocument, '_id'>): Epoch {
  return Number.parseInt(_id.toHexString().slice(0, 8), 16) as Epoch
}

/** What `q` is in the documents of a sealed queue, where no operation but a dump finds them. */
export function sealedQueue(epoch: number): number {
  return -1 - epoch
}

/** The id a message is known by. */
export function idOf({ _id, i }: Pick<MessageDocument, '_id' | 'i'>): MessageId {
  return (i ?? _id).toHexString() as MessageId
}

/** A message as readers see it. */
export function messageOf(document: MessageDocument, now: Instant): Message {
  const { c, f } = document
  const isClaimed = c !== undefined && f !== null && f.getTime() > now
  return {
    id: idOf(document),
    sequence: sequenceAt(document),
    body: (document.b ?? 'null') as JsonText,
    ttl: document.l ?? document.t,
    created: document.a.getTime(),
    claim: isClaimed ? (c.toHexString() as ClaimId) : null,
    claims: document.n ?? 0,
    origin: originOf(document),
  }
}

export function originOf({ o }: Pick<MessageDocument, 'o'>): Origin | null {
  return o === undefined ? null : { queue: o.q as QueueName, at: o.a.getTime(), reason: o.r, claims: o.n }
}
