/** Reading messages that are posted. */
import { fail } from '../../errors.ts'
import { rulesOf, type QueueRules } from '../../model/attributes.ts'
import { asObject, readAny, readInteger } from '../../model/fields.ts'
import type { JsonNode } from '../../model/json.ts'
import { checkMessageDelay, checkMessageTtl, type Limits } from '../../model/limits.ts'
import type { NewMessage, Seconds } from '../../model/message.ts'
import { boundOf, readDocument, type Bound } from './body.ts'
import type { Context, Parts } from './state.ts'

/** What a message is that does not say. */
interface MessageDefaults {
  readonly ttl: Seconds | null
  /** Null where messages cannot be delayed; a member of that name is then one of many that nobody knows. */
  readonly delay: Seconds | null
}

/** Reads the messages of a request, by the limits and defaults of its version, of the service and, where they are in effect, of its queue. */
export async function readPosted(ctx: Context, { stores, limits }: Pick<Parts, 'stores' | 'limits'>): Promise<readonly NewMessage[]> {
  const { place: { project, queue }, dialect } = ctx.state
  const defaults = dialect.defaults(limits)
  if (dialect.attributes === 'without_effect') {
    const document = await readDocument(ctx, boundOf('messages', limits), dialect.postLevels)
    return readMessages(dialect.readMessages(document), { ttl: defaults.messageTtl, delay: null }, limits)
  }
  const record = await stores.control.queue(project, queue)
  const rules = record === null ? null : rulesOf(record.metadata)
  const document = await readDocument(ctx, boundIn(rules, limits), dialect.postLevels)
  // A maximum that was lowered since lowers what the queue says, too.
  const ttl = rules === null || rules.messageTtl === null ? defaults.messageTtl : Math.min(rules.messageTtl, limits.max_message_ttl)
  const delay = Math.min(rules?.messageDelay ?? limits.default_message_delay, limits.max_message_delay)
  return readMessages(dialect.readMessages(document), { ttl, delay }, limits)
}

/** The bound of a post into a queue with a size limit of its own. */
function boundIn(rules: QueueRules | null, limits: Limits): Bound {
  const { max_messages_post_size: configured } = limits
  const queue = rules?.maxPostSize ?? null
  if (queue === null) return boundOf('messages', limits)
  return { max: Math.min(configured, queue), refuse: max => fail('MessagesTooLargeForQueue', { max, configured, queue }) }
}

/** Checks the form of every message before the range of any (api-v1.md 7.1). */
function readMessages(nodes: readonly JsonNode[], defaults: MessageDefaults, limits: Limits): readonly NewMessage[] {
  const messages = nodes.map(node => readMessage(node, defaults))
  if (messages.length === 0) throw fail('MessagesMissing')
  for (const { ttl, delay } of messages) {
    checkMessageTtl(ttl, limits)
    checkMessageDelay(delay, limits)
  }
  return messages
}

function readMessage(element: JsonNode, defaults: MessageDefaults): NewMessage {
  const node = asObject(element)
  const ttl = readInteger(node, 'ttl', defaults.ttl)
  const body = readAny(node, 'body').text
  return { body, ttl, delay: defaults.delay === null ? 0 : readInteger(node, 'delay', defaults.delay) }
}
