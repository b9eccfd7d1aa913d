/** The HTTP service as a Koa application. */
import type { RouterMiddleware } from '@koa/router'
import Koa from 'koa'
import type { Authentication } from './auth/none.ts'
import { signedUrls } from './auth/signed-url.ts'
import { DIALECTS, type DialectId } from './dialects.ts'
import { apiDocument } from './handlers/document.ts'
import { healthCheck } from './handlers/health.ts'
import { versions } from './handlers/home.ts'
import { accessLog } from './middleware/access-log.ts'
import { cors } from './middleware/cors.ts'
import type { CorsOptions } from './middleware/cors-options.ts'
import { errors, type RateLimitStatus } from './middleware/errors.ts'
import { notFound } from './middleware/not-found.ts'
import { publicPaths } from './middleware/public.ts'
import { requestId } from './middleware/request-id.ts'
import { routing } from './routing.ts'
import type { Parts, State } from './state.ts'

/** What the application is made of. */
export interface AppParts extends Parts {
  /** How callers are authenticated who come without a signed URL. */
  readonly auth: Authentication
  /** The API versions to speak. The paths of any other are unknown paths. */
  readonly versions: readonly DialectId[]
  /** Which pages of other origins may call. */
  readonly cors: CorsOptions
  /** The status of a request beyond the rate of its project. */
  readonly rateLimitStatus: RateLimitStatus
}

/** Makes the application. */
export function createApp(parts: AppParts): Koa<State> {
  const dialects = DIALECTS.filter(({ id }) => parts.versions.includes(id))

  /** The way of a request. What happens on a known path, and in which order, is in `endpoint.ts`. */
  const pipeline: readonly RouterMiddleware<State>[] = [
    requestId(),
    accessLog(parts.log),
    errors(parts.log, parts.rateLimitStatus),
    cors(parts.cors),
    publicPaths({
      '/': versions(dialects),
      '/healthcheck': healthCheck(parts.stores),
      '/openapi.json': apiDocument({ ...parts, dialects, isAuthenticated: parts.policy !== null }),
    }),
    signedUrls(parts.signing, parts.clock, parts.auth.middleware),
    routing(dialects, parts),
    notFound(dialects),
  ]

  const app = new Koa<State>()
  for (const middleware of pipeline) app.use(middleware)
  app.on('error', (err: unknown) => { parts.log.error({ err }, 'an answer failed') })
  return app
}
