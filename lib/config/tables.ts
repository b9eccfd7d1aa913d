/** All option groups of Marconi. The sample file and the configuration are made from this list, in its order. */
import { LIMIT_OPTIONS } from '../model/limits.ts'
import type { OptionTable, Values } from '../options.ts'
import { POLICY_OPTIONS } from '../policy/options.ts'
import { QUOTA_OPTIONS } from '../quota/options.ts'
import { ENCRYPTION_OPTIONS } from '../storage/encryption-options.ts'
import { LMDB_OPTIONS } from '../storage/lmdb/options.ts'
import { MONGODB_MESSAGE_OPTIONS, MONGODB_OPTIONS } from '../storage/mongodb/options.ts'
import { DRIVER_OPTIONS } from '../storage/options.ts'
import { POOLING_OPTIONS } from '../storage/pooling/options.ts'
import { KEYSTONE_OPTIONS } from '../transport/http/auth/options.ts'
import { SIGNED_URL_OPTIONS } from '../transport/http/auth/signed-url.ts'
import { CORS_OPTIONS } from '../transport/http/middleware/cors-options.ts'
import { HTTP_OPTIONS } from '../transport/http/options.ts'
import { DEFAULT_OPTIONS } from './options.ts'

/** A group of the configuration file. Names are in lower case, except `DEFAULT`. */
export interface Group {
  readonly name: string
  /** One sentence for the sample file. */
  readonly doc: string
  readonly options: OptionTable
}

export const GROUPS = [
  { name: 'DEFAULT', doc: 'The server as a whole.', options: DEFAULT_OPTIONS },
  { name: 'drivers', doc: 'The backends that keep the data.', options: DRIVER_OPTIONS },
  { name: 'drivers:message_store:lmdb', doc: 'The embedded store, used where a store of [drivers] is `lmdb`.', options: LMDB_OPTIONS },
  { name: 'pooling:catalog', doc: 'Where queues are placed, with pooling.', options: POOLING_OPTIONS },
  { name: 'drivers:message_store:mongodb', doc: 'The database that keeps messages and claims, used where message_store of [drivers] is `mongodb`. Pools are reached in the same way, each at its own address.', options: MONGODB_MESSAGE_OPTIONS },
  { name: 'drivers:management_store:mongodb', doc: 'The database that keeps queues and pools, used where management_store of [drivers] is `mongodb`.', options: MONGODB_OPTIONS },
  { name: 'drivers:transport:wsgi', doc: 'The HTTP listener.', options: HTTP_OPTIONS },
  { name: 'keystone_authtoken', doc: 'How tokens are checked with Keystone, where auth_strategy is `keystone`.', options: KEYSTONE_OPTIONS },
  { name: 'signed_url', doc: 'URLs that let others without a token work with a queue.', options: SIGNED_URL_OPTIONS },
  { name: 'cors', doc: 'Which pages of other origins may call the API from a browser.', options: CORS_OPTIONS },
  { name: 'oslo_policy', doc: 'Who may do what, where callers are authenticated.', options: POLICY_OPTIONS },
  { name: 'transport', doc: 'The limits of requests, and the encryption of messages.', options: { ...LIMIT_OPTIONS, ...ENCRYPTION_OPTIONS } },
  { name: 'quotas', doc: 'What a project may keep, and how often it may ask.', options: QUOTA_OPTIONS },
] as const satisfies readonly Group[]

/** The values of all options, by group and name. */
export type Config = {
  readonly [Each in (typeof GROUPS)[number] as Each['name']]: Values<Each['options']>
}
