/** The closed list of what is answered without a token (decisions 7), and pages of other origins. */
import t from 'tap'
import { CORS_OPTIONS } from '../../lib/transport/http/middleware/cors-options.ts'
import type { Authentication } from '../../lib/transport/http/auth/none.ts'
import { openFaulty } from '../../lib/storage/faulty/faulty.ts'
import { PUBLIC } from '../../lib/transport/http/middleware/public.ts'
import { ACTIONS } from '../../lib/transport/http/routes.ts'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import { boot, DEFAULT_PARTS } from '../helpers/boot.ts'

/** Lets nobody in. */
const CLOSED: Authentication = {
  middleware(ctx) {
    ctx.status = 401
    ctx.body = '{}'
  },
  close: () => undefined,
}

const ANONYMOUS = { client: null, project: null }

t.test('without a token only the closed list of paths is answered', async t => {
  const { call } = await boot(t, { parts: { auth: CLOSED } })
  const open = [['GET', '/', 300], ['GET', '/healthcheck', 200], ['HEAD', '/healthcheck', 200], ['GET', '/openapi.json', 200]] as const
  for (const [verb, path, status] of open) t.equal((await call(verb, path, ANONYMOUS)).status, status, `${verb} ${path}`)
  t.same(Object.entries(PUBLIC).flatMap(([path, verbs]) => verbs.map(verb => [verb, path])), open.map(([verb, path]) => [verb, path]))
  const closed = DIALECTS.flatMap(({ id, prefix }) => ACTIONS[id].map(({ verb, path }) => [verb, prefix + path.replaceAll(/:\w+/g, 'x')] as const))
  const tricks = [
    ['HEAD', '/'], ['POST', '/'], ['POST', '/healthcheck'], ['GET', '/healthcheck/'], ['GET', '/healthcheck/x'], ['GET', '//healthcheck'],
    ['GET', '/HEALTHCHECK'], ['GET', '/v1/../healthcheck'], ['GET', '/%68ealthcheck'], ['GET', '/v1/healthcheck'], ['GET', '//'],
    ['HEAD', '/openapi.json'], ['POST', '/openapi.json'], ['GET', '/openapi.json/'], ['GET', '/openapi'], ['GET', '/v1/openapi.json'], ['GET', '/%6fpenapi.json'], ['GET', '/unknown'],
  ] as const
  for (const [verb, path] of [...closed, ...tricks]) t.equal((await call(verb, path, ANONYMOUS)).status, 401, `${verb} ${path}`)
})

t.test('OPTIONS is an empty 200 without a token, and tells the methods only to those who pass', async t => {
  const closed = await boot(t, { parts: { auth: CLOSED } })
  const refused = await closed.call('OPTIONS', '/v1/queues/jobs', ANONYMOUS)
  t.same([refused.status, refused.text, refused.headers.allow], [200, '', undefined])
  const open = await boot(t)
  const passed = await open.call('OPTIONS', '/v1/queues/jobs', ANONYMOUS)
  t.same([passed.status, passed.text, passed.headers.allow], [200, '', 'DELETE, GET, HEAD, PUT'])
  const masked = await open.call('OPTIONS', '/v1/queues/jobs', { headers: { Accept: 'text/html' } })
  t.same([masked.status, masked.text, masked.headers.allow], [200, '', undefined])
})

t.test('what else is asked of a public path is a 405 to those who are let in, and its OPTIONS tell what there is', async t => {
  const { call } = await boot(t)
  for (const [path, allow] of [['/', 'GET'], ['/healthcheck', 'GET, HEAD'], ['/openapi.json', 'GET']] as const) {
    const refused = await call('DELETE', path)
    t.same([refused.status, refused.text, refused.headers.allow], [405, '', `${allow}, OPTIONS`], path)
    const options = await call('OPTIONS', path)
    t.same([options.status, options.text, options.headers.allow], [200, '', allow], path)
  }
})

t.test('the health check says OK while the stores answer, and is a 503 when they do not', async t => {
  const { call } = await boot(t)
  const well = await call('GET', '/healthcheck', { headers: { Accept: 'text/html' } })
  t.same([well.status, well.text, well.headers['content-type']], [200, 'OK', 'text/plain'])
  t.equal((await call('HEAD', '/healthcheck')).text, '')
  const ill = await boot(t, { stores: openFaulty() })
  t.equal((await ill.call('GET', '/healthcheck')).status, 503)
})

t.test('a page of an allowed origin may call, and its pre-flight needs no token', async t => {
  const origin = 'https://dashboard.example.org'
  const cors = { ...DEFAULT_PARTS.cors, allowed_origin: [origin] }
  const { call } = await boot(t, { parts: { auth: CLOSED, cors } })
  const preflight = { ...ANONYMOUS, headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'client-id' } }
  const asked = await call('OPTIONS', '/v1/queues/jobs/messages', preflight)
  t.match(asked.headers, {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-max-age': '3600',
    'access-control-allow-methods': CORS_OPTIONS.allow_methods.default.join(','),
  })
  t.ok(asked.names.every(name => name === name.toLowerCase()), 'header names are in lower case')
  const answer = await call('GET', '/v1/queues', { ...ANONYMOUS, headers: { Origin: origin } })
  t.same([answer.status, answer.headers['access-control-allow-origin']], [401, origin], 'refusals are readable too')
})

t.test('a page of another origin is told nothing, and every origin gets no credentials', async t => {
  const strict = await boot(t, { parts: { cors: { ...DEFAULT_PARTS.cors, allowed_origin: ['https://dashboard.example.org'] } } })
  t.notOk((await strict.call('GET', '/v1/queues', { headers: { Origin: 'https://evil.example.org' } })).headers['access-control-allow-origin'])
  const open = await boot(t, { parts: { cors: { ...DEFAULT_PARTS.cors, allowed_origin: ['*'] } } })
  const { headers } = await open.call('GET', '/v1/queues', { headers: { Origin: 'https://any.example.org' } })
  t.same([headers['access-control-allow-origin'], headers['access-control-allow-credentials']], ['*', undefined])
  const none = await boot(t)
  t.notOk((await none.call('GET', '/v1/queues', { headers: { Origin: 'https://any.example.org' } })).headers['access-control-allow-origin'])
})
