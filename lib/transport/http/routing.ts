/** From an address to the endpoint that serves it. */
import { Router, type RouterMiddleware } from '@koa/router'
import type { Dialect } from './dialects.ts'
import { endpoint } from './endpoint.ts'
import { showVersions, versionList } from './handlers/home.ts'
import { ACTIONS, type Action } from './routes.ts'
import type { Parts, State } from './state.ts'

/** What `GET /` is, for the machinery that it shares with all other actions. */
function versionsAction(dialects: readonly Dialect[]): Action {
  const list = versionList(new Set(dialects.map(({ id }) => id)))
  return { verb: 'GET', path: '/', rule: null, clientId: 'optional', run: ctx => { showVersions(ctx, list) } }
}

/**
 * Routes of all the given API versions. There is one router a version, chosen by the first segment of the path, so that no
 * version pays for the paths of the others; in a router there is one layer a path, for all verbs.
 */
export function routing(dialects: readonly Dialect[], parts: Parts): RouterMiddleware<State> {
  const routers = dialects.map(dialect => ({ prefix: dialect.prefix, run: routerOf(dialect, parts) }))
  const [newest] = dialects.slice(-1)
  const root = newest === undefined ? null : rootRouter(versionsAction(dialects), newest, parts)

  return function route(ctx, next) {
    const { path } = ctx
    if (path === '/') return root === null ? next() : root(ctx, next)
    for (const { prefix, run } of routers) {
      if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)) return run(ctx, next)
    }
    return next()
  }
}

function rootRouter(action: Action, dialect: Dialect, parts: Parts): RouterMiddleware<State> {
  return new Router<State>({ sensitive: true }).all('/', endpoint('/', [action], dialect, parts)).routes()
}

function routerOf(dialect: Dialect, parts: Parts): RouterMiddleware<State> {
  const router = new Router<State>({ sensitive: true, strict: dialect.strictPaths })
  const actions = ACTIONS[dialect.id]
  for (const path of new Set(actions.map(action => action.path))) {
    router.all(dialect.prefix + path, endpoint(path, actions.filter(action => action.path === path), dialect, parts))
  }
  return router.routes()
}
