/** The shapes of documents, as JSON Schemas (OpenAPI 3.1). */
import { MIN_TTL, type Limits } from '../../../model/limits.ts'
import { SHOWN_ATTRIBUTES } from '../../../model/attributes.ts'
import type { Dialect } from '../dialects.ts'

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>

/** What shapes depend on. */
export interface Shaping {
  readonly dialect: Dialect
  readonly limits: Limits
  readonly canEncrypt: boolean
  readonly checksums: boolean
}

/** The largest integer that a double holds below 2^63, and its counterpart: those of a document must fit in 64 bits. */
const MAX_INTEGER = 9_223_372_036_854_774_784

/** Refers to a shared schema. */
export function ref(name: 'Error' | 'JsonValue'): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** The schemas that others refer to. */
export const SHARED_SCHEMAS = {
  Error: {
    type: 'object', required: ['title'], additionalProperties: false,
    properties: { description: { type: 'string' }, title: { type: 'string' } },
  },
  JsonValue: {
    description: 'Any JSON value, nested at most 128 levels deep with the document. Integers must fit in 64 bits.',
    anyOf: [
      { type: ['null', 'boolean', 'string'] },
      { type: 'number', minimum: -MAX_INTEGER, maximum: MAX_INTEGER },
      { type: 'array', items: { $ref: '#/components/schemas/JsonValue' } },
      { type: 'object', additionalProperties: { $ref: '#/components/schemas/JsonValue' } },
    ],
  },
} as const satisfies Readonly<Record<string, Schema>>

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number, over: Schema = {}): Schema {
  return { type: 'integer', minimum, maximum, ...over }
}

/** An object with exactly these members, all of them but for the optional ones. */
export function exactly(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: 'object', required: Object.keys(properties).filter(name => !optional.includes(name)), additionalProperties: false, properties }
}

/** An object that may hold members of which nobody takes notice. */
export function atLeast(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', required, properties, additionalProperties: ref('JsonValue') }
}

/** A list. */
export function list(items: Schema, over: Schema = {}): Schema {
  return { type: 'array', items, ...over }
}

const TEXT: Schema = { type: 'string' }
const COUNT: Schema = { type: 'integer', minimum: 0 }
const NULLABLE_TEXT: Schema = { type: ['string', 'null'] }

/** The links of a page: one to the next; none after an empty page of newer versions. */
export const LINKS = list(exactly({ rel: { const: 'next' }, href: TEXT }), { maxItems: 1 })

/** A message in an answer. */
export function message({ dialect: { messageMembers }, checksums }: Shaping): Schema {
  const four = { href: TEXT, ttl: COUNT, age: COUNT, body: ref('JsonValue') }
  if (messageMembers === 'four') return exactly(four)
  const optional = { ...checksums ? { checksum: TEXT } : {}, ...messageMembers === 'with_fields' ? FIELDS : {} }
  return exactly({ id: TEXT, ...four, ...optional }, Object.keys(optional))
}

const FIELDS = {
  claim_count: COUNT,
  origin: { anyOf: [{ type: 'null' }, exactly({ queue: TEXT, reason: TEXT, claim_count: COUNT, moved: TEXT })] },
} as const

/** A message that was popped. */
export function poppedMessage({ dialect: { messageMembers }, checksums }: Shaping): Schema {
  const { claim_count, origin } = FIELDS
  const more = messageMembers === 'with_fields' ? { claim_count, origin } : {}
  return exactly({ id: TEXT, ttl: COUNT, age: COUNT, body: ref('JsonValue'), claim_id: { type: 'null' }, ...more, ...checksums ? { checksum: TEXT } : {} }, ['origin', 'checksum'])
}

/** Messages that were asked for by id, or claimed. */
export function messages(shaping: Shaping): Schema {
  const all = list(message(shaping))
  return shaping.dialect.bareLists ? all : exactly({ messages: all })
}

/** Messages that are posted. */
export function posted({ dialect, limits }: Shaping): Schema {
  const ttl = integer(MIN_TTL, limits.max_message_ttl, { description: 'The life of the message, in seconds.' })
  const delay = integer(0, limits.max_message_delay, { description: 'How long it stays invisible, in seconds.' })
  const one = dialect.id === '1'
    ? atLeast({ ttl, body: ref('JsonValue') }, ['ttl', 'body'])
    : atLeast({ ttl, body: ref('JsonValue'), ...dialect.attributes === 'in_effect' ? { delay } : {} }, ['body'])
  const all = list(one, { minItems: 1 })
  return dialect.bareLists ? all : atLeast({ messages: all }, ['messages'])
}

/** A claim that is made or renewed. */
export function claimTerms({ dialect, limits }: Shaping, use: 'new' | 'renewal'): Schema {
  const ttl = integer(MIN_TTL, limits.max_claim_ttl, { description: 'How long the claim holds, in seconds.' })
  const grace = use === 'new' ? integer(MIN_TTL, limits.max_claim_grace) : { type: 'integer', minimum: -MAX_INTEGER, maximum: MAX_INTEGER }
  const required = dialect.id !== '1' ? [] : use === 'new' ? ['ttl', 'grace'] : ['ttl']
  return atLeast({ ttl, grace: { ...grace, description: 'How long messages outlive the claim at least, in seconds.' } }, required)
}

const FREE_KEY: Schema = { pattern: '^([^_]|$)' }

/** The metadata of a queue, as they are set. */
export function metadata({ dialect, limits, canEncrypt }: Shaping): Schema {
  if (dialect.id === '1') return { type: 'object', propertyNames: FREE_KEY, additionalProperties: ref('JsonValue') }
  const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] })
  return {
    type: 'object', additionalProperties: ref('JsonValue'),
    properties: {
      _default_message_ttl: orNull(integer(MIN_TTL, limits.max_message_ttl)),
      _max_messages_post_size: orNull(integer(1, limits.max_messages_post_size)),
      _default_message_delay: orNull(integer(0, limits.max_message_delay)),
      _max_claim_count: orNull({ type: 'integer', minimum: -MAX_INTEGER, maximum: MAX_INTEGER }),
      _dead_letter_queue: orNull({ type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$' }),
      _dead_letter_queue_messages_ttl: orNull(integer(MIN_TTL, limits.max_message_ttl)),
      _enable_encrypt_messages: canEncrypt ? { type: ['boolean', 'null'] } : { enum: [false, null] },
      _flavor: orNull(TEXT),
      _retry_policy: orNull(RETRY_POLICY),
    },
  }
}

const RETRY_POLICY = atLeast({
  retries_with_no_delay: integer(0, 1000), minimum_delay_retries: integer(0, 1000), maximum_delay_retries: integer(0, 1000),
  minimum_delay: integer(0, 20), maximum_delay: integer(30, 100_000),
  retry_backoff_function: { enum: ['linear', 'arithmetic', 'exponential', 'geometric'] }, ignore_subscription_override: { type: 'boolean' },
})

/** The metadata of a queue, as they are shown. */
export function shownMetadata({ dialect }: Shaping): Schema {
  const required = dialect.attributes === 'in_effect' ? [...SHOWN_ATTRIBUTES] : []
  return { type: 'object', required, additionalProperties: ref('JsonValue') }
}

/** A patch of the metadata of a queue. */
export const PATCH = list({
  oneOf: [
    patchOperation({ enum: ['add', 'replace'] }, ['value']),
    patchOperation({ const: 'remove' }, []),
  ],
})

function patchOperation(op: Schema, more: readonly string[]): Schema {
  const path = { type: 'string', pattern: '^/metadata/[a-zA-Z0-9.-]+$' }
  return atLeast({ op, path, ...more.includes('value') ? { value: ref('JsonValue') } : {} }, ['op', 'path', ...more])
}

/** Counts of a queue's messages. */
export const STATS = exactly({
  messages: exactly({
    claimed: COUNT, free: COUNT, total: COUNT,
    oldest: exactly({ href: TEXT, age: COUNT, created: { type: 'string', format: 'date-time' } }),
    newest: exactly({ href: TEXT, age: COUNT, created: { type: 'string', format: 'date-time' } }),
  }, ['oldest', 'newest']),
})

/** A queue in a listing. */
export function listedQueue(shaping: Shaping): Schema {
  return exactly({ name: TEXT, href: TEXT, metadata: shownMetadata(shaping) }, ['metadata'])
}

/** A claim. */
export function shownClaim(shaping: Shaping): Schema {
  return exactly({ href: TEXT, ttl: COUNT, age: COUNT, messages: list(message(shaping), { minItems: 1 }) })
}

/** What a signed URL shall allow. */
export const SHARE = {
  type: 'object', additionalProperties: false,
  properties: {
    methods: list({ type: 'string', pattern: '^[A-Za-z-]+$' }),
    paths: list({ enum: ['messages', 'claims', 'subscriptions'] }),
    expires: { type: 'string', format: 'date-time', description: 'In the future; one day from now if left out.' },
  },
} as const satisfies Schema

/** A signed URL: what a client sends in its headers. */
export const SHARED = exactly({ paths: list(TEXT), methods: list(TEXT), project: TEXT, expires: TEXT, signature: { type: 'string', pattern: '^[0-9a-f]{64}$' } })

/** What to purge a queue of. */
export const PURGE = atLeast({ resource_types: list({ enum: ['messages', 'subscriptions'] }) }, ['resource_types'])

const STEP = exactly({ succeeded: { type: 'boolean' }, seconds: { type: ['number', 'null'] }, ref: NULLABLE_TEXT })

const STORE_HEALTH = exactly({
  storage_reachable: { type: 'boolean' },
  operation_status: { type: 'object', additionalProperties: STEP },
  message_volume: { anyOf: [{ type: 'null' }, exactly({ free: COUNT, claimed: COUNT, total: COUNT })] },
})

/** How the service is: one store, or all pools by name. */
export const HEALTH: Schema = {
  anyOf: [STORE_HEALTH, { type: 'object', required: ['catalog_reachable'], properties: { catalog_reachable: { type: 'boolean' } }, additionalProperties: STORE_HEALTH }],
}

