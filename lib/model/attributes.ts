/** The attributes of a queue that are reserved to the service: members of its metadata that start with `_` (api-v2.md 5). */
import { EMPTY_OBJECT, joinMembers, memberSpans, printString, type JsonNode, type JsonText, type MemberSpan } from './json.ts'
import type { Limits } from './limits.ts'
import type { Seconds } from './message.ts'
import { parseDottedQueueName, type QueueName } from './names.ts'

/** What the attributes of a queue ask for; null where they ask for nothing. */
export interface QueueRules {
  /** The life of messages that are posted without one. */
  readonly messageTtl: Seconds | null
  /** The delay of messages that are posted without one. */
  readonly messageDelay: Seconds | null
  /** The largest post, in bytes. */
  readonly maxPostSize: number | null
  /** How often a message is handed out before it goes to the dead-letter queue. */
  readonly maxClaimCount: number | null
  readonly deadLetterQueue: QueueName | null
  /** The life of a message in the dead-letter queue, from the move. */
  readonly deadLetterTtl: Seconds | null
  /** Whether message bodies are stored encrypted. */
  readonly isEncrypted: boolean
}

const NO_RULES: QueueRules = {
  messageTtl: null, messageDelay: null, maxPostSize: null, maxClaimCount: null, deadLetterQueue: null, deadLetterTtl: null, isEncrypted: false,
}

/** A reserved attribute may be there: its underscore can be written as an escape, too. */
const MAY_BE_RESERVED = /[_\\]/

/** Reads what stored metadata ask for. What has not the right form asks for nothing. */
export function rulesOf(metadata: JsonText): QueueRules {
  if (!MAY_BE_RESERVED.test(metadata)) return NO_RULES
  const values = new Map(memberSpans(metadata).map(({ key, value }) => [key, value]))
  const count = (key: string): number | null => {
    const value = values.get(key)
    return value?.kind === 'integer' && Number(value.text) > 0 ? Number(value.text) : null
  }
  return {
    messageTtl: count('_default_message_ttl'),
    messageDelay: count('_default_message_delay'),
    maxPostSize: count('_max_messages_post_size'),
    maxClaimCount: count('_max_claim_count'),
    deadLetterQueue: readName(values.get('_dead_letter_queue')),
    deadLetterTtl: count('_dead_letter_queue_messages_ttl'),
    isEncrypted: values.get('_enable_encrypt_messages')?.text === 'true',
  }
}

function readName(value: JsonNode | undefined): QueueName | null {
  return value?.kind === 'string' ? parseDottedQueueName(JSON.parse(value.text) as string) : null
}

/** The attributes that are always shown, with what they are where nothing is set (api-v2.md 4.2). */
function defaultsOf(limits: Limits): ReadonlyMap<string, string> {
  return new Map([
    ['_max_messages_post_size', String(limits.max_messages_post_size)],
    ['_default_message_ttl', String(Math.min(limits.default_message_ttl, limits.max_message_ttl))],
    ['_default_message_delay', String(Math.min(limits.default_message_delay, limits.max_message_delay))],
    ['_dead_letter_queue', 'null'],
    ['_dead_letter_queue_messages_ttl', 'null'],
    ['_max_claim_count', 'null'],
    ['_enable_encrypt_messages', 'false'],
  ])
}

/** The names of those attributes. They can be removed and replaced whether or not they were set. */
export const SHOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  '_max_messages_post_size', '_default_message_ttl', '_default_message_delay', '_dead_letter_queue', '_dead_letter_queue_messages_ttl',
  '_max_claim_count', '_enable_encrypt_messages',
])

/** Stored metadata with the defaults of what is not set, or set to nothing; everything else as it came. */
export function withDefaults(metadata: JsonText, limits: Limits): JsonText {
  const defaults = new Map(defaultsOf(limits))
  const members: Pick<MemberSpan, 'keyText' | 'value'>[] = []
  const stored = metadata === EMPTY_OBJECT ? [] : memberSpans(metadata)
  const last = new Map(stored.map(member => [member.key, member]))
  for (const member of stored) {
    const preset = defaults.get(member.key)
    if (preset === undefined || last.get(member.key) !== member) members.push(member)
    else {
      members.push(isNothing(member.value) ? { ...member, value: literal(preset) } : member)
      defaults.delete(member.key)
    }
  }
  for (const [key, preset] of defaults) members.push({ keyText: printString(key), value: literal(preset) })
  return joinMembers(members)
}

function literal(text: string): JsonNode {
  return { kind: 'literal', text: text as JsonText }
}

/** What Python takes for false: null, false, zero, and what is empty. */
function isNothing(value: JsonNode): boolean {
  switch (value.kind) {
    case 'object': return value.members.size === 0
    case 'array': return value.elements.length === 0
    case 'string': return value.text === '""'
    case 'integer': case 'number': return Number(value.text) === 0
    case 'literal': return value.text !== 'true'
  }
}
