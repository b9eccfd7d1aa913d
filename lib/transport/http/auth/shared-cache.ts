/**
 * What is known about tokens, shared by all processes and machines through memcached, so that Keystone is asked once for all of
 * them. Entries stand under the hash of the token; only valid tokens have one. An entry that is odd in any way counts as none.
 */
import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock, Instant } from '../../../clock.ts'
import type { AccessRule } from './access-rules.ts'
import { identify, membersOf, type ValidToken } from './identity.ts'
import { memcached, type Memcached } from './memcached.ts'
import type { KeystoneOptions } from './options.ts'
import { sealFor } from './sealing.ts'

/** A token that is known, and until when that may be believed. */
export interface Known {
  readonly token: ValidToken
  readonly until: Instant
}

/** The cache that processes share. Nothing here ever rejects. */
export interface SharedCache {
  get(key: string): Promise<Known | null>
  /** Leaves there what Keystone, when it was asked, said of a token. */
  put(key: string, token: ValidToken, asked: Instant): Promise<void>
  close(): void
}

interface SharedCacheParts {
  readonly log: Logger
  readonly clock: Clock
  /** Instead of real servers. */
  readonly store?: Memcached
}

/** What is longer is not kept, in bytes. */
export const MAX_VALUE = 32 * 1024
/** How far the clock of another machine may be ahead, in milliseconds. */
const MAX_SKEW = 60_000
/** How often refused entries are logged, in milliseconds. */
const COMPLAIN_EVERY = 60_000

/** Makes the cache that the options tell of; null if they do not. */
export function sharedCache(options: KeystoneOptions, { log, clock, store: given }: SharedCacheParts): SharedCache | null {
  const { memcached_servers: servers, memcache_secret_key: secret, token_cache_time: seconds } = options
  if (servers.length === 0 || seconds <= 0) return null
  if (secret === '') {
    log.warn(
      '[keystone_authtoken] memcached_servers is set without memcache_secret_key: whoever can write to memcached can forge identities; '
      + 'set memcache_security_strategy and memcache_secret_key',
    )
  }
  const store = given ?? memcached({ servers, timeout: options.memcache_pool_socket_timeout, deadRetry: options.memcache_pool_dead_retry }, { log, clock })
  const seal = sealFor(options.memcache_security_strategy, secret)
  const prefix = `marconi-token-1-${realmOf(options)}-`
  const life = seconds * 1000
  let silentUntil: Instant = 0

  function refuse(): null {
    const now = clock.now()
    if (silentUntil <= now) log.warn('an entry of memcached is not genuine, or not of this service: it is refused, and Keystone is asked')
    silentUntil = Math.max(silentUntil, now + COMPLAIN_EVERY)
    return null
  }

  function untilOf(token: ValidToken, asked: Instant): Instant {
    return Math.min(asked + life, token.expires)
  }

  return {
    async get(key) {
      const name = prefix + key
      const sealed = await store.get(name)
      if (sealed === null) return null
      const value = sealed.length > MAX_VALUE ? null : seal.open(name, sealed)
      const entry = value === null ? null : readEntry(value)
      if (entry === null) return refuse()
      const now = clock.now()
      const until = untilOf(entry.token, entry.asked)
      return until > now && entry.asked <= now + MAX_SKEW ? { token: entry.token, until } : null
    },
    async put(key, token, asked) {
      const ttl = Math.floor((untilOf(token, asked) - clock.now()) / 1000)
      const name = prefix + key
      const sealed = seal.close(name, writeEntry({ token, asked }))
      if (ttl > 0 && sealed.length <= MAX_VALUE) await store.set(name, sealed, ttl)
    },
    close: () => { store.close() },
  }
}

/** What an answer depends on beside the token: one memcached may serve several clouds, whose tokens are strangers to each other. */
function realmOf({ auth_url: urls, service_type: service, include_service_catalog: withCatalogue }: KeystoneOptions): string {
  const each = urls.map(url => url.replace(/\/+$/, '').toLowerCase()).sort()
  return hash('sha256', JSON.stringify([each, service, withCatalogue]), 'hex').slice(0, 16)
}

interface Entry {
  readonly token: ValidToken
  readonly asked: Instant
}

/** Parts of patterns that are no character. */
const SEGMENT = -1
const ANYTHING = -2

/** Writes an entry down. */
export function writeEntry({ token: { identity, roles, expires, rules }, asked }: Entry): Buffer {
  const { user, caller } = identity
  const parts = (rule: AccessRule) => rule.path.map(part => part.kind === 'character' ? part.code : part.kind === 'segment' ? SEGMENT : ANYTHING)
  return Buffer.from(JSON.stringify({
    asked, expires, user: [user.id, user.name], project: caller?.project ?? null, admin: caller?.isAdminProject ?? false, roles,
    rules: rules?.map(rule => [rule.method, parts(rule)]) ?? null,
  }))
}

/** Reads an entry. Null if it is not exactly what would have been written. */
export function readEntry(value: Buffer): Entry | null {
  const json = parse(value)
  if (!isWritten(json)) return null
  const { asked, expires, user: [id = '', name = ''], project, admin, roles } = json
  const rules = json.rules === null ? null : readRules(json.rules)
  if (id === '' || rules === undefined) return null
  const identity = identify({ user: { id, name }, project: project ?? '', roles, expires, isAdminProject: admin })
  const token: ValidToken = { identity, roles, expires, rules }
  // With a member that nobody knows, or a project that is none, it would be written in another way.
  return writeEntry({ token, asked }).equals(value) ? { token, asked } : null
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString())
  } catch {
    return null
  }
}

/** An entry as it is written, the rules apart. */
interface Written {
  readonly asked: Instant
  readonly expires: Instant
  readonly user: readonly string[]
  readonly project: string | null
  readonly admin: boolean
  readonly roles: readonly string[]
  readonly rules: unknown
}

function isWritten(json: unknown): json is Written {
  const { asked, expires, user, project, admin, roles } = membersOf(json)
  return isInstant(asked) && isInstant(expires) && isTexts(user) && isTexts(roles)
    && typeof admin === 'boolean' && (project === null || typeof project === 'string')
}

function isInstant(value: unknown): value is Instant {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(each => typeof each === 'string')
}

/** Undefined if these are no rules. */
function readRules(written: unknown): readonly AccessRule[] | undefined {
  if (!Array.isArray(written)) return undefined
  const rules: AccessRule[] = []
  for (const each of written as readonly unknown[]) {
    const [method, path] = Array.isArray(each) ? each as readonly unknown[] : []
    if (typeof method !== 'string' || !Array.isArray(path) || !path.every(isPart)) return undefined
    rules.push({ method, path: path.map(readPart) })
  }
  return rules
}

function isPart(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= ANYTHING && Number(value) <= 0xffff
}

function readPart(value: number): AccessRule['path'][number] {
  if (value === SEGMENT) return { kind: 'segment' }
  return value === ANYTHING ? { kind: 'anything' } : { kind: 'character', code: value }
}
