import type { Middleware } from 'koa'
import type { Logger } from 'pino'
import type { State } from '../state.ts'

/**
 * One line for each answer: who asked for what, and how it went. The query stays out, for it may hold a claim id or a signature;
 * headers and bodies stay out altogether.
 */
export function accessLog(log: Logger): Middleware<State> {
  return async function accessLog(ctx, next) {
    const started = performance.now()
    await next()
    if (!log.isLevelEnabled('info')) return
    const { state, res } = ctx
    log.info({
      request_id: state.requestId,
      global_request_id: state.globalRequestId,
      project: state.project,
      user: state.identity?.user?.id,
      method: ctx.req.method,
      path: ctx.path,
      status: res.statusCode,
      bytes: Number(res.getHeader('content-length') ?? 0),
      ms: Math.round((performance.now() - started) * 1000) / 1000,
    }, 'request')
  }
}
