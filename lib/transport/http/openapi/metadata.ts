/** The metadata of queues. */
import { fail } from '../../../errors.ts'
import { PATCH_TYPE } from '../../../model/json-patch.ts'
import { MIN_TTL } from '../../../model/limits.ts'
import { showing, versioned, type Describe, type Descriptions, type Terms } from './description.ts'
import * as story from './examples.ts'
import { ANY } from './fields.ts'
import { listOf, sent, text, type Schema, type Schemas } from './schema.ts'

const NO_QUEUE = fail('QueueDoesNotExist', { queue: story.QUEUE, project: story.PROJECT })

/** What the queue of the examples is created with. */
export function newMetadata({ dialect }: Pick<Terms, 'dialect'>): Readonly<Record<string, unknown>> {
  return dialect.attributes === 'in_effect'
    ? { owner: 'billing', _max_claim_count: 3, _dead_letter_queue: story.DEAD_LETTERS }
    : { owner: 'billing' }
}

/** The same as it is shown. */
function shownMetadata(terms: Terms): Readonly<Record<string, unknown>> {
  const { dialect, limits } = terms
  if (dialect.attributes === 'without_effect') return newMetadata(terms)
  return {
    ...newMetadata(terms),
    _max_messages_post_size: limits.max_messages_post_size,
    _default_message_ttl: Math.min(limits.default_message_ttl, limits.max_message_ttl),
    _default_message_delay: Math.min(limits.default_message_delay, limits.max_message_delay),
    _dead_letter_queue_messages_ttl: null,
    _enable_encrypt_messages: false,
  }
}

const describeGet: Describe = terms => {
  const { lazyQueues } = terms.dialect
  return {
    name: 'getMetadata',
    tag: 'queues',
    summary: 'Show the metadata of a queue',
    ...lazyQueues ? { text: 'A queue that does not exist has none.' } : {},
    answers: [{ status: 200, description: 'The metadata.', schema: versioned(terms, 'Metadata'), headers: showing(terms) }],
    refusals: lazyQueues ? [] : [NO_QUEUE],
    example: { status: 200, answer: shownMetadata(terms) },
  }
}

const describePut: Describe = terms => ({
  name: 'putMetadata',
  tag: 'queues',
  summary: 'Replace the metadata of a queue',
  body: { schema: versioned(terms, 'NewMetadata'), isRequired: true },
  answers: [{ status: 204, description: 'They are replaced.', headers: ['location'] }],
  refusals: [
    fail(terms.dialect.wording.bodyEmpty), fail('BodyNotParsable'), fail('DocumentTypeNotSupported'),
    fail('MetadataTooLarge', { max: terms.limits.max_queue_metadata }), fail('MetadataKeyReserved'), NO_QUEUE,
  ],
  example: { body: newMetadata(terms), status: 204 },
})

const describePatch: Describe = terms => ({
  name: 'patchMetadata',
  tag: 'queues',
  summary: 'Change the metadata of a queue',
  text: 'All operations are carried out in their order, or none. A reserved attribute can be removed and replaced whether or not it was set.',
  body: { schema: versioned(terms, 'Patch'), isRequired: true, type: PATCH_TYPE },
  answers: [{ status: 200, description: 'The metadata as they are now.', schema: versioned(terms, 'Metadata') }],
  refusals: [
    fail('BodyNotParsable'), fail('DocumentTypeNotSupported'), fail('PatchEmpty'), fail('PatchTooLarge', { max: terms.limits.max_queue_metadata }),
    fail('PatchInvalid', { reason: '_default_message_ttl must be integer.' }), NO_QUEUE,
    fail('PatchConflict', { op: 'replace', key: 'team' }), fail('PatchMediaTypeNotSupported', { type: PATCH_TYPE }),
  ],
  example: {
    body: [{ op: 'add', path: '/metadata/team', value: 'money' }], status: 200, answer: { ...shownMetadata(terms), team: 'money' },
  },
})

/** Metadata as a resource of their own. */
export const SEPARATE_METADATA: Descriptions = {
  'GET /queues/:queue/metadata': describeGet,
  'PUT /queues/:queue/metadata': describePut,
}
/** Metadata shown as the queue. */
export const METADATA_OF_QUEUE: Descriptions = { 'GET /queues/:queue': describeGet }
/** Metadata changed in part. */
export const PATCHED_METADATA: Descriptions = { 'PATCH /queues/:queue': describePatch }

/** What of metadata the service itself reads; null is as good as absent. */
function attributes({ limits, canEncrypt }: Terms): Schemas {
  const number = (description: string, minimum?: number, maximum?: number): Schema =>
    ({ type: ['integer', 'null'], description, ...minimum === undefined ? {} : { minimum }, ...maximum === undefined ? {} : { maximum } })
  const ttl = (description: string) => number(description, MIN_TTL, limits.max_message_ttl)
  return {
    _default_message_ttl: ttl('The life of messages that are posted without a ttl, in seconds.'),
    _default_message_delay: number('The delay of messages that are posted without one, in seconds.', 0, limits.max_message_delay),
    _max_messages_post_size: number('The largest post, in bytes.', 1, limits.max_messages_post_size),
    _max_claim_count: number('How often a message is claimed before the next claim moves it to the dead-letter queue.'),
    _dead_letter_queue: { type: ['string', 'null'], description: 'The name of another queue.', pattern: '^[a-zA-Z0-9_.-]{0,64}$', not: { enum: ['.', '..'] } },
    _dead_letter_queue_messages_ttl: ttl('The life of a message from the time on that it is moved to the dead-letter queue, in seconds.'),
    _enable_encrypt_messages: canEncrypt
      ? { type: ['boolean', 'null'], description: 'Whether message bodies are stored encrypted.' }
      : { enum: [false, null], description: 'This service has no key to encrypt message bodies with.' },
    _flavor: { description: 'Where the service has pools: the name of the flavor whose pools the queue is put into.' },
    _retry_policy: {
      type: ['object', 'null'],
      description:
        'Kept for those who forward messages. Its integer members `minimum_delay` (5) and `maximum_delay` (30) lie at least 10 seconds apart; '
        + 'integers as well are `retries_with_no_delay`, `minimum_delay_retries` and `maximum_delay_retries`.',
      properties: {
        retry_backoff_function: { type: 'string', enum: ['linear', 'arithmetic', 'exponential', 'geometric'] },
        ignore_subscription_override: { type: 'boolean' },
      },
    },
  }
}

const PATH = text('`/metadata/` and the name of one member, with `~0` for `~` and `~1` for `/`.', { pattern: '^/metadata/\\s*([^/~\\s]|~[01])([^/~]|~[01])*$' })

function operation(op: readonly string[], more: Schemas): Schema {
  return sent({ op: { type: 'string', enum: op }, path: PATH, ...more }, ['op', 'path', ...Object.keys(more)])
}

/** What these actions take and answer. */
export function metadataSchemas(terms: Terms): Schemas {
  const { attributes: effect } = terms.dialect
  const patch: Schemas = {
    Patch: listOf({ anyOf: [operation(['add', 'replace'], { value: ANY }), operation(['remove'], {})] }, { description: 'A JSON Patch of single members.' }),
  }
  return {
    Metadata: { type: 'object', description: 'The metadata as they were set.' },
    NewMetadata: terms.dialect.newQueueBody === 'ignored'
      ? { type: 'object', description: 'Any members whose names do not begin with `_`.', propertyNames: { pattern: '^([^_]|$)' } }
      : { ...sent(attributes(terms)), description: 'Any members. Those that begin with `_` are reserved to the service.' },
    ...effect === 'in_effect' ? patch : {},
  }
}
