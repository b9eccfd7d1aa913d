/** What the reserved attributes of a queue may be set to. The texts are on the wire (api-v2.md 5). */
import { memberSpans, type JsonNode, type JsonText } from './json.ts'
import { MIN_TTL, type Limits } from './limits.ts'
import { parseDottedQueueName, type QueueName } from './names.ts'

/** What else decides whether metadata will do. */
export interface AttributeContext {
  readonly queue: QueueName
  readonly limits: Limits
  /** Whether there is a key to encrypt messages with. */
  readonly canEncrypt: boolean
}

/** Says what is wrong with a value that is set, or null. */
type Check = (value: JsonNode, context: AttributeContext) => string | null

/** A whole number within bounds that depend on the limits. */
function integer(name: string, isWithin: (value: number, limits: Limits) => boolean, range: (limits: Limits) => string): Check {
  return (value, { limits }) => {
    if (value.kind !== 'integer') return `${name} must be integer.`
    return isWithin(Number(value.text), limits) ? null : range(limits)
  }
}

const isMessageTtl = (ttl: number, { max_message_ttl: max }: Limits): boolean => ttl >= MIN_TTL && ttl <= max

const CHECKS: Readonly<Record<string, Check>> = {
  _default_message_ttl: integer('_default_message_ttl', isMessageTtl, ({ max_message_ttl: max }) =>
    `_default_message_ttl can not exceed ${max} seconds, and must be at least ${MIN_TTL} seconds long.`),
  _max_messages_post_size: integer('_max_messages_post_size', (size, { max_messages_post_size: max }) => size > 0 && size <= max,
    ({ max_messages_post_size: max }) => `_max_messages_post_size can not exceed ${max},  and must be at least greater than 0.`),
  _max_claim_count: integer('_max_claim_count', () => true, () => ''),
  _dead_letter_queue: checkDeadLetterQueue,
  _dead_letter_queue_messages_ttl: integer('_dead_letter_queue_messages_ttl', isMessageTtl, ({ max_message_ttl: max }) =>
    `The TTL for a message may not exceed ${max} seconds, and must be at least ${MIN_TTL} seconds long.`),
  _default_message_delay: integer('_default_message_delay', (delay, { max_message_delay: max }) => delay >= 0 && delay <= max,
    ({ max_message_delay: max }) => `The TTL can not exceed ${max} seconds, and must be at least 0 seconds long.`),
  _enable_encrypt_messages: checkEncryption,
  _retry_policy: checkRetryPolicy,
}

/** What is wrong with the attributes in the metadata of a queue; null if nothing is. An attribute of null is as good as none. */
export function attributeProblem(metadata: JsonText, context: AttributeContext): string | null {
  for (const { key, value } of memberSpans(metadata)) {
    const problem = value.text === 'null' || !Object.hasOwn(CHECKS, key) ? null : CHECKS[key]?.(value, context) ?? null
    if (problem !== null) return problem
  }
  return null
}

function checkDeadLetterQueue(value: JsonNode, { queue }: AttributeContext): string | null {
  const name = value.kind === 'string' ? JSON.parse(value.text) as string : null
  // An empty one is none, as for the reference.
  if (name === '') return null
  if (name === null || parseDottedQueueName(name) === null) return '_dead_letter_queue must be the name of a queue.'
  return name === queue ? '_dead_letter_queue must be another queue.' : null
}

const BOOLEANS: ReadonlySet<string> = new Set(['true', 'false'])

function checkEncryption(value: JsonNode, { canEncrypt }: AttributeContext): string | null {
  if (!BOOLEANS.has(value.text)) return '_enable_encrypt_messages must be boolean.'
  return value.text === 'true' && !canEncrypt ? '_enable_encrypt_messages can not be set: this service has no message encryption key.' : null
}

const BACKOFF_FUNCTIONS: ReadonlySet<string> = new Set(['"linear"', '"arithmetic"', '"exponential"', '"geometric"'])
const RETRY_NUMBERS = ['retries_with_no_delay', 'minimum_delay_retries', 'minimum_delay', 'maximum_delay', 'maximum_delay_retries'] as const

/** The delays of a retry policy that does not set them, in seconds, and how far they must lie apart. */
const MIN_DELAY = 5
const MAX_DELAY = 30
const DELAY_STEP = 10

function checkRetryPolicy(policy: JsonNode): string | null {
  if (policy.kind !== 'object') return 'retry_policy must be a dict.'
  const { members } = policy
  const isFit = (name: string, test: (value: JsonNode) => boolean) => {
    const value = members.get(name)
    return value === undefined || test(value)
  }
  for (const name of RETRY_NUMBERS) if (!isFit(name, ({ kind }) => kind === 'integer')) return `${name} must be integer.`
  if (!isFit('retry_backoff_function', ({ text }) => BACKOFF_FUNCTIONS.has(text))) return 'invalid retry_backoff_function.'
  if (!isFit('ignore_subscription_override', ({ text }) => BOOLEANS.has(text))) return 'ignore_subscription_override must be boolean.'
  return delayProblem(Number(members.get('minimum_delay')?.text ?? MIN_DELAY), Number(members.get('maximum_delay')?.text ?? MAX_DELAY))
}

function delayProblem(min: number, max: number): string | null {
  if (max < min) return 'minimum_delay must less than maximum_delay.'
  return max - min < DELAY_STEP ? 'invalid minimum_delay and maximum_delay.' : null
}
