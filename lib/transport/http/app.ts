/** The HTTP service as a Koa application. */
import type { RouterMiddleware } from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import type { Limits } from '../../model/limits.ts'
import type { Stores } from '../../storage/contract.ts'
import { DIALECTS, type DialectId } from './dialects.ts'
import { accessLog } from './middleware/access-log.ts'
import { errors } from './middleware/errors.ts'
import { notFound } from './middleware/not-found.ts'
import { requestId } from './middleware/request-id.ts'
import { routing } from './routing.ts'
import type { State } from './state.ts'

/** What the application is made of. */
export interface AppParts {
  readonly stores: Stores
  readonly limits: Limits
  readonly log: Logger
  /** The API versions to speak; all that are implemented if left out. The paths of any other are unknown paths. */
  readonly versions?: readonly DialectId[]
}

/** Makes the application. */
export function createApp(parts: AppParts): Koa<State> {
  const dialects = DIALECTS.filter(({ id }) => parts.versions?.includes(id) ?? true)

  /** The way of a request. What happens on a known path, and in which order, is in `endpoint.ts`. */
  const pipeline: readonly RouterMiddleware<State>[] = [
    requestId(),
    accessLog(parts.log),
    errors(parts.log),
    routing(dialects, parts),
    notFound(),
  ]

  const app = new Koa<State>()
  for (const middleware of pipeline) app.use(middleware)
  app.on('error', (err: unknown) => { parts.log.error({ err }, 'an answer failed') })
  return app
}
