/**
 * The route table. Routing reads it, and policy, home document and API reference are made to be read from it: an action is a row
 * here and a handler.
 */
import type { RuleName } from '../../policy/defaults.ts'
import type { BodyKind } from './body.ts'
import type { DialectId } from './dialects.ts'
import { createClaim, deleteClaim, getClaim, renewClaim } from './handlers/claims.ts'
import { checkHealth, getHealth, headHealth } from './handlers/health.ts'
import { getHome } from './handlers/home.ts'
import { deleteMessage, deleteMessages, popMessages } from './handlers/deletes.ts'
import { getMessage, getMessages, listMessages, postMessages } from './handlers/messages.ts'
import { getMetadata, patchMetadata, putMetadata } from './handlers/metadata.ts'
import { listQueues } from './handlers/queue-list.ts'
import { getQuota } from './handlers/quotas.ts'
import { createQueue, deleteQueue, getQueue, getStats, purgeQueue } from './handlers/queues.ts'
import { shareQueue } from './handlers/share.ts'
import { FLAVORS_V1_1, FLAVORS_V2, POOLS_V1, POOLS_V1_1, POOLS_V2, SHARDS } from './pool-forms.ts'
import { flavorActions, poolActions } from './pool-routes.ts'
import type { Needs } from './needs.ts'
import type { Handler } from './state.ts'

/** The verbs that some path offers. Any other is a 405. */
export type Verb = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** One action: what a verb does on a path. */
export interface Action {
  readonly verb: Verb
  /** Below the version's prefix; `:name` takes one segment. */
  readonly path: string
  /** The action is meant for requests that name messages by their ids. Another row may serve those that do not. */
  readonly given?: 'ids'
  /** What a policy file calls the action; null for what everybody may see. */
  readonly rule: RuleName | null
  /** It needs a Client-ID in versions that ask for one by action; others ask before it comes to actions. */
  readonly clientId?: 'required'
  /** What must be on, or the path is unknown. */
  readonly needs?: Needs
  /** What body it reads; without one it reads none, and what comes is passed over. */
  readonly body?: BodyKind
  /** What a 503 says (api-v1.md 2.6); without it the 503 has no body. */
  readonly failure?: string
  readonly run: Handler
}

const NO_QUEUE_METADATA = 'Queue metadata could not be retrieved.'

/** What every version offers. */
const COMMON: readonly Action[] = [
  { verb: 'GET', path: '/queues', rule: 'queues:get_all', failure: 'Queues could not be listed.', run: listQueues },
  { verb: 'DELETE', path: '/queues/:queue', rule: 'queues:delete', failure: 'Queue could not be deleted.', run: deleteQueue },
  { verb: 'GET', path: '/queues/:queue/stats', rule: 'queues:stats', failure: 'Queue stats could not be read.', run: getStats },

  { verb: 'POST', path: '/queues/:queue/messages', rule: 'messages:create', clientId: 'required', body: 'messages', failure: 'Messages could not be enqueued.', run: postMessages },
  { verb: 'GET', path: '/queues/:queue/messages', rule: 'messages:get_all', clientId: 'required', failure: 'Messages could not be listed.', run: listMessages },
  { verb: 'GET', path: '/queues/:queue/messages', given: 'ids', rule: 'messages:get_all', failure: 'Messages could not be listed.', run: getMessages },
  { verb: 'DELETE', path: '/queues/:queue/messages', given: 'ids', rule: 'messages:delete_all', failure: 'Messages could not be deleted.', run: deleteMessages },
  { verb: 'GET', path: '/queues/:queue/messages/:message', rule: 'messages:get', failure: 'Message could not be retrieved.', run: getMessage },
  { verb: 'DELETE', path: '/queues/:queue/messages/:message', rule: 'messages:delete', failure: 'Message could not be deleted.', run: deleteMessage },

  { verb: 'POST', path: '/queues/:queue/claims', rule: 'claims:create', body: 'claim', failure: 'Claim could not be created.', run: createClaim },
  { verb: 'GET', path: '/queues/:queue/claims/:claim', rule: 'claims:get', failure: 'Claim could not be queried.', run: getClaim },
  { verb: 'PATCH', path: '/queues/:queue/claims/:claim', rule: 'claims:update', body: 'claim', failure: 'Claim could not be updated.', run: renewClaim },
  { verb: 'DELETE', path: '/queues/:queue/claims/:claim', rule: 'claims:delete', failure: 'Claim could not be deleted.', run: deleteClaim },
]

const V1_ACTIONS: readonly Action[] = [
  { verb: 'GET', path: '', rule: null, run: getHome },
  { verb: 'GET', path: '/health', rule: 'ping:get', run: getHealth },
  { verb: 'HEAD', path: '/health', rule: 'ping:get', run: headHealth },

  { verb: 'PUT', path: '/queues/:queue', rule: 'queues:create', failure: 'Queue could not be created.', run: createQueue },
  { verb: 'GET', path: '/queues/:queue', rule: 'queues:get', failure: NO_QUEUE_METADATA, run: getQueue },
  { verb: 'HEAD', path: '/queues/:queue', rule: 'queues:get', failure: NO_QUEUE_METADATA, run: getQueue },
  { verb: 'GET', path: '/queues/:queue/metadata', rule: 'queues:get', failure: NO_QUEUE_METADATA, run: getMetadata },
  { verb: 'PUT', path: '/queues/:queue/metadata', rule: 'queues:update', body: 'metadata', failure: 'Metadata could not be updated.', run: putMetadata },
  ...COMMON,

  ...poolActions(SHARDS),
  ...poolActions(POOLS_V1),
]

/** What came with v1.1. */
const NEWER: readonly Action[] = [
  { verb: 'GET', path: '/ping', rule: 'ping:get', run: getHealth },
  { verb: 'HEAD', path: '/ping', rule: 'ping:get', run: headHealth },
  { verb: 'GET', path: '/health', needs: 'admin', rule: 'health:get', failure: 'Health status could not be read.', run: checkHealth },

  { verb: 'PUT', path: '/queues/:queue', rule: 'queues:create', body: 'metadata', failure: 'Queue could not be created.', run: createQueue },
  { verb: 'GET', path: '/queues/:queue', rule: 'queues:get', failure: NO_QUEUE_METADATA, run: getMetadata },
  ...COMMON,
  { verb: 'DELETE', path: '/queues/:queue/messages', rule: 'messages:delete_all', failure: 'Messages could not be popped.', run: popMessages },
]

const V1_1_ACTIONS: readonly Action[] = [
  { verb: 'GET', path: '', rule: null, run: getHome },
  ...NEWER,

  ...poolActions(POOLS_V1_1),
  ...flavorActions(FLAVORS_V1_1),
]

const V2_ACTIONS: readonly Action[] = [
  // A slash at the end counts here.
  { verb: 'GET', path: '/', rule: null, run: getHome },
  ...NEWER,
  { verb: 'PATCH', path: '/queues/:queue', rule: 'queues:update', body: 'metadata_patch', failure: 'Queue could not be updated.', run: patchMetadata },
  { verb: 'POST', path: '/queues/:queue/purge', rule: 'queues:purge', body: 'purge', failure: 'Queue could not be purged.', run: purgeQueue },
  { verb: 'POST', path: '/queues/:queue/share', rule: 'queues:share', body: 'share', failure: 'Queue could not be shared.', run: shareQueue },

  ...poolActions(POOLS_V2),
  ...flavorActions(FLAVORS_V2),
]

/** The actions of each API version. */
export const ACTIONS: Readonly<Record<DialectId, readonly Action[]>> = {
  '1': V1_ACTIONS,
  '1.1': V1_1_ACTIONS,
  '2': V2_ACTIONS,
}

/** Our own actions, under no version. Only where `admin_mode` is on; elsewhere their paths are unknown. */
export const ADMIN_ACTIONS: readonly Action[] = [
  { verb: 'GET', path: '/quotas/:project', rule: 'quotas:get', failure: 'Quota could not be read.', run: getQuota },
]
