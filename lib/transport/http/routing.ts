/** From an address to the endpoint that serves it. */
import { Router, type RouterMiddleware } from '@koa/router'
import { answerEmpty } from './answers.ts'
import type { Dialect } from './dialects.ts'
import { endpoint } from './endpoint.ts'
import { ACTIONS, ADMIN_ACTIONS, type Action } from './routes.ts'
import type { Parts, State } from './state.ts'

/**
 * Routes of all the given API versions. There is one router a version, chosen by the first segment of the path, so that no
 * version pays for the paths of the others; in a router there is one layer a path, for all verbs.
 */
export function routing(dialects: readonly Dialect[], parts: Parts): RouterMiddleware<State> {
  const routers = dialects.map(dialect => ({ prefix: dialect.prefix, run: routerOf(dialect.prefix, offered(ACTIONS[dialect.id], parts), dialect, parts) }))
  const [newest] = dialects.slice(-1)
  // What is under no version speaks as the newest does.
  if (parts.adminMode && newest !== undefined) routers.push({ prefix: '/quotas', run: routerOf('', ADMIN_ACTIONS, newest, parts) })

  return function route(ctx, next) {
    const { path } = ctx
    if (path === '/') {
      // GET was answered before authentication.
      const isOptions = ctx.req.method === 'OPTIONS'
      answerEmpty(ctx, isOptions ? 200 : 405)
      ctx.res.setHeader('allow', isOptions ? 'GET' : 'GET, OPTIONS')
      return undefined
    }
    for (const { prefix, run } of routers) {
      if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)) return run(ctx, next)
    }
    return next()
  }
}

function offered(actions: readonly Action[], { adminMode, pooling }: Parts): readonly Action[] {
  return actions.filter(({ needs }) => needs === undefined || (adminMode && (needs === 'admin' || pooling)))
}

function routerOf(prefix: string, actions: readonly Action[], dialect: Dialect, parts: Parts): RouterMiddleware<State> {
  const router = new Router<State>({ sensitive: true, strict: dialect.strictPaths })
  for (const path of new Set(actions.map(action => action.path))) {
    router.all(prefix + path, endpoint(path, actions.filter(action => action.path === path), dialect, parts))
  }
  return router.routes()
}
