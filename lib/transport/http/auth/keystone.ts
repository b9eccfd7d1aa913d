/** The strategy `keystone`: a request is whose its token says it is. The order is that of operator.md 3.1. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Middleware, Next, ParameterizedContext } from 'koa'
import { RETRY_AFTER } from '../middleware/errors.ts'
import type { State } from '../state.ts'
import { allows } from './access-rules.ts'
import { stripIdentity, type ValidToken } from './identity.ts'
import type { Authentication } from './none.ts'
import type { KeystoneOptions } from './options.ts'
import { INVALID, type Verdict } from './token-cache.ts'
import { keystoneTokens, type TokenParts, type Use } from './tokens.ts'

/** What a request is judged by. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  /** Without the query. */
  readonly path: string
}

/** Authentication with Keystone, for HTTP and for others that receive tokens. */
export interface KeystoneAuthentication extends Authentication {
  /** Finds out whose a request is: at once if its token is known. It never rejects. */
  judge(request: Credentials): Verdict | Promise<Verdict>
}

const REFUSAL = '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}'
const OUTAGE = '503 Service Unavailable\n\nThe Keystone service is temporarily unavailable.\n\n'

/** Makes the stage that authenticates with Keystone. Throws if its options do not suffice. */
export function keystoneAuth(options: KeystoneOptions, parts: TokenParts): KeystoneAuthentication {
  const tokens = keystoneTokens(options, parts)
  const roles = new Set(options.service_token_roles)
  const challenge = `Keystone uri="${addressFor(options, parts)}"`

  function isServiceOf({ roles: held }: ValidToken): boolean {
    return !options.service_token_roles_required || held.some(role => roles.has(role))
  }

  function judgeUser({ headers, method, path }: Credentials, use: Use): Verdict | Promise<Verdict> {
    const token = tokenIn(headers['x-auth-token'] ?? headers['x-storage-token'])
    const verdict = token === '' ? INVALID : tokens.find(token, use)
    // The service that acts for the user answers for what it does.
    if (use !== 'user') return verdict
    return verdict instanceof Promise ? verdict.then(late => restrict(late, method, path)) : restrict(verdict, method, path)
  }

  function judgeService(request: Credentials, verdict: Verdict): Verdict | Promise<Verdict> {
    if (verdict.kind !== 'valid') return verdict
    return isServiceOf(verdict.token) ? judgeUser(request, 'user_of_service') : INVALID
  }

  function judge(request: Credentials): Verdict | Promise<Verdict> {
    const service = tokenIn(request.headers['x-service-token'])
    if (service === '') return judgeUser(request, 'user')
    const verdict = tokens.find(service, 'service')
    return verdict instanceof Promise ? verdict.then(late => judgeService(request, late)) : judgeService(request, verdict)
  }

  function settle(ctx: ParameterizedContext<State>, next: Next, verdict: Verdict): Promise<unknown> | undefined {
    if (verdict.kind === 'valid') {
      ctx.state.identity = verdict.token.identity
      return next()
    }
    if (verdict.kind === 'invalid') refuse(ctx, challenge)
    else defer(ctx)
    return undefined
  }

  const middleware: Middleware<State> = function auth(ctx, next) {
    stripIdentity(ctx.req)
    const verdict = judge(ctx)
    return verdict instanceof Promise ? verdict.then(late => settle(ctx, next, late)) : settle(ctx, next, verdict)
  }
  return { middleware, judge, close: () => { tokens.close() } }
}

/** The token in a header; empty if there is none. One that is repeated is joined by Node, and no token any more. */
function tokenIn(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header.trim() : ''
}

function restrict(verdict: Verdict, method: string, path: string): Verdict {
  return verdict.kind !== 'valid' || verdict.token.rules === null || allows(verdict.token.rules, method, path) ? verdict : INVALID
}

function addressFor({ www_authenticate_uri: uri, auth_url: urls }: KeystoneOptions, { log }: TokenParts): string {
  if (uri !== '') return uri
  log.warn('[keystone_authtoken] www_authenticate_uri is not set: clients without a valid token are told the first of auth_url')
  return urls[0] ?? ''
}

function refuse(ctx: ParameterizedContext<State>, challenge: string): void {
  ctx.res.setHeader('www-authenticate', challenge)
  ctx.res.setHeader('content-type', 'application/json')
  ctx.status = 401
  ctx.body = REFUSAL
}

function defer(ctx: ParameterizedContext<State>): void {
  ctx.res.setHeader('retry-after', RETRY_AFTER)
  ctx.res.setHeader('content-type', 'text/plain; charset=utf-8')
  ctx.status = 503
  ctx.body = OUTAGE
}

