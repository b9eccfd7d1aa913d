/** Every length, count and time limit of requests. They are checked here and nowhere else. */
import { fail } from '../errors.ts'
import type { OptionTable, Values } from '../options.ts'
import type { Seconds } from './message.ts'

/** The longest time that can be configured, in seconds: a century. */
const LONGEST = 3_155_760_000

/** The `[transport]` group: limits under the reference's names, with the names of its older releases (api-v1.md 3). */
export const LIMIT_OPTIONS = {
  max_queues_per_page: {
    doc: 'The most queues in one page of a listing.', format: 'nat', default: 20, min: 1,
    deprecated: ['limits:transport/queue_paging_uplimit'],
  },
  max_messages_per_page: {
    doc: 'The most messages in one page of a listing, and the most ids in one bulk request.', format: 'nat', default: 20, min: 1,
    deprecated: ['limits:transport/message_paging_uplimit'],
  },
  max_messages_per_claim_or_pop: {
    doc: 'The most messages in one claim, or in one pop.', format: 'nat', default: 20, min: 1,
    deprecated: ['transport/max_messages_per_claim'],
  },
  max_pools_per_page: { doc: 'The most pools in one page of a listing in v2.', format: 'nat', default: 20, min: 1 },
  max_flavors_per_page: { doc: 'The most flavors in one page of a listing in v2.', format: 'nat', default: 20, min: 1 },
  max_queue_metadata: {
    doc: 'The largest request body that sets the metadata of a queue, in bytes.', format: 'nat', default: 65_536, min: 2,
    deprecated: ['limits:transport/metadata_size_uplimit'],
  },
  max_messages_post_size: {
    doc: 'The largest request body that posts messages, in bytes.', format: 'nat', default: 262_144, min: 2,
    deprecated: ['transport/max_message_size', 'limits:transport/message_size_uplimit'],
  },
  max_message_ttl: {
    doc: 'The longest life of a message, in seconds.', format: 'nat', default: 1_209_600, min: 60, max: LONGEST,
    deprecated: ['limits:transport/message_ttl_max'],
  },
  default_message_ttl: {
    doc: 'The life of a message that is posted without a ttl, in seconds; at most max_message_ttl. Not in v1, where each has one.',
    format: 'nat', default: 3600, min: 60, max: LONGEST,
  },
  max_message_delay: { doc: 'The longest delay of a message, in seconds.', format: 'nat', default: 900, max: LONGEST },
  default_message_delay: {
    doc: 'How long a message of v2 stays invisible after it was posted, in seconds, where neither it nor its queue says; at most max_message_delay.',
    format: 'nat', default: 0, max: LONGEST,
  },
  max_claim_ttl: {
    doc: 'The longest life of a claim, in seconds.', format: 'nat', default: 43_200, min: 60, max: LONGEST,
    deprecated: ['limits:transport/claim_ttl_max'],
  },
  max_claim_grace: {
    doc: 'The longest grace of a claim, in seconds.', format: 'nat', default: 43_200, min: 60, max: LONGEST,
    deprecated: ['limits:transport/claim_grace_max'],
  },
  default_claim_ttl: {
    doc: 'The life of a claim that is made without a ttl, in seconds; at most max_claim_ttl. Not in v1, where each has one.',
    format: 'nat', default: 300, min: 60, max: LONGEST,
  },
  default_claim_grace: {
    doc: 'The grace of a claim that is made without one, in seconds; at most max_claim_grace. Not in v1, where each has one.',
    format: 'nat', default: 60, min: 60, max: LONGEST,
  },
  client_id_uuid_safe: {
    doc:
      'What a Client-ID of v1.1 and v2 must be: `strict` takes UUIDs only, `off` any text of min_length_client_id to '
      + 'max_length_client_id characters. In v1 it is always a UUID.',
    format: ['strict', 'off'], default: 'strict',
  },
  min_length_client_id: { doc: 'The shortest Client-ID where client_id_uuid_safe is `off`, in characters.', format: 'nat', default: 10, min: 1, max: 256 },
  max_length_client_id: { doc: 'The longest Client-ID where client_id_uuid_safe is `off`, in characters.', format: 'nat', default: 36, min: 1, max: 256 },
  max_wait: {
    doc: 'The longest time that a request may wait for messages with `wait`, in seconds. 0 turns waiting off.', format: 'nat', default: 20, max: 3600,
  },
  max_waits: {
    doc: 'How many requests may wait at once in one worker process, of all projects together.', format: 'nat', default: 20_000, min: 1, max: 1_000_000,
  },
  message_delete_with_claim_id: {
    doc: 'Whether a bulk delete of v2 must name the claims that hold its messages, in claim_ids.', format: 'boolean', default: false,
  },
} as const satisfies OptionTable

/** The limits in force. */
export type Limits = Values<typeof LIMIT_OPTIONS>

/** The shortest life of a message, a claim and a grace, in seconds. Not configurable. */
export const MIN_TTL: Seconds = 60

/** How many a page or a claim holds when the request does not say. Independent of the configured maximum. */
export const DEFAULT_PAGE = 10

/** The largest request body of an operation whose document has only a handful of short members, in bytes. */
export const MAX_SMALL_BODY = 65_536

/** Checks `limit` of a queue listing. */
export function checkQueuesLimit(limit: number, { max_queues_per_page: max }: Limits): void {
  if (limit < 1 || limit > max) throw fail('QueuesLimitOutOfRange', { max })
}

/** Checks `limit` of a message listing, or the number of ids of a bulk request. */
export function checkMessagesLimit(limit: number, { max_messages_per_page: max }: Limits): void {
  if (limit < 1 || limit > max) throw fail('MessagesLimitOutOfRange', { max })
}

/** Checks `limit` of a new claim. */
export function checkClaimLimit(limit: number, { max_messages_per_claim_or_pop: max }: Limits): void {
  if (limit < 1 || limit > max) throw fail('MessagesLimitOutOfRange', { max })
}

/** Checks `limit` of a listing of pools or flavors. */
export function checkAdminLimit(limit: number, max: number): void {
  if (limit < 1 || limit > max) throw fail('QueuesLimitOutOfRange', { max })
}

/** Checks the ttl of a message that is posted. */
export function checkMessageTtl(ttl: Seconds, { max_message_ttl: max }: Limits): void {
  if (ttl < MIN_TTL || ttl > max) throw fail('MessageTtlOutOfRange', { min: MIN_TTL, max })
}

/** Checks the delay of a message that is posted. */
export function checkMessageDelay(delay: Seconds, { max_message_delay: max }: Limits): void {
  if (delay < 0 || delay > max) throw fail('MessageDelayOutOfRange', { max })
}

/** Checks the number of messages to pop. */
export function checkPop(count: number, { max_messages_per_claim_or_pop: max }: Limits): void {
  if (count < 1 || count > max) throw fail('PopOutOfRange', { max })
}

/** Checks how long a request shall wait. */
export function checkWait(wait: Seconds, { max_wait: max }: Limits): void {
  if (!(wait >= 0 && wait <= max)) throw fail('WaitOutOfRange', { max })
}

/** Checks the ttl of a claim that is made or renewed. */
export function checkClaimTtl(ttl: Seconds, { max_claim_ttl: max }: Limits): void {
  if (ttl < MIN_TTL || ttl > max) throw fail('ClaimTtlOutOfRange', { min: MIN_TTL, max })
}

/** Checks the grace of a claim that is made. The grace of a renewal is free (api-v1.md 9.4). */
export function checkClaimGrace(grace: Seconds, { max_claim_grace: max }: Limits): void {
  if (grace < MIN_TTL || grace > max) throw fail('ClaimGraceOutOfRange', { min: MIN_TTL, max })
}

/** What is wrong with the limits as a whole, a line each. */
export function limitProblems({ min_length_client_id: min, max_length_client_id: max }: Limits): readonly string[] {
  return min > max ? [`[transport] min_length_client_id is ${min}, which is more than max_length_client_id, ${max}: no Client-ID would do`] : []
}
