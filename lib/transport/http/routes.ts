/**
 * The route table. Routing reads it, and policy, home document and API reference are made to be read from it: an action is a row
 * here and a handler.
 */
import type { RuleName } from '../../policy/defaults.ts'
import type { BodyKind } from './body.ts'
import type { DialectId } from './dialects.ts'
import { createClaim, deleteClaim, getClaim, renewClaim } from './handlers/claims.ts'
import { getHealth, headHealth } from './handlers/health.ts'
import { getHome } from './handlers/home.ts'
import { deleteMessage, deleteMessages, getMessage, getMessages, listMessages, postMessages } from './handlers/messages.ts'
import { getQuota } from './handlers/quotas.ts'
import { createQueue, deleteQueue, getMetadata, getQueue, getStats, listQueues, putMetadata } from './handlers/queues.ts'
import { POOLS_V1, SHARDS } from './pool-forms.ts'
import { poolActions } from './pool-routes.ts'
import type { Handler } from './state.ts'

/** The verbs that some path offers. Any other is a 405. */
export type Verb = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** One action: what a verb does on a path. */
export interface Action {
  readonly verb: Verb
  /** Below the version's prefix; `:name` takes one segment. The empty path is the home of the version. */
  readonly path: string
  /** The action is meant for requests that name messages by their ids. */
  readonly given?: 'ids'
  /** What a policy file calls the action; null for what everybody may see. */
  readonly rule: RuleName | null
  readonly clientId: 'required' | 'optional'
  /** What must be on, or the path is unknown: `admin_mode`, or that and `pooling`. */
  readonly needs?: 'admin' | 'pooling'
  /** What body it reads; without one it reads none, and what comes is passed over. */
  readonly body?: BodyKind
  /** What a 503 says (api-v1.md 2.6); without it the 503 has no body. */
  readonly failure?: string
  readonly run: Handler
}

const V1_ACTIONS: readonly Action[] = [
  { verb: 'GET', path: '', rule: null, clientId: 'optional', run: getHome },
  { verb: 'GET', path: '/health', rule: 'ping:get', clientId: 'optional', run: getHealth },
  { verb: 'HEAD', path: '/health', rule: 'ping:get', clientId: 'optional', run: headHealth },

  { verb: 'GET', path: '/queues', rule: 'queues:get_all', clientId: 'optional', failure: 'Queues could not be listed.', run: listQueues },
  { verb: 'PUT', path: '/queues/:queue', rule: 'queues:create', clientId: 'optional', failure: 'Queue could not be created.', run: createQueue },
  { verb: 'GET', path: '/queues/:queue', rule: 'queues:get', clientId: 'optional', failure: 'Queue metadata could not be retrieved.', run: getQueue },
  { verb: 'HEAD', path: '/queues/:queue', rule: 'queues:get', clientId: 'optional', failure: 'Queue metadata could not be retrieved.', run: getQueue },
  { verb: 'DELETE', path: '/queues/:queue', rule: 'queues:delete', clientId: 'optional', failure: 'Queue could not be deleted.', run: deleteQueue },
  { verb: 'GET', path: '/queues/:queue/metadata', rule: 'queues:get', clientId: 'optional', failure: 'Queue metadata could not be retrieved.', run: getMetadata },
  { verb: 'PUT', path: '/queues/:queue/metadata', rule: 'queues:update', clientId: 'optional', body: 'metadata', failure: 'Metadata could not be updated.', run: putMetadata },
  { verb: 'GET', path: '/queues/:queue/stats', rule: 'queues:stats', clientId: 'optional', failure: 'Queue stats could not be read.', run: getStats },

  { verb: 'POST', path: '/queues/:queue/messages', rule: 'messages:create', clientId: 'required', body: 'messages', failure: 'Messages could not be enqueued.', run: postMessages },
  { verb: 'GET', path: '/queues/:queue/messages', rule: 'messages:get_all', clientId: 'required', failure: 'Messages could not be listed.', run: listMessages },
  { verb: 'GET', path: '/queues/:queue/messages', given: 'ids', rule: 'messages:get_all', clientId: 'optional', failure: 'Messages could not be listed.', run: getMessages },
  { verb: 'DELETE', path: '/queues/:queue/messages', given: 'ids', rule: 'messages:delete_all', clientId: 'optional', failure: 'Messages could not be deleted.', run: deleteMessages },
  { verb: 'GET', path: '/queues/:queue/messages/:message', rule: 'messages:get', clientId: 'optional', failure: 'Message could not be retrieved.', run: getMessage },
  { verb: 'DELETE', path: '/queues/:queue/messages/:message', rule: 'messages:delete', clientId: 'optional', failure: 'Message could not be deleted.', run: deleteMessage },

  { verb: 'POST', path: '/queues/:queue/claims', rule: 'claims:create', clientId: 'optional', body: 'claim', failure: 'Claim could not be created.', run: createClaim },
  { verb: 'GET', path: '/queues/:queue/claims/:claim', rule: 'claims:get', clientId: 'optional', failure: 'Claim could not be queried.', run: getClaim },
  { verb: 'PATCH', path: '/queues/:queue/claims/:claim', rule: 'claims:update', clientId: 'optional', body: 'claim', failure: 'Claim could not be updated.', run: renewClaim },
  { verb: 'DELETE', path: '/queues/:queue/claims/:claim', rule: 'claims:delete', clientId: 'optional', failure: 'Claim could not be deleted.', run: deleteClaim },

  ...poolActions(SHARDS),
  ...poolActions(POOLS_V1),
]

/** The actions of each API version. */
export const ACTIONS: Readonly<Record<DialectId, readonly Action[]>> = { '1': V1_ACTIONS }

/** Our own actions, under no version. Only where `admin_mode` is on; elsewhere their paths are unknown. */
export const ADMIN_ACTIONS: readonly Action[] = [
  { verb: 'GET', path: '/quotas/:project', rule: 'quotas:get', clientId: 'optional', failure: 'Quota could not be read.', run: getQuota },
]
