/** Tokens that carry a signature of Keystone: what can be told of them without asking. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import type { Logger } from 'pino'
import type { Clock, Instant } from '../../../clock.ts'
import type { Expiry } from './validator.ts'

/** What a signed token says. */
export interface Claims {
  readonly user: string
  /** Empty if it is of no project. */
  readonly project: string
  readonly expires: Instant
  /** Whether there may be more to it than the token says: restrictions, delegation, groups from elsewhere. */
  readonly isRestricted: boolean
}

/** What a look at a token came to. */
export type Look =
  | { readonly kind: 'signed'; readonly claims: Claims }
  | { readonly kind: 'forged' }
  /** It is no such token, or there is no key to tell by. */
  | { readonly kind: 'unknown' }

const FORGED: Look = { kind: 'forged' }
const UNKNOWN: Look = { kind: 'unknown' }

/** How often the folder is looked at, at most. */
const LOOK_EVERY_MS = 1_000
/** How far the clock of Keystone may be ahead of ours. */
const LEEWAY_MS = 30_000
const RESTRICTIONS = ['openstack_app_cred_id', 'openstack_trust_id', 'openstack_access_token_id', 'openstack_group_ids']
const THREE_PARTS = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/

/** Whether a token has the form of a signed one. */
export function looksSigned(token: string): boolean {
  return THREE_PARTS.test(token)
}

/** Makes the function that looks at tokens with the keys of a folder. The folder is read again when it has changed. */
export function jwsLook(folder: string, { clock, log }: { readonly clock: Clock; readonly log: Logger }): (token: string, expiry: Expiry) => Look {
  const keys = keyFolder(folder, clock, log)
  return function look(token, expiry) {
    if (!looksSigned(token)) return UNKNOWN
    const known = keys()
    if (known.length === 0) return UNKNOWN
    for (const key of known) {
      const claims = verify(token, key, expiry, clock.now())
      if (claims !== null) return { kind: 'signed', claims }
    }
    return FORGED
  }
}

function verify(token: string, key: KeyObject, expiry: Expiry, now: Instant): Claims | null {
  try {
    const payload = jwt.verify(token, key, {
      algorithms: ['ES256'], clockTimestamp: Math.floor(now / 1000), ignoreExpiration: expiry === 'allow_expired',
    })
    return typeof payload === 'string' ? null : claimsOf(payload, now)
  } catch {
    return null
  }
}

function claimsOf(payload: jwt.JwtPayload, now: Instant): Claims | null {
  const { sub, exp, iat } = payload
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number') return null
  if (iat !== undefined && iat * 1000 > now + LEEWAY_MS) return null
  const project: unknown = payload['openstack_project_id']
  return {
    user: sub, expires: exp * 1000,
    project: typeof project === 'string' ? project : '',
    isRestricted: RESTRICTIONS.some(name => payload[name] !== undefined && payload[name] !== null),
  }
}

/** The keys of a folder as it is now, give or take a second. Keys stay in use while the folder cannot be read. */
function keyFolder(folder: string, clock: Clock, log: Logger): () => readonly KeyObject[] {
  let keys: readonly KeyObject[] = []
  let state = ''
  let lookAt = -Infinity

  function reload(): void {
    const files = readdirSync(folder).sort().map(name => join(folder, name)).filter(file => statSync(file).isFile())
    const found = files.map(file => `${file} ${String(statSync(file).mtimeMs)} ${String(statSync(file).size)}`).join('\n')
    if (found === state) return
    keys = files.flatMap(file => readKey(file, log))
    state = found
    log.info({ keys: keys.length, folder }, 'read the public keys of Keystone')
  }

  return function current() {
    if (clock.now() < lookAt) return keys
    lookAt = clock.now() + LOOK_EVERY_MS
    try {
      reload()
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? error.code : 'unknown'
      if (state !== 'unreadable') log.error({ folder, why }, 'the public keys of Keystone cannot be read')
      state = 'unreadable'
    }
    return keys
  }
}

function readKey(file: string, log: Logger): readonly KeyObject[] {
  try {
    const key = createPublicKey(readFileSync(file))
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return [key]
  } catch {
    // said below
  }
  log.warn({ file }, 'not a public key for ES256')
  return []
}
