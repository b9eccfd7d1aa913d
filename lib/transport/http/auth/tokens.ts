/** From a token to whom it belongs: from memory, the own or the shared one, if it is known, by its signature if that tells, else from Keystone. */
import type { Logger } from 'pino'
import type { Clock } from '../../../clock.ts'
import { identify, type TokenIdentity } from './identity.ts'
import { identityClient, type Fetch } from './identity-client.ts'
import { jwsLook } from './jws.ts'
import { keystoneProblems, type KeystoneOptions } from './options.ts'
import { openSession } from './session.ts'
import { sharedCache } from './shared-cache.ts'
import { INVALID, keyOf, TokenCache, type Verdict } from './token-cache.ts'
import { validator, type Expiry } from './validator.ts'

/** What checking tokens needs beside its options. */
export interface TokenParts {
  readonly log: Logger
  readonly clock: Clock
  /** Instead of node-fetch. */
  readonly fetch?: Fetch
}

/** How a token is looked up: as that of a user, as that of a user for whom a service asks, or as that of the service itself. */
export type Use = 'user' | 'user_of_service' | 'service'

/** Where tokens are looked up. */
export interface Tokens {
  /** At once if the token is known, which costs one hash of it. It never rejects. */
  find(token: string, use: Use): Verdict | Promise<Verdict>
  close(): void
}

/** No token of Keystone is longer, in characters. */
const MAX_TOKEN_LENGTH = 8192
/** A comma would be that of two headers joined. */
const WELL_FORMED = /^[\x21-\x2b\x2d-\x7e]+$/

/** Makes the place where tokens are looked up. Nothing is sent before it is needed. */
export function keystoneTokens(options: KeystoneOptions, { log, clock, fetch }: TokenParts): Tokens {
  const problems = keystoneProblems(options)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const client = identityClient(options, fetch)
  const validate = validator(options, { client, session: openSession(options, { client, clock }), log })
  const cache = new TokenCache({ clock, seconds: options.token_cache_time })
  const shared = sharedCache(options, { log, clock })
  const { jws_public_key_repository: folder, jws_offline: isOffline } = options
  const look = folder === '' ? null : jwsLook(folder, { clock, log })

  async function online(token: string, key: string, expiry: Expiry): Promise<Verdict> {
    const seen = look?.(token, expiry)
    if (seen?.kind === 'forged') return INVALID
    const known = await shared?.get(key)
    if (known) return { kind: 'valid', ...known }
    const asked = clock.now()
    const verdict = unexpired(await validate(token, expiry), expiry)
    // Waited for, so that who has an answer may ask any other process next.
    if (verdict.kind === 'valid') await shared?.put(key, verdict.token, asked)
    // Or its signature would have it believed again.
    if (isOffline && verdict.kind === 'invalid' && seen?.kind === 'signed') cache.refuse(key, seen.claims.expires)
    return verdict
  }

  /** What the token alone tells; null if that does not do. */
  function offline(token: string, key: string): Verdict | null {
    const seen = look?.(token, 'refuse_expired')
    if (seen?.kind !== 'signed' || seen.claims.isRestricted) return null
    const { user, project, expires } = seen.claims
    const identity: TokenIdentity = {
      ...identify({ user: { id: user, name: '' }, project, roles: [], expires, isAdminProject: false }),
      confirm: () => load(`online ${key}`, () => online(token, key, 'refuse_expired')),
    }
    return { kind: 'valid', token: { identity, roles: [], expires, rules: null } }
  }

  async function load(key: string, check: () => Promise<Verdict>): Promise<Verdict> {
    return cache.get(key) ?? cache.load(key, check)
  }

  function hasExpired(verdict: Verdict): boolean {
    return verdict.kind === 'valid' && verdict.token.expires <= clock.now()
  }

  function unexpired(verdict: Verdict, expiry: Expiry): Verdict {
    return expiry === 'refuse_expired' && hasExpired(verdict) ? INVALID : verdict
  }

  /** What is known of a token answers a request if it is known well enough for this use. */
  function answers(known: Verdict, use: Use): boolean {
    if (known.kind !== 'valid') return use !== 'user_of_service'
    if (use === 'user_of_service' && hasExpired(known)) return false
    return use === 'user' || known.token.identity.confirm === undefined
  }

  function ask(token: string, key: string, use: Use): Promise<Verdict> {
    if (use === 'user_of_service') return load(`service's ${key}`, () => online(token, key, 'allow_expired'))
    const byItself = isOffline && use === 'user' ? offline(token, key) : null
    if (byItself !== null) return cache.load(key, () => Promise.resolve(byItself))
    return load(isOffline ? `online ${key}` : key, () => online(token, key, 'refuse_expired'))
  }

  return {
    find(token, use) {
      if (token.length > MAX_TOKEN_LENGTH || token === '') return INVALID
      const key = keyOf(token)
      const known = cache.get(key)
      if (known !== null && answers(known, use)) return hasExpired(known) ? INVALID : known
      return WELL_FORMED.test(token) ? ask(token, key, use) : INVALID
    },
    close() {
      client.close()
      shared?.close()
    },
  }
}
