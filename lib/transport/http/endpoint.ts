/** What happens on a known path: its guards, its methods, its actions. */
import { fail } from '../../errors.ts'
import { answerEmpty, answerUnrouted } from './answers.ts'
import type { Dialect } from './dialects.ts'
import { accept } from './guards/accept.ts'
import { clientId, clientIdNeeded } from './guards/client-id.ts'
import { contentType } from './guards/content-type.ts'
import { policy } from './guards/policy.ts'
import { project } from './guards/project.ts'
import { queue } from './guards/queue.ts'
import { rateLimit } from './guards/rate-limit.ts'
import { parseQuery } from './parameters.ts'
import type { Action } from './routes.ts'
import type { Context, Guard, Parts } from './state.ts'

/** Whether whoever uses a path must name itself, whatever it does there. */
export function clientIdIsNeeded(path: string, { clientId: who }: Dialect): boolean {
  return who === 'everywhere' || (who === 'below_home' && path !== '')
}

/** The guards of a path, in the order in which they refuse (api-v1.md 2.3, api-v2.md 1.2). They come before the method. */
function guardsOf(path: string, dialect: Dialect): readonly Guard[] {
  const guards = [contentType, accept, clientIdIsNeeded(path, dialect) ? clientIdNeeded : clientId, project]
  return path.includes('/:queue') ? [...guards, queue] : guards
}

/** The actions of one verb on one path: one for any query, and maybe one for a query with `ids`. */
interface VerbActions {
  readonly any: Action | undefined
  readonly withIds: Action | undefined
}

/** Makes the function that serves one path of one API version. Everything that does not change is worked out here, once. */
export function endpoint(path: string, actions: readonly Action[], dialect: Dialect, parts: Parts): (ctx: Context) => void | Promise<void> {
  const guards = guardsOf(path, dialect)
  const verbs = byVerb(actions)
  const offered = [...verbs.keys()].sort()
  const allowOptions = offered.join(', ')
  const allow = [...offered, 'OPTIONS'].join(', ')

  return function serve(ctx) {
    const { state } = ctx
    state.dialect = dialect
    for (const guard of guards) guard(ctx, parts)

    const verb = verbs.get(ctx.req.method ?? '')
    if (verb === undefined) {
      const isOptions = ctx.req.method === 'OPTIONS'
      if (isOptions) answerEmpty(ctx, 200)
      else answerUnrouted(ctx, 405, dialect.routingErrors)
      ctx.res.setHeader('allow', isOptions ? allowOptions : allow)
      return
    }
    state.query = parseQuery(ctx.querystring, dialect.shortBooleans)
    const action = choose(verb, ctx)
    state.action = action
    const decided = policy(ctx, action, parts.policy)
    return decided === undefined ? limit(ctx, action) : decided.then(() => limit(ctx, action))
  }

  function limit(ctx: Context, action: Action): void | Promise<void> {
    const limited = rateLimit(ctx, parts)
    return limited === undefined ? run(ctx, action) : limited.then(() => run(ctx, action))
  }

  function run(ctx: Context, action: Action): void | Promise<void> {
    if (action.clientId === 'required' && ctx.state.client === null) throw fail(dialect.wording.clientIdMissing)
    return action.run(ctx, parts)
  }
}

function byVerb(actions: readonly Action[]): ReadonlyMap<string, VerbActions> {
  const verbs = new Map<string, VerbActions>()
  for (const action of actions) {
    const { any, withIds } = verbs.get(action.verb) ?? { any: undefined, withIds: undefined }
    verbs.set(action.verb, action.given === 'ids' ? { any, withIds: action } : { any: action, withIds })
  }
  return verbs
}

/** An action for `ids` is chosen if there are any; where it stands alone it is chosen anyway, and says what it misses. */
function choose({ any, withIds }: VerbActions, ctx: Context): Action {
  const chosen = withIds !== undefined && (any === undefined || ctx.state.query.list('ids').length > 0) ? withIds : any
  if (chosen === undefined) throw new Error('a verb without an action')
  return chosen
}
