/** What each action takes and answers, for the description of the API. The keys are those of the route table. */
import { DEFAULT_PAGE } from '../../../model/limits.ts'
import { PATCH_TYPE } from '../../../model/json-patch.ts'
import { ADMIN_OPERATIONS } from './admin-operations.ts'
import {
  claimTerms, exactly, HEALTH, integer, LINKS, list, listedQueue, message, messages, metadata, PATCH, poppedMessage, posted, PURGE, SHARE, SHARED, shownClaim, shownMetadata, STATS,
  type Schema, type Shaping,
} from './schemas.ts'

/** A parameter in the query. */
export interface Parameter {
  readonly name: string
  readonly description: string
  readonly schema: Schema
  readonly required?: true
}

/** An answer. Without a schema it has no body. */
export interface Answer {
  readonly description: string
  readonly schema?: Schema
  readonly type?: string
  readonly headers?: readonly ('location' | 'content-location')[]
}

/** One action. */
export interface Operation {
  /** Its name, unique within a version. */
  readonly id: string
  readonly summary: string
  readonly query?: readonly Parameter[]
  readonly body?: { readonly schema: Schema; readonly required: boolean; readonly type?: string }
  /** By status. What every action may answer is added to them. */
  readonly answers: Readonly<Record<string, Answer>>
}

/** How an action is described in one version. */
export type Describe = (shaping: Shaping) => Operation

const TEXT: Schema = { type: 'string' }
const FLAG: Schema = { type: 'boolean' }

const marker: Parameter = { name: 'marker', description: 'Go on after this one. It comes from the link to the next page.', schema: TEXT }

/** How many to answer. */
function limitUpTo(max: number): Parameter {
  return { name: 'limit', description: `How many to answer at most; ${DEFAULT_PAGE} if left out.`, schema: integer(1, max) }
}

const detailed: Parameter = { name: 'detailed', description: 'Show all there is to show of each.', schema: FLAG }

const idList = (max: number): Schema => list(TEXT, { maxItems: max })

/** Members beyond the usual, in versions that have some. */
function fields({ dialect }: Shaping): readonly Parameter[] {
  const schema = list({ enum: ['claim_count', 'origin'] })
  return dialect.messageMembers === 'with_fields' ? [{ name: 'fields', description: 'Members to show of each message besides the usual ones.', schema }] : []
}

const gone: Answer = { description: 'It is not there any more, or never was.' }
const missing = (what: string): Answer => ({ description: `There is no such ${what}.`, schema: { $ref: '#/components/schemas/Error' } })

/** A page; older versions have no body for an empty one. */
function page(shaping: Shaping, what: string, schema: Schema): Readonly<Record<string, Answer>> {
  const { contentLocation, emptyPage } = shaping.dialect
  const headers = contentLocation ? { headers: ['content-location'] } as const : {}
  return { 200: { description: `A page of ${what}.`, schema, ...headers }, ...emptyPage === 204 ? { 204: { description: `There are no more ${what}.` } } : {} }
}

const created: Answer = { description: 'The queue was created.', headers: ['location'] }
const stood: Answer = { description: 'The queue was there already, and is as it was.', headers: ['location'] }

function describeList(shaping: Shaping): Operation {
  const { limits, dialect } = shaping
  const search: readonly Parameter[] = dialect.attributes === 'without_effect' ? [] : [
    { name: 'name', description: 'Only queues whose name holds this text. Any other parameter is a filter on a member of the metadata.', schema: TEXT },
    { name: 'with_count', description: 'Tell how many queues the project has.', schema: FLAG },
  ]
  const listed = { queues: list(listedQueue(shaping)), links: LINKS, count: { type: 'integer', minimum: 1 } }
  return {
    id: 'listQueues', summary: 'List the queues of the project', query: [marker, limitUpTo(limits.max_queues_per_page), detailed, ...search],
    answers: page(shaping, 'queues', search.length > 0 ? exactly(listed, ['count']) : exactly({ queues: listed.queues, links: LINKS })),
  }
}

function describeMessages(shaping: Shaping): Operation {
  const { limits, dialect } = shaping
  const listed = exactly({ messages: list(message(shaping)), links: LINKS })
  const found = messages(shaping)
  const { 200: some, ...none } = page(shaping, 'messages', { anyOf: [listed, found] })
  const delayed: readonly Parameter[] = dialect.attributes === 'in_effect' ? [{ name: 'include_delayed', description: 'Also those whose delay is not over.', schema: FLAG }] : []
  return {
    id: 'listMessages', summary: 'List messages in order, or get some by their ids',
    query: [
      { name: 'ids', description: 'Get these messages, claimed or not, in place of a page.', schema: idList(limits.max_messages_per_page) },
      marker, limitUpTo(limits.max_messages_per_page),
      { name: 'echo', description: 'Also those that this client posted.', schema: FLAG },
      { name: 'include_claimed', description: 'Also those that a claim holds.', schema: FLAG },
      ...delayed, ...fields(shaping),
    ],
    answers: { 200: some ?? gone, ...none, ...dialect.noneFound === 404 ? { 404: missing('message') } : {} },
  }
}

function describeBulkDelete(shaping: Shaping): Operation {
  const { limits, dialect } = shaping
  const ids: Parameter = { name: 'ids', description: 'The messages to delete.', schema: idList(limits.max_messages_per_page) }
  if (!dialect.hasPop) {
    return {
      id: 'deleteMessages', summary: 'Delete messages by their ids', query: [{ ...ids, schema: { ...ids.schema, minItems: 1 }, required: true }],
      answers: { 204: { description: 'None of them is there any more.' } },
    }
  }
  const claimIds: Parameter = { name: 'claim_ids', description: 'The claims that hold them, where the service asks for it.', schema: list(TEXT) }
  return {
    id: 'deleteMessages', summary: 'Delete messages by their ids, or pop the oldest: one of `ids` and `pop` must be there',
    query: [
      ids, { name: 'pop', description: 'Remove so many of the oldest free messages, and answer them.', schema: integer(1, limits.max_messages_per_claim_or_pop) },
      ...dialect.attributes === 'in_effect' ? [claimIds] : [], ...fields(shaping),
    ],
    answers: { 200: { description: 'What was popped.', schema: exactly({ messages: list(poppedMessage(shaping)) }) }, 204: { description: 'None of them is there any more.' } },
  }
}

const describeNothing = (id: string, summary: string): Describe => () => ({ id, summary, answers: { 204: { description: 'Yes.' } } })

const describeHome: Describe = () => ({
  id: 'getHome', summary: 'Show what is where',
  answers: { 200: { description: 'The home document.', type: 'application/json-home', schema: { type: 'object', required: ['resources'] } } },
})

/** A queue itself: v1 tells whether it exists, later versions show its metadata. */
const describeQueue: Describe = shaping => shaping.dialect.id === '1'
  ? { id: 'hasQueue', summary: 'Ask whether a queue exists', answers: { 204: { description: 'It does.', headers: ['content-location'] }, 404: { description: 'It does not.', headers: ['content-location'] } } }
  : { id: 'getQueue', summary: 'Show the metadata of a queue', answers: { 200: { description: 'Its metadata.', schema: shownMetadata(shaping) } } }

/** Where queues must exist, an action on one that does not is a 404. */
function unlessLazy({ dialect }: Shaping): Readonly<Record<string, Answer>> {
  return dialect.lazyQueues ? {} : { 404: missing('queue') }
}

/** Every action that any version offers. */
export const OPERATIONS: Readonly<Record<string, Describe>> = {
  'GET ': describeHome,
  'GET /': describeHome,
  'GET /ping': describeNothing('ping', 'Ask whether the service can serve'),
  'HEAD /ping': describeNothing('headPing', 'Ask whether somebody is here'),
  'HEAD /health': describeNothing('headHealth', 'Ask whether somebody is here'),
  'GET /health': shaping => shaping.dialect.id === '1'
    ? describeNothing('getHealth', 'Ask whether the service can serve')(shaping)
    : { id: 'checkHealth', summary: 'Try what the service does, and show how it went', answers: { 200: { description: 'How each step went.', schema: HEALTH } } },

  'GET /queues': describeList,
  'PUT /queues/:queue': shaping => ({
    id: 'createQueue', summary: 'Create a queue',
    ...shaping.dialect.newQueueBody === 'metadata' ? { body: { schema: metadata(shaping), required: false } } : {},
    answers: { 201: created, 204: stood },
  }),
  'GET /queues/:queue': describeQueue,
  'HEAD /queues/:queue': shaping => ({ ...describeQueue(shaping), id: 'headQueue' }),
  'DELETE /queues/:queue': () => ({ id: 'deleteQueue', summary: 'Delete a queue with all it holds', answers: { 204: gone } }),
  'PATCH /queues/:queue': shaping => ({
    id: 'patchQueue', summary: 'Change the metadata of a queue', body: { schema: PATCH, required: true, type: PATCH_TYPE },
    answers: {
      200: { description: 'The metadata as they are now.', schema: shownMetadata(shaping) }, 404: missing('queue'), 409: missing('member'),
      415: { description: 'Another media type.', schema: { $ref: '#/components/schemas/Error' } },
    },
  }),
  'GET /queues/:queue/metadata': shaping => ({ id: 'getMetadata', summary: 'Show the metadata of a queue', answers: { 200: { description: 'The metadata.', schema: shownMetadata(shaping), headers: ['content-location'] }, 404: missing('queue') } }),
  'PUT /queues/:queue/metadata': shaping => ({
    id: 'putMetadata', summary: 'Replace the metadata of a queue', body: { schema: metadata(shaping), required: true },
    answers: { 204: { description: 'They are replaced.', headers: ['location'] }, 404: missing('queue') },
  }),
  'GET /queues/:queue/stats': shaping => ({ id: 'getStats', summary: 'Count the messages of a queue', answers: { 200: { description: 'The counts.', schema: STATS }, ...unlessLazy(shaping) } }),
  'POST /queues/:queue/purge': () => ({ id: 'purgeQueue', summary: 'Remove what is in a queue', body: { schema: PURGE, required: false }, answers: { 204: { description: 'It is empty, but for what claims hold.' } } }),
  'POST /queues/:queue/share': () => ({
    id: 'shareQueue', summary: 'Sign a URL that lets others work with a queue', body: { schema: SHARE, required: true },
    answers: { 200: { description: 'What they have to send.', schema: SHARED } },
  }),

  'POST /queues/:queue/messages': shaping => ({
    id: 'postMessages', summary: 'Post messages', body: { schema: posted(shaping), required: true },
    answers: {
      201: {
        description: 'All of them are stored.', headers: ['location'],
        schema: exactly({ resources: list(TEXT), ...shaping.dialect.id === '1' ? { partial: { const: false } } : {} }),
      },
      ...unlessLazy(shaping),
    },
  }),
  'GET /queues/:queue/messages': describeMessages,
  'DELETE /queues/:queue/messages': describeBulkDelete,
  'GET /queues/:queue/messages/:message': shaping => ({
    id: 'getMessage', summary: 'Get a message', query: fields(shaping), answers: { 200: { description: 'The message.', schema: message(shaping) }, 404: missing('message') },
  }),
  'DELETE /queues/:queue/messages/:message': () => ({
    id: 'deleteMessage', summary: 'Delete a message',
    query: [{ name: 'claim_id', description: 'The claim that holds it.', schema: TEXT }],
    answers: { 204: gone, 403: { description: 'Another claim holds it.', schema: { $ref: '#/components/schemas/Error' } } },
  }),

  'POST /queues/:queue/claims': shaping => ({
    id: 'createClaim', summary: 'Claim the oldest free messages',
    query: [limitUpTo(shaping.limits.max_messages_per_claim_or_pop), ...fields(shaping)],
    body: { schema: claimTerms(shaping, 'new'), required: shaping.dialect.claimBody === 'required' },
    answers: { 201: { description: 'The messages that the claim holds.', schema: messages(shaping), headers: ['location'] }, 204: { description: 'There is none to claim.' } },
  }),
  'GET /queues/:queue/claims/:claim': shaping => ({ id: 'getClaim', summary: 'Show a claim with its messages', query: fields(shaping), answers: { 200: { description: 'The claim.', schema: shownClaim(shaping) }, 404: missing('claim') } }),
  'PATCH /queues/:queue/claims/:claim': shaping => ({
    id: 'renewClaim', summary: 'Renew a claim', body: { schema: claimTerms(shaping, 'renewal'), required: true },
    answers: { 204: { description: 'It starts anew.' }, 404: missing('claim') },
  }),
  'DELETE /queues/:queue/claims/:claim': () => ({ id: 'deleteClaim', summary: 'Release a claim', answers: { 204: gone } }),

  ...ADMIN_OPERATIONS,
}
