/** Documents that the actions of the route table take. */
import type { DialectId } from '../../lib/transport/http/dialects.ts'
import type { Action } from '../../lib/transport/http/routes.ts'

const MESSAGES = [{ ttl: 60, body: 1 }] as const

/** A good document for an action; undefined if it takes none. */
export function documentFor(version: DialectId, { body }: Pick<Action, 'body'>): unknown {
  switch (body) {
    case 'messages': return version === '1' ? MESSAGES : { messages: MESSAGES }
    case 'claim': return { ttl: 60, grace: 60 }
    case 'metadata': return { a: 1 }
    case 'metadata_patch': return [{ op: 'add', path: '/metadata/a', value: 2 }]
    case 'purge': return { resource_types: ['messages'] }
    case 'pool': return { uri: 'lmdb:///nowhere', weight: 1 }
    case 'flavor': return version === '2' ? { pool_list: ['none'] } : { pool: 'none' }
    case 'share': return { methods: ['GET'] }
    default: return undefined
  }
}
