/** From an address to the endpoint that serves it. */
import { Router, type RouterMiddleware } from '@koa/router'
import { answerEmpty } from './answers.ts'
import { UNVERSIONED, type Dialect } from './dialects.ts'
import { endpoint } from './endpoint.ts'
import { isPublic, PUBLIC } from './middleware/public.ts'
import { offered } from './needs.ts'
import { ACTIONS, ADMIN_ACTIONS, type Action } from './routes.ts'
import type { Parts, State } from './state.ts'

/**
 * Routes of all the given API versions. There is one router a version, chosen by the first segment of the path, so that no
 * version pays for the paths of the others; in a router there is one layer a path, for all verbs.
 */
export function routing(dialects: readonly Dialect[], parts: Parts): RouterMiddleware<State> {
  const routers = dialects.map(dialect => ({ prefix: dialect.prefix, run: routerOf(dialect.prefix, offered(ACTIONS[dialect.id], parts), dialect, parts) }))
  if (parts.adminMode) routers.push({ prefix: '/quotas', run: routerOf('', ADMIN_ACTIONS, UNVERSIONED, parts) })

  return function route(ctx, next) {
    const { path } = ctx
    if (isPublic(path)) {
      // What it offers was answered before authentication.
      const isOptions = ctx.req.method === 'OPTIONS'
      answerEmpty(ctx, isOptions ? 200 : 405)
      ctx.res.setHeader('allow', (isOptions ? PUBLIC[path] : [...PUBLIC[path], 'OPTIONS']).join(', '))
      return undefined
    }
    for (const { prefix, run } of routers) {
      if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)) return run(ctx, next)
    }
    return next()
  }
}

function routerOf(prefix: string, actions: readonly Action[], dialect: Dialect, parts: Parts): RouterMiddleware<State> {
  const router = new Router<State>({ sensitive: true, strict: dialect.strictPaths })
  for (const path of new Set(actions.map(action => action.path))) {
    const serve = endpoint(path, actions.filter(action => action.path === path), dialect, parts)
    for (const form of dialect.strictPaths ? withEmptySegments(path) : [path]) router.all(prefix + form, serve)
  }
  return router.routes()
}

/** A path, and the same with segments left empty: `/queues/` is a queue without a name where slashes count (api-v2.md 1.3). */
function withEmptySegments(path: string): readonly string[] {
  const [first = '', ...rest] = path.split('/')
  return rest.reduce<readonly string[]>(
    (heads, segment) => heads.flatMap(head => [`${head}/${segment}`, ...segment.startsWith(':') ? [`${head}/`] : []]), [first],
  )
}
