/** Queues: creating, listing, counting, purging, deleting. */
import { fail } from '../../../errors.ts'
import { showing, versioned, type Describe, type Descriptions, type QueryParameter, type Terms } from './description.ts'
import * as story from './examples.ts'
import { age, flag, href, limit, LINKS, marker } from './fields.ts'
import { newMetadata } from './metadata.ts'
import { answered, listOf, sent, text, whole, type Schemas } from './schema.ts'

const describeList: Describe = terms => {
  const { dialect, limits } = terms
  const { max_queues_per_page: max } = limits
  const isSearch = dialect.attributes === 'in_effect'
  const search: readonly QueryParameter[] = [
    { name: 'name', description: 'Only queues with this text in their names.', schema: { type: 'string' } },
    flag(terms, 'with_count', 'Whether to say how many queues the project has in all.'),
  ]
  return {
    name: 'listQueues',
    tag: 'queues',
    summary: 'List the queues of the project by name',
    ...isSearch ? { text: 'Every parameter that is not listed here is a filter: the member of the metadata of that name has that value.' } : {},
    query: [
      marker('Names after this one.'), limit('The most queues to answer.', max), flag(terms, 'detailed', 'Whether to show the metadata.'),
      ...isSearch ? search : [],
    ],
    answers: [
      { status: 200, description: 'A page of queues.', schema: versioned(terms, 'QueuePage'), headers: showing(terms) },
      ...dialect.emptyPage === 204 ? [{ status: 204, description: 'There are no more.' }] : [],
    ],
    refusals: [
      fail('ParameterNotInteger', { name: 'limit' }), fail('ParameterNotBoolean', { name: 'detailed' }), fail('QueuesLimitOutOfRange', { max }),
      ...isSearch ? [fail('FilterRepeated', { name: 'owner' })] : [],
    ],
    example: {
      query: { limit: '2' },
      status: 200,
      answer: {
        queues: [{ name: story.QUEUE, href: `${dialect.prefix}/queues/${story.QUEUE}` }],
        links: [{ rel: 'next', href: `${dialect.prefix}/queues?limit=2&marker=${story.QUEUE}` }],
      },
    },
  }
}

const describeCreate: Describe = terms => {
  const { dialect, limits } = terms
  const takesMetadata = dialect.newQueueBody === 'metadata'
  return {
    name: 'createQueue',
    tag: 'queues',
    summary: 'Create a queue',
    text: `A queue that exists stays as it is. ${dialect.lazyQueues ? 'There is no need to: the first post creates it, too.' : 'A body is passed over.'}`,
    ...takesMetadata ? { body: { schema: versioned(terms, 'NewMetadata'), isRequired: false } } : {},
    answers: [
      { status: 201, description: 'It is created.', headers: ['location'] },
      { status: 204, description: 'It existed.', headers: ['location'] },
    ],
    refusals: [
      ...takesMetadata ? [
        fail('BodyNotParsable'), fail('DocumentTypeNotSupported'), fail('MetadataTooLarge', { max: limits.max_queue_metadata }),
        fail('AttributeInvalid', { reason: '_default_message_ttl must be integer.' }),
      ] : [],
      fail('QuotaExceeded', { quota: 'queues', limit: 1000, used: 1000 }),
    ],
    example: { ...takesMetadata ? { body: newMetadata(terms) } : {}, status: 201 },
  }
}

const describeGet: Describe = terms => ({
  name: 'getQueue',
  tag: 'queues',
  summary: 'Ask whether a queue exists',
  answers: [
    { status: 204, description: 'It does.', headers: showing(terms) },
    { status: 404, description: 'It does not.', headers: showing(terms) },
  ],
  example: { status: 204 },
})

const describeDelete: Describe = () => ({
  name: 'deleteQueue',
  tag: 'queues',
  summary: 'Delete a queue with all that is in it',
  answers: [{ status: 204, description: 'There is no such queue any more.' }],
  example: { status: 204 },
})

const describeStats: Describe = terms => {
  const { dialect } = terms
  const end = { href: `${dialect.prefix}/queues/${story.QUEUE}/messages/${story.MESSAGE}`, age: 12, created: '2026-01-01T00:00:00Z' }
  return {
    name: 'getStats',
    tag: 'queues',
    summary: 'Count the messages of a queue',
    ...dialect.lazyQueues ? { text: 'A queue that does not exist has none.' } : {},
    answers: [{ status: 200, description: 'The counts.', schema: versioned(terms, 'Stats'), headers: showing(terms) }],
    refusals: dialect.lazyQueues ? [] : [fail('QueueDoesNotExist', { queue: story.QUEUE, project: story.PROJECT })],
    example: { status: 200, answer: { messages: { claimed: 0, free: 1, total: 1, oldest: end, newest: end } } },
  }
}

const describePurge: Describe = terms => ({
  name: 'purgeQueue',
  tag: 'queues',
  summary: 'Remove what is in a queue',
  text: 'Messages under a claim stay. Without a body all is removed.',
  body: { schema: versioned(terms, 'Purge'), isRequired: false },
  answers: [{ status: 204, description: 'It is removed.' }],
  refusals: [
    fail('BodyNotParsable'), fail('DocumentTypeNotSupported'), fail('ResourceTypesMissing'), fail('ResourceTypesUnknown', { known: 'messages, subscriptions' }),
  ],
  example: { body: { resource_types: ['messages'] }, status: 204 },
})

/** What every version has. */
export const QUEUES: Descriptions = {
  'GET /queues': describeList,
  'PUT /queues/:queue': describeCreate,
  'DELETE /queues/:queue': describeDelete,
  'GET /queues/:queue/stats': describeStats,
}
/** Whether a queue exists. */
export const EXISTENCE: Descriptions = { 'GET /queues/:queue': describeGet, 'HEAD /queues/:queue': describeGet }
/** Emptying a queue. */
export const PURGE: Descriptions = { 'POST /queues/:queue/purge': describePurge }

/** What these actions take and answer. */
export function queueSchemas(terms: Terms): Schemas {
  const { dialect } = terms
  const queue = { name: text('The name of the queue.'), href: href(`${dialect.prefix}/queues/${story.QUEUE}`), metadata: versioned(terms, 'Metadata') }
  const isSearch = dialect.attributes === 'in_effect'
  const page = { queues: listOf(answered(queue, ['metadata'])), links: LINKS }
  const count = whole(1, 'How many queues the project has, whatever was asked for. Absent if there are none.')
  const end = answered({ href: href(`${dialect.prefix}/queues/${story.QUEUE}/messages/${story.MESSAGE}`), age: age('the post'), created: text('When it was posted.', { format: 'date-time' }) })
  const counts = {
    claimed: whole(0, 'Messages under a claim.'), free: whole(0, 'All others, delayed ones too.'), total: whole(0, 'Both.'), oldest: end, newest: end,
  }
  return {
    QueuePage: isSearch ? answered({ ...page, count }, ['count']) : answered(page),
    Stats: answered({ messages: answered(counts, ['oldest', 'newest']) }),
    ...isSearch ? { Purge: sent({ resource_types: listOf({ type: 'string', enum: ['messages', 'subscriptions'] }) }, ['resource_types']) } : {},
  }
}
