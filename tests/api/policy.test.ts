/** Policy over HTTP: what it refuses, and what is refused before it. */
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { Caller } from '../../lib/model/caller.ts'
import type { Project } from '../../lib/model/names.ts'
import type { RuleName } from '../../lib/policy/defaults.ts'
import { buildPolicy, type Policy } from '../../lib/policy/policy.ts'
import { parsePolicy } from '../../lib/policy/yaml.ts'
import { createApp } from '../../lib/transport/http/app.ts'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import { ACTIONS, type Action } from '../../lib/transport/http/routes.ts'
import { listen } from '../../lib/transport/http/server.ts'
import { DEFAULT_PARTS, waitersOf } from '../helpers/boot.ts'
import { HandClock } from '../helpers/clock.ts'
import { Http } from '../helpers/http.ts'
import { openStores } from '../helpers/stores.ts'

const REFUSED = '{"description":"You are not authorized to complete this action.","title":"Not authorized"}'

function always(allowed: boolean): Policy {
  return { allows: () => allowed, needsRoles: () => false }
}

async function serve(t: Test, policy: Policy | null, roles: readonly string[] | null = ['member']): Promise<Http> {
  const stores = await openStores(t, new HandClock())
  const app = createApp({ ...DEFAULT_PARTS, stores, waiters: waitersOf({ stores }), log: pino({ enabled: false }), policy, adminMode: true, pooling: true })
  const caller: Caller | null = roles === null ? null : { project: 'p1' as Project, user: { id: 'u1', name: 'ann' }, roles, isAdminProject: true, expires: null }
  // Stands in for authentication, and lets nobody after it say otherwise.
  app.middleware.unshift((ctx, next) => {
    Object.defineProperty(ctx.state, 'caller', { get: () => caller, set: () => undefined })
    return next()
  })
  const server = await listen(app, { bind: '127.0.0.1', port: 0, requestTimeout: 10_000, log: pino({ enabled: false }) })
  const http = new Http(server.url)
  t.teardown(async () => {
    http.close()
    await server.drain(1_000)
  })
  return http
}

/** Every action of every version, with an address that is fit for it. */
const ROUTES = DIALECTS.flatMap(({ id, prefix }) => ACTIONS[id].map(action => {
  const path = prefix + action.path.replace(':queue', 'q').replace(':message', 'a'.repeat(24)).replace(':claim', 'b'.repeat(24)).replace(':pool', 'p')
  return { ...action, path: action.given === 'ids' ? `${path}?ids=${'a'.repeat(24)}` : path }
}))

function send(http: Http, { verb, path, body }: Pick<Action, 'verb' | 'path' | 'body'>): ReturnType<Http['call']> {
  return http.call(verb, path, body === undefined ? undefined : {})
}

t.test('a policy of "!" refuses every action that has a rule', async t => {
  const http = await serve(t, always(false))
  for (const route of ROUTES) {
    const answer = await send(http, route)
    const name = `${route.verb} ${route.path}`
    if (route.rule === null) t.not(answer.status, 403, name)
    else {
      t.equal(answer.status, 403, name)
      t.equal(answer.text, route.verb === 'HEAD' ? '' : REFUSED, name)
      t.match(answer.headers, { 'content-type': 'application/json', vary: 'Accept' })
    }
  }
})

t.test('a policy of "@", and none at all, refuse nothing', async t => {
  for (const http of [await serve(t, always(true)), await serve(t, null), await serve(t, null, null)]) {
    for (const route of ROUTES) t.not((await send(http, route)).status, 403, `${route.verb} ${route.path}`)
  }
})

t.test('each action asks for the rule of its row, and for the caller', async t => {
  const asked: [RuleName, string | undefined][] = []
  const http = await serve(t, { allows: (rule, caller) => asked.push([rule, caller.user?.id]) > 0, needsRoles: () => false })
  for (const route of ROUTES) {
    asked.length = 0
    await send(http, route)
    t.same(asked, route.rule === null ? [] : [[route.rule, 'u1']], `${route.verb} ${route.path}`)
  }
})

t.test('who is not authenticated may do nothing that has a rule', async t => {
  const http = await serve(t, always(true), null)
  for (const route of ROUTES) t.equal((await send(http, route)).status === 403, route.rule !== null, `${route.verb} ${route.path}`)
  t.equal((await http.get('/')).status, 300)
})

t.test('a rule by role', async t => {
  const { policy } = buildPolicy(parsePolicy('"queues:create": "role:member"', 'f').rules)
  t.equal((await (await serve(t, policy, ['Member'])).put('/v1/queues/q')).status, 201)
  t.equal((await (await serve(t, policy, ['reader'])).put('/v1/queues/q')).status, 403)
})

t.test('refused before policy: unknown paths, bad headers and names, methods; after it: what is asked for', async t => {
  const http = await serve(t, always(false))
  const status = async (verb: string, path: string, headers: Record<string, string> = {}, body?: unknown) => (await http.call(verb, path, body, headers)).status
  t.equal(await status('GET', '/v1/nothing'), 404)
  t.equal(await status('GET', '/v7/queues'), 404)
  t.equal(await status('GET', '/v1/queues', { Accept: 'text/html' }), 406)
  t.equal(await status('GET', '/v1/queues', { 'Client-ID': 'x' }), 400)
  t.equal(await status('PUT', `/v1/queues/${'q'.repeat(65)}`), 400)
  t.equal(await status('PATCH', '/v1/queues/q'), 405)
  t.equal(await status('OPTIONS', '/v1/queues/q'), 200)
  t.equal(await status('GET', '/v1/queues?limit=x'), 403)
  t.equal(await status('GET', '/v1/queues/missing'), 403)
  t.equal(await status('POST', '/v1/queues/q/messages', {}, 'not a list'), 403)
  t.equal(await status('DELETE', '/v1/queues/q/messages'), 403)
})

t.test('what is refused is not done, and a missing Client-ID comes after', async t => {
  const closed = new Set<RuleName>(['queues:delete', 'messages:create'])
  const http = await serve(t, { allows: rule => !closed.has(rule), needsRoles: () => false })
  await http.put('/v1/queues/q')
  t.equal((await http.delete('/v1/queues/q')).status, 403)
  t.equal((await http.get('/v1/queues/q')).status, 204)
  t.equal((await http.post('/v1/queues/q/messages', [{ ttl: 300, body: 1 }])).status, 403)
  const anonymous = await fetch(`${http.url}/v1/queues/q/messages`, { method: 'POST', headers: { 'X-Project-ID': 'p1' }, body: '[]' })
  t.equal(anonymous.status, 403)
  t.same((await http.get('/v1/queues/q/stats')).json<{ messages: { total: number } }>().messages.total, 0)
})
