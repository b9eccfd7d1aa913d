import type { Middleware, ParameterizedContext } from 'koa'
import { MarconiError } from '../../../errors.ts'
import type { Stores } from '../../../storage/contract.ts'
import { answerEmpty, answerJson } from '../answers.ts'
import type { State } from '../state.ts'

/**
 * What is answered without a token: the closed list of decisions 7. `GET /` says which versions there are; `GET` and
 * `HEAD /healthcheck` tell a load balancer whether we can serve; `GET /openapi.json` describes the API; `OPTIONS` is an empty 200 whatever the stages after this one
 * say of the caller. Everything else goes on, and to authentication.
 */
export function publicPaths(stores: Stores, showVersions: (ctx: ParameterizedContext<State>) => void, description: string): Middleware<State> {
  return function publicPaths(ctx, next) {
    const { method } = ctx.req
    if (method === 'OPTIONS') return answerOptions(ctx, next)
    if (ctx.path === '/' && method === 'GET') {
      showVersions(ctx)
      return undefined
    }
    if (ctx.path === '/openapi.json' && method === 'GET') {
      answerJson(ctx, 200, description)
      return undefined
    }
    if (ctx.path === '/healthcheck' && (method === 'GET' || method === 'HEAD')) return checkHealth(ctx, stores)
    return next()
  }
}

/** Refusals that are about the caller, and not about the path. */
const ABOUT_CALLER: ReadonlySet<number> = new Set([400, 401, 403, 406, 503])

async function answerOptions(ctx: ParameterizedContext<State>, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
    if (!ABOUT_CALLER.has(ctx.status)) return
  } catch (error) {
    if (!(error instanceof MarconiError)) throw error
  }
  for (const header of ['www-authenticate', 'content-type', 'retry-after', 'vary']) ctx.res.removeHeader(header)
  answerEmpty(ctx, 200)
}

/** Asks the stores, and says `OK` if both answer. A failure is a 503 as anywhere. */
async function checkHealth(ctx: ParameterizedContext<State>, { control, data }: Stores): Promise<void> {
  await Promise.all([control.ping(), data.ping()])
  ctx.res.setHeader('content-type', 'text/plain')
  ctx.status = 200
  ctx.body = 'OK'
}
