/** What the home documents of the API versions tell: where is what, and what can be done with it (api-v1.md 4.2, api-v2.md 3). */
import type { DialectId } from './dialects.ts'
import type { Needs } from './needs.ts'

/** A resource: its address template, what its variables mean, what can be done to it. */
export interface Relation {
  /** After `rel/`. */
  readonly name: string
  /** Below the prefix of its version. */
  readonly template: string
  /** Null for a plain address. */
  readonly vars: Readonly<Record<string, string>> | null
  readonly allow: readonly string[]
  /** Whether it takes a document. */
  readonly takes: 'json' | 'nothing'
  /** What must be on, as in the route table. */
  readonly needs?: Needs
}

const QUEUE = { queue_name: 'param/queue_name' } as const
const MESSAGE = { ...QUEUE, message_id: 'param/message_id' } as const
const CLAIM = { ...QUEUE, claim_id: 'param/claim_id' } as const
const QUEUE_PAGE = { marker: 'param/marker', limit: 'param/queue_limit', detailed: 'param/detailed' } as const
const MESSAGE_PAGE = {
  ...QUEUE, marker: 'param/marker', limit: 'param/messages_limit', echo: 'param/echo', include_claimed: 'param/include_claimed',
} as const
const CLAIM_LIMIT = { ...QUEUE, limit: 'param/claim_limit' } as const
const BULK_DELETE = { ...QUEUE, ids: 'param/ids', pop: 'param/pop' } as const
const HELD_MESSAGE = { ...MESSAGE, claim: 'param/claim_id' } as const

const QUEUES_PATH = '/queues{?marker,limit,detailed}'
const QUEUE_PATH = '/queues/{queue_name}'
const MESSAGES_PATH = `${QUEUE_PATH}/messages`
const LIST_PATH = `${MESSAGES_PATH}{?marker,limit,echo,include_claimed}`
const CLAIM_PATH = `${QUEUE_PATH}/claims/{claim_id}`

function relation(name: string, template: string, allow: readonly string[], vars: Relation['vars'] = QUEUE, takes: Relation['takes'] = 'nothing'): Relation {
  return { name, template, vars, allow, takes }
}

const V1_RELATIONS: readonly Relation[] = [
  relation('queues', QUEUES_PATH, ['GET'], QUEUE_PAGE),
  relation('queue', QUEUE_PATH, ['GET', 'HEAD', 'PUT', 'DELETE']),
  relation('queue-metadata', `${QUEUE_PATH}/metadata`, ['GET', 'PUT']),
  relation('queue-stats', `${QUEUE_PATH}/stats`, ['GET']),
  relation('messages', LIST_PATH, ['GET'], MESSAGE_PAGE),
  relation('post-messages', MESSAGES_PATH, ['POST'], QUEUE, 'json'),
  relation('claim', `${QUEUE_PATH}/claims{?limit}`, ['POST'], CLAIM_LIMIT, 'json'),
]

/** What v1.1 and v2 have in common after the queue itself. */
const MESSAGE_RELATIONS: readonly Relation[] = [
  relation('messages', LIST_PATH, ['GET'], MESSAGE_PAGE),
  relation('post_messages', MESSAGES_PATH, ['POST'], QUEUE, 'json'),
  relation('messages_delete', `${MESSAGES_PATH}{?ids,pop}`, ['DELETE'], BULK_DELETE),
  relation('message_delete', `${MESSAGES_PATH}/{message_id}{?claim}`, ['DELETE'], HELD_MESSAGE),
]
const CLAIM_RELATIONS: readonly Relation[] = [
  relation('claim', CLAIM_PATH, ['GET'], CLAIM),
  relation('post_claim', `${QUEUE_PATH}/claims{?limit}`, ['POST'], CLAIM_LIMIT, 'json'),
  relation('patch_claim', CLAIM_PATH, ['PATCH'], CLAIM, 'json'),
  relation('delete_claim', CLAIM_PATH, ['DELETE'], CLAIM),
]
const PING = relation('ping', '/ping', ['GET'], {})
const STATS = relation('queue_stats', `${QUEUE_PATH}/stats`, ['GET'])

/** What administrators find besides. */
const ADMIN_RELATIONS: readonly Relation[] = [
  ...(['pool', 'flavor'] as const).flatMap((kind): Relation[] => [
    {
      ...relation(`${kind}s`, `/${kind}s{?detailed,limit,marker}`, ['GET'], { detailed: 'param/detailed', limit: `param/${kind}_limit`, marker: 'param/marker' }), needs: 'pooling',
    },
    { ...relation(kind, `/${kind}s/{${kind}_name}`, ['GET', 'PUT', 'PATCH', 'DELETE'], { [`${kind}_name`]: `param/${kind}_name` }), needs: 'pooling' },
  ]),
  { ...relation('health', '/health', ['GET'], null), needs: 'admin' },
]

const V1_1_RELATIONS: readonly Relation[] = [
  relation('queues', QUEUES_PATH, ['GET'], QUEUE_PAGE),
  relation('queue', QUEUE_PATH, ['PUT', 'DELETE']),
  STATS,
  ...MESSAGE_RELATIONS,
  ...CLAIM_RELATIONS,
  PING,
  ...ADMIN_RELATIONS,
]

const V2_RELATIONS: readonly Relation[] = [
  relation('queues', QUEUES_PATH, ['GET'], QUEUE_PAGE),
  relation('queue', QUEUE_PATH, ['GET', 'PUT', 'DELETE', 'PATCH']),
  STATS,
  relation('queue_share', `${QUEUE_PATH}/share`, ['POST'], QUEUE, 'json'),
  relation('queue_purge', `${QUEUE_PATH}/purge`, ['POST'], QUEUE, 'json'),
  ...MESSAGE_RELATIONS,
  relation('message_get', `${MESSAGES_PATH}/{message_id}`, ['GET'], MESSAGE),
  ...CLAIM_RELATIONS,
  PING,
  ...ADMIN_RELATIONS,
]

/** The relations of each version. */
export const RELATIONS: Readonly<Record<DialectId, readonly Relation[]>> = { '1': V1_RELATIONS, '1.1': V1_1_RELATIONS, '2': V2_RELATIONS }
