/** Messages: posting, listing, getting, deleting, popping. */
import { fail } from '../../../errors.ts'
import { MIN_TTL } from '../../../model/limits.ts'
import { showing, versioned, type Describe, type Descriptions, type QueryParameter, type Terms } from './description.ts'
import * as story from './examples.ts'
import { age, ANY, flag, href, limit, LINKS, marker } from './fields.ts'
import { answered, listOf, sent, text, whole, type Schema, type Schemas } from './schema.ts'

const PLACE = { queue: story.QUEUE, project: story.PROJECT } as const

/** The message of the examples, as it is read and as it is claimed. */
export function shownMessage({ dialect }: Pick<Terms, 'dialect'>, form: 'free' | 'claimed'): Readonly<Record<string, unknown>> {
  const path = `${hrefOf(dialect)}/${story.MESSAGE}`
  return {
    ...dialect.messageMembers === 'four' ? {} : { id: story.MESSAGE },
    href: form === 'claimed' ? `${path}?claim_id=${story.CLAIM}` : path,
    ttl: story.POST.ttl, age: 12, body: story.POST.body,
  }
}

function hrefOf({ prefix }: Terms['dialect']): string {
  return `${prefix}/queues/${story.QUEUE}/messages`
}

/** Asks for members that are not always there, where that can be asked. */
export function fields({ dialect }: Pick<Terms, 'dialect'>): readonly QueryParameter[] {
  if (dialect.messageMembers !== 'with_fields') return []
  const schema = listOf({ type: 'string', enum: ['claim_count', 'origin'] })
  return [{ name: 'fields', description: 'Members of a message to show besides the usual ones, separated by commas.', schema }]
}

function ids({ limits }: Terms, description: string): QueryParameter {
  const schema = listOf({ type: 'string', pattern: '^[^,]+$' }, { maxItems: limits.max_messages_per_page })
  return { name: 'ids', description: `${description} Separated by commas.`, schema, required: true }
}

const describePost: Describe = terms => {
  const { dialect, limits } = terms
  const path = `${hrefOf(dialect)}/${story.MESSAGE}`
  return {
    name: 'postMessages',
    tag: 'messages',
    summary: 'Post messages',
    text: `All of them, in their order, or none. ${dialect.lazyQueues ? 'A queue that does not exist is created.' : 'The queue must exist.'}`,
    body: { schema: versioned(terms, 'Post'), isRequired: true },
    answers: [{ status: 201, description: 'They are stored.', schema: versioned(terms, 'Posted'), headers: ['location'] }],
    refusals: [
      fail(dialect.wording.bodyEmpty), fail('BodyNotParsable'), fail('BodyIntegerTooLarge'), fail('DocumentTypeNotSupported'),
      fail('FieldMissing', { field: 'body' }), fail('FieldNotInteger', { field: 'ttl' }), fail('MessagesMissing'),
      fail('MessageTtlOutOfRange', { min: MIN_TTL, max: limits.max_message_ttl }), fail('MessagesTooLarge', { max: limits.max_messages_post_size }),
      fail('QuotaExceeded', { quota: 'messages', limit: 100_000, used: 100_000 }),
      ...dialect.lazyQueues ? [] : [fail('QueueDoesNotExist', PLACE)],
    ],
    example: {
      body: dialect.bareLists ? [story.POST] : { messages: [story.POST] },
      status: 201,
      answer: JSON.parse(dialect.showPosted(JSON.stringify(path))),
    },
  }
}

const describeList: Describe = terms => {
  const { dialect, limits } = terms
  const { max_messages_per_page: max } = limits
  return {
    name: 'listMessages',
    tag: 'messages',
    summary: 'List messages in their order',
    text: 'A queue that does not exist, and a marker that cannot be one, list nothing.',
    query: [
      marker('The marker of the former page, from its link; or the id of a message.'), limit('The most messages to answer.', max),
      flag(terms, 'echo', 'Whether to list those that were posted with the same Client-ID, too.'),
      flag(terms, 'include_claimed', 'Whether to list those under a claim, too.'),
      ...dialect.attributes === 'in_effect' ? [flag(terms, 'include_delayed', 'Whether to list those that are delayed, too.')] : [],
      ...fields(terms),
    ],
    answers: [
      { status: 200, description: 'A page of messages.', schema: versioned(terms, 'MessagePage'), headers: showing(terms) },
      ...dialect.emptyPage === 204 ? [{ status: 204, description: 'There are no more.', headers: showing(terms) }] : [],
    ],
    refusals: [
      fail('ParameterNotInteger', { name: 'limit' }), fail('ParameterNotBoolean', { name: 'echo' }), fail('MessagesLimitOutOfRange', { max }),
      ...dialect.messageMembers === 'with_fields' ? [fail('FieldUnknown', { field: 'colour', known: 'claim_count, origin' })] : [],
    ],
    example: {
      query: { limit: '5', echo: 'true' },
      status: 200,
      answer: { messages: [shownMessage(terms, 'free')], links: [{ rel: 'next', href: `${hrefOf(dialect)}?limit=5&echo=true&marker=1` }] },
    },
  }
}

const describeGetSeveral: Describe = terms => {
  const { dialect, limits } = terms
  const shown = [shownMessage(terms, 'free')]
  return {
    name: 'getMessages',
    tag: 'messages',
    summary: 'get messages by their ids',
    query: [ids(terms, 'The messages to get; claimed ones too. Those that are not there are left out.'), ...fields(terms)],
    answers: [
      { status: 200, description: 'The messages with these ids.', schema: versioned(terms, 'Messages'), headers: showing(terms) },
      ...dialect.noneFound === 204 ? [{ status: 204, description: 'There are none with these ids.', headers: showing(terms) }] : [],
    ],
    refusals: [
      fail('MessagesLimitOutOfRange', { max: limits.max_messages_per_page }),
      ...dialect.noneFound === 404 ? [fail('MessagesDoNotExist', { ...PLACE, messages: `'${story.MESSAGE}'` })] : [],
    ],
    example: { query: { ids: story.MESSAGE }, status: 200, answer: dialect.bareLists ? shown : { messages: shown } },
  }
}

const describeGet: Describe = terms => ({
  name: 'getMessage',
  tag: 'messages',
  summary: 'Get a message, claimed or not',
  query: fields(terms),
  answers: [{ status: 200, description: 'The message.', schema: versioned(terms, 'Message'), headers: showing(terms) }],
  refusals: [fail('MessageDoesNotExist', { ...PLACE, message: story.MESSAGE })],
  example: { status: 200, answer: shownMessage(terms, 'free') },
})

const describeDelete: Describe = () => ({
  name: 'deleteMessage',
  tag: 'messages',
  summary: 'Delete a message',
  query: [{ name: 'claim_id', description: 'The claim that holds it. A claimed message cannot be deleted without it.', schema: { type: 'string' } }],
  answers: [{ status: 204, description: 'There is no such message any more.' }],
  refusals: [fail('MessageNotClaimed'), fail('ClaimLapsed'), fail('MessageClaimed')],
  example: { status: 204 },
})

const describeDeleteSeveral: Describe = terms => {
  const { dialect, limits } = terms
  const { max_messages_per_page: max, message_delete_with_claim_id: mustNameClaims } = limits
  const claimIds: QueryParameter = {
    name: 'claim_ids', description: 'The claims that hold them, separated by commas.', schema: listOf({ type: 'string' }), required: true,
  }
  const needsClaims = mustNameClaims && dialect.attributes === 'in_effect'
  return {
    name: 'deleteMessages',
    tag: 'messages',
    summary: 'Delete messages by their ids',
    query: [ids(terms, 'The messages to delete; claimed ones too.'), ...needsClaims ? [claimIds] : []],
    answers: [{ status: 204, description: 'There are no messages with these ids any more.' }],
    refusals: [
      ...dialect.hasPop ? [fail('IdsAndPopGiven'), fail('IdsCountOutOfRange', { max })] : [fail('ParameterMissing', { name: 'ids' }), fail('MessagesLimitOutOfRange', { max })],
      ...needsClaims ? [fail('ClaimIdsMissing')] : [],
    ],
    example: { query: { ids: story.MESSAGE }, status: 204 },
  }
}

const describePop: Describe = terms => {
  const { max_messages_per_claim_or_pop: max } = terms.limits
  return {
    name: 'popMessages',
    tag: 'messages',
    summary: 'take the oldest free messages out of the queue',
    query: [{ name: 'pop', description: 'The most messages to take.', schema: { type: 'integer', minimum: 1, maximum: max }, required: true }, ...fields(terms)],
    answers: [{ status: 200, description: 'The messages that were taken out.', schema: versioned(terms, 'Popped') }],
    refusals: [fail('IdsAndPopMissing'), fail('ParameterNotInteger', { name: 'pop' }), fail('PopOutOfRange', { max })],
    example: {
      query: { pop: '5' },
      status: 200,
      answer: {
        messages: [{
          id: story.MESSAGE, ...story.POST, age: 12, claim_id: null,
          ...terms.dialect.messageMembers === 'with_fields' ? { claim_count: 0 } : {},
        }],
      },
    },
  }
}

/** What every version has. */
export const MESSAGES: Descriptions = {
  'POST /queues/:queue/messages': describePost,
  'GET /queues/:queue/messages': describeList,
  'GET /queues/:queue/messages ids': describeGetSeveral,
  'DELETE /queues/:queue/messages ids': describeDeleteSeveral,
  'GET /queues/:queue/messages/:message': describeGet,
  'DELETE /queues/:queue/messages/:message': describeDelete,
}
/** Taking messages out. */
export const POP: Descriptions = { 'DELETE /queues/:queue/messages': describePop }

/** What these actions take and answer. */
export function messageSchemas(terms: Terms): Schemas {
  const { dialect } = terms
  const message = versioned(terms, 'Message')
  const page = { messages: listOf(message), links: LINKS }
  const list = listOf(message)
  return {
    ...postSchemas(terms),
    Message: messageSchema(terms),
    MessagePage: answered(page),
    Messages: dialect.bareLists ? list : answered({ messages: list }),
    ...dialect.hasPop ? { Popped: answered({ messages: listOf(poppedSchema(terms)) }) } : {},
  }
}

function postSchemas({ dialect, limits }: Terms): Schemas {
  const { messageTtl } = dialect.defaults(limits)
  const ttl = whole(MIN_TTL, 'How long it lives, in seconds.', { maximum: limits.max_message_ttl, ...messageTtl === null ? {} : { default: messageTtl } })
  const delay = whole(0, 'How long it stays invisible, in seconds. Where it is left out, the queue says.', { maximum: limits.max_message_delay })
  const message = sent({ body: ANY, ttl, ...dialect.attributes === 'in_effect' ? { delay } : {} }, messageTtl === null ? ['body', 'ttl'] : ['body'])
  const messages = listOf(message, { minItems: 1 })
  const resources = listOf(href(`${hrefOf(dialect)}/${story.MESSAGE}`), { description: 'The messages, in the order of the post.', minItems: 1 })
  return {
    Post: dialect.bareLists ? messages : sent({ messages }, ['messages']),
    Posted: answered(dialect.bareLists ? { resources, partial: { enum: [false], description: 'A post is never stored in part.' } } : { resources }),
  }
}

/** The members that are there only where the service, the queue or the request asks for them. */
function extras({ dialect }: Terms): Schemas {
  if (dialect.messageMembers === 'four') return {}
  const checksum = text('Of the body, where the service makes them.', { pattern: '^MD5:[0-9a-f]{32}$' })
  return dialect.messageMembers === 'with_id' ? { checksum } : { checksum, claim_count: whole(0, 'How often it was claimed.'), origin: ORIGIN }
}

const ORIGIN: Schema = {
  anyOf: [
    { type: 'null' },
    answered({
      queue: text('The queue from which it was moved here.'), reason: text('Why.'), claim_count: whole(0, 'How often it had been claimed there.'),
      moved: text('When.', { format: 'date-time' }),
    }),
  ],
}

const ID = text('Its id. Opaque.', { pattern: '^[0-9a-f]{24}$' })
const TTL = whole(0, 'How long it lives in all, in seconds. A claim can lengthen it.')

function messageSchema(terms: Terms): Schema {
  const { dialect } = terms
  const more = extras(terms)
  const four = { href: href(`${hrefOf(dialect)}/${story.MESSAGE}`), ttl: TTL, age: age('the post'), body: ANY }
  return answered({ ...dialect.messageMembers === 'four' ? {} : { id: ID }, ...four, ...more }, Object.keys(more))
}

function poppedSchema(terms: Terms): Schema {
  const more = extras(terms)
  return answered({ id: ID, ttl: TTL, age: age('the post'), body: ANY, claim_id: { type: 'null' }, ...more }, Object.keys(more).filter(name => name !== 'claim_count'))
}
