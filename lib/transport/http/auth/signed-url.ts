/**
 * Pre-signed URLs (api-v2.md 10): whoever has one may do what it lists in the project that made it, without a token, until it expires.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Middleware } from 'koa'
import type { Clock, Instant } from '../../../clock.ts'
import { fail } from '../../../errors.ts'
import { parseDateTime } from '../../../model/date-time.ts'
import { parseProject } from '../../../model/names.ts'
import type { OptionTable, Values } from '../../../options.ts'
import type { State } from '../state.ts'
import { stripIdentity, type Identity } from './identity.ts'

export const SIGNED_URL_OPTIONS = {
  secret_key: {
    doc:
      'The secret that pre-signed URLs are signed with: long, random, and the same on all servers. Who changes it revokes all URLs made so '
      + 'far. Empty means that none are made, and none are accepted.',
    format: 'string', default: '', secret: true,
  },
} as const satisfies OptionTable

/** How URLs are signed. */
export type SignedUrlOptions = Values<typeof SIGNED_URL_OPTIONS>

/** What a URL allows. */
export interface Grant {
  /** Each with all that is below it, in ascending order. */
  readonly paths: readonly string[]
  /** In ascending order. */
  readonly methods: readonly string[]
  readonly project: string
  /** In UTC, as `2030-01-01T00:00:00`. */
  readonly expires: string
}

/** Parts are separated by a backslash and an n, not by a line break: so the reference does. */
const SEPARATOR = '\\n'

/** The signature of a grant: 64 hexadecimal digits. */
export function signatureOf(secret: string, { paths, methods, project, expires }: Grant): string {
  return createHmac('sha256', secret).update([paths.join(','), methods.join(','), project, expires].join(SEPARATOR)).digest('hex')
}

const SIGNATURE = /^[0-9a-f]{64}$/
const EXPIRES = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/

/**
 * Lets a request with a good signature pass, as somebody of the project that signed, without roles; it answers 404 to one with a bad
 * or empty signature, or for something that is not signed for. What has no signature goes to `otherwise`.
 */
export function signedUrls({ secret_key: secret }: SignedUrlOptions, clock: Clock, otherwise: Middleware<State>): Middleware<State> {
  return function auth(ctx, next) {
    const { headers } = ctx.req
    if (headers['url-signature'] === undefined) return otherwise(ctx, next)
    const identity = secret === '' ? null : verify(secret, headers, clock.now(), ctx.method, ctx.path)
    if (identity === null) throw fail('PathNotFound')
    stripIdentity(ctx.req)
    ctx.state.identity = identity
    return next()
  }
}

/** Who a signed request is of; null unless all is in order. */
function verify(secret: string, headers: IncomingHttpHeaders, now: Instant, method: string, path: string): Identity | null {
  const grant: Grant = {
    paths: listIn(headers['url-paths']), methods: listIn(headers['url-methods']),
    project: textIn(headers['x-project-id']), expires: textIn(headers['url-expires']),
  }
  const isGenuine = isSignature(textIn(headers['url-signature']), signatureOf(secret, grant))
  const expires = EXPIRES.test(grant.expires) ? parseDateTime(grant.expires) : null
  const project = parseProject(grant.project)
  if (!isGenuine || expires === null || expires <= now || project === null) return null
  if (!grant.methods.includes(method) || !grant.paths.some(listed => isWithin(listed, path))) return null
  return { user: null, caller: { project, user: null, roles: [], isAdminProject: false, expires } }
}

function isWithin(listed: string, path: string): boolean {
  return listed !== '' && (path === listed || path.startsWith(`${listed}/`))
}

/** Compares in a time that does not depend on where they differ. */
function isSignature(given: string, right: string): boolean {
  return SIGNATURE.test(given) && timingSafeEqual(Buffer.from(given, 'hex'), Buffer.from(right, 'hex'))
}

function textIn(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}

function listIn(header: string | readonly string[] | undefined): readonly string[] {
  return textIn(header).split(',').map(item => item.trim()).sort()
}
