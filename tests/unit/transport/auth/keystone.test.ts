import { generateKeyPairSync } from 'node:crypto'
import jwt from 'jsonwebtoken'
import t, { type Test } from 'tap'
import type { Identity } from '../../../../lib/transport/http/auth/identity.ts'
import { keystoneAuth, type Credentials, type KeystoneAuthentication } from '../../../../lib/transport/http/auth/keystone.ts'
import type { KeystoneOptions } from '../../../../lib/transport/http/auth/options.ts'
import type { Verdict } from '../../../../lib/transport/http/auth/token-cache.ts'
import { HandClock } from '../../../helpers/clock.ts'
import { description, IdentityServer, keystoneOptions, memoryLog } from '../../../helpers/identity.ts'

interface Fixture {
  readonly server: IdentityServer
  readonly auth: KeystoneAuthentication
  readonly clock: HandClock
  readonly lines: readonly string[]
  judge(headers: Credentials['headers'], method?: string, path?: string): Verdict | Promise<Verdict>
}

async function make(t: Test, over: Partial<KeystoneOptions> = {}): Promise<Fixture> {
  const clock = new HandClock()
  const server = await new IdentityServer().start(t)
  server.now = () => clock.now()
  const token = (name: string, given: object = {}) => { server.tokens.set(name, description(given)) }
  token('user')
  token('other', { project: { id: 'p2' } })
  token('service', { roles: [{ name: 'service' }] })
  token('hour', { expires_at: new Date(clock.now() + 3_600_000).toISOString() })
  token('past', { expires_at: new Date(clock.now() - 1000).toISOString() })
  const { log, lines } = memoryLog()
  const auth = keystoneAuth(keystoneOptions(server.url, over), { log, clock })
  t.teardown(() => { auth.close() })
  return { server, auth, clock, lines, judge: (headers, method = 'GET', path = '/v1/queues') => auth.judge({ headers, method, path }) }
}

function projectOf(verdict: Verdict): string {
  return verdict.kind === 'valid' ? String(verdict.token.identity.caller?.project) : verdict.kind
}

t.test('a known token is judged at once', async t => {
  const { judge, server } = await make(t)
  const first = judge({ 'x-auth-token': 'user' })
  t.ok(first instanceof Promise)
  const verdict = await first
  t.equal(judge({ 'x-auth-token': 'user' }), verdict)
  t.equal(judge({ 'x-storage-token': ' user\t' }), verdict)
  t.equal(server.validations, 1)
})

t.test('a token is asked about again after its time, and not believed past its end', async t => {
  const { judge, clock, server } = await make(t)
  await judge({ 'x-auth-token': 'hour' })
  for (let minute = 1; minute < 60; minute++) {
    clock.tick(60)
    t.equal(projectOf(await judge({ 'x-auth-token': 'hour' })), 'p1', `minute ${String(minute)}`)
  }
  t.equal(server.validations, 12)
  clock.tick(60)
  t.equal(projectOf(await judge({ 'x-auth-token': 'hour' })), 'invalid')
})

t.test('without a cache, every request asks', async t => {
  const { judge, server } = await make(t, { token_cache_time: -1 })
  for (let turn = 0; turn < 3; turn++) await judge({ 'x-auth-token': 'user' })
  t.equal(server.validations, 3)
})

t.test('floods of bad tokens, the same and different ones', async t => {
  const { judge, server, clock } = await make(t)
  await Promise.all(Array.from({ length: 200 }, () => judge({ 'x-auth-token': 'bad' })))
  for (let turn = 0; turn < 200; turn++) await judge({ 'x-auth-token': 'bad' })
  t.equal(server.validations, 1)
  clock.tick(5)
  await judge({ 'x-auth-token': 'bad' })
  t.equal(server.validations, 2)
  const verdicts = await Promise.all(Array.from({ length: 3000 }, (_, index) => judge({ 'x-auth-token': `bad-${String(index)}` })))
  t.equal(verdicts.filter(({ kind }) => kind === 'invalid').length, 1000, 'no more are asked about at a time')
  t.equal(verdicts.filter(({ kind }) => kind === 'unavailable').length, 2000)
  t.equal(projectOf(await judge({ 'x-auth-token': 'user' })), 'p1')
})

t.test('what cannot be a token is refused without asking', async t => {
  const { judge, server } = await make(t)
  for (const token of ['', ' ', 'a b', 'user,user', 'user, user', 'ü', 'a\u0000', 'x'.repeat(8193)]) t.equal(projectOf(await judge({ 'x-auth-token': token, 'x-storage-token': 'user' })), 'invalid', JSON.stringify(token))
  t.equal(projectOf(await judge({})), 'invalid')
  t.equal(server.calls.length, 0)
})

t.test('a service token must hold a role of services', async t => {
  const { judge } = await make(t)
  const both = (user: string, service: string) => judge({ 'x-auth-token': user, 'x-service-token': service })
  t.equal(projectOf(await both('user', 'service')), 'p1')
  t.equal(projectOf(await both('user', 'other')), 'invalid')
  t.equal(projectOf(await both('user', 'bad')), 'invalid')
  t.equal(projectOf(await both('user', ' ')), 'p1', 'an empty one is none')
  t.equal(projectOf(await judge({ 'x-service-token': 'service' })), 'invalid')
  const lenient = await make(t, { service_token_roles_required: false })
  t.equal(projectOf(await lenient.judge({ 'x-auth-token': 'user', 'x-service-token': 'other' })), 'p1')
})

t.test('an expired token is good with a service token only, and does not become good by itself', async t => {
  const { judge, server } = await make(t)
  const asked = () => server.calls.filter(({ path }) => path.includes('allow_expired')).length
  t.equal(projectOf(await judge({ 'x-auth-token': 'past' })), 'invalid')
  t.equal(asked(), 0)
  t.equal(projectOf(await judge({ 'x-auth-token': 'past', 'x-service-token': 'service' })), 'p1')
  t.equal(projectOf(await judge({ 'x-auth-token': 'past' })), 'invalid')
  const { validations } = server
  t.equal(projectOf(await judge({ 'x-auth-token': 'past', 'x-service-token': 'service' })), 'p1')
  t.equal(server.validations, validations, 'it is known')
  t.equal(projectOf(await judge({ 'x-auth-token': 'past', 'x-service-token': 'past' })), 'invalid')
})

t.test('access rules are looked at for each request', async t => {
  const { judge, server } = await make(t)
  const rule = { service: 'messaging', method: 'GET', path: '/v1/queues/*' }
  server.tokens.set('ruled', description({ catalog: [{ type: 'messaging' }], application_credential: { access_rules: [rule] } }))
  const headers = { 'x-auth-token': 'ruled' }
  t.equal(projectOf(await judge(headers, 'GET', '/v1/queues/a')), 'p1')
  t.equal(projectOf(await judge(headers, 'PUT', '/v1/queues/a')), 'invalid')
  t.equal(projectOf(await judge(headers, 'GET', '/v1/queues')), 'invalid')
  t.equal(projectOf(await judge(headers, 'GET', '/v1/queues/b')), 'p1', 'a refusal is not remembered of the token')
  t.equal(projectOf(await judge({ ...headers, 'x-service-token': 'service' }, 'PUT', '/v1/queues/a')), 'p1')
  t.equal(server.validations, 2)
})

t.test('a signed token that is believed offline can be confirmed, and one that is refused then stays refused', async t => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const folder = t.testdir({ 'public.pem': publicKey.export({ type: 'spki', format: 'pem' }).toString() })
  const { judge, server, clock } = await make(t, { jws_public_key_repository: folder, jws_offline: true })
  const exp = clock.now() / 1000 + 3600
  const sign = (jti: string) => jwt.sign({ sub: 'u1', iat: exp - 3600, exp, openstack_project_id: 'p1', jti }, privateKey, { algorithm: 'ES256' })
  const [good, revoked] = [sign('1'), sign('2')]
  server.tokens.set(good, description())
  for (const token of [good, revoked]) t.match(await judge({ 'x-auth-token': token }), { token: { identity: { user: { id: 'u1' }, caller: { project: 'p1', roles: [], isAdminProject: false } } } })
  t.equal(server.calls.length, 0)

  const confirm = async (token: string) => {
    const verdict = await judge({ 'x-auth-token': token })
    return verdict.kind === 'valid' ? verdict.token.identity.confirm?.() : undefined
  }
  for (let turn = 0; turn < 3; turn++) t.match(await confirm(good), { token: { identity: { caller: { roles: ['member', 'reader'] } } } })
  t.equal(server.validations, 1)
  t.match(await judge({ 'x-auth-token': revoked }), { kind: 'valid' })
  t.same(await confirm(revoked), { kind: 'invalid' })
  clock.tick(3000)
  t.same(await judge({ 'x-auth-token': revoked }), { kind: 'invalid' })
  t.equal(server.validations, 2)
})

t.test('options that do not suffice make no authentication', async t => {
  const { log } = memoryLog()
  t.throws(() => keystoneAuth(keystoneOptions('', { auth_url: [] }), { log, clock: new HandClock() }), /auth_url/)
})

t.test('the stage strips identities first, and answers for itself what it refuses', async t => {
  const { auth, server, lines } = await make(t, { www_authenticate_uri: 'http://public:5000/' })
  const run = async (token: string) => {
    const headers: Record<string, string> = { 'x-auth-token': token, 'x-roles': 'admin', 'x-project-id': 'p9' }
    const sent: Record<string, unknown> = {}
    const ctx = {
      req: { headers, rawHeaders: [] }, headers, method: 'GET', path: '/v1/queues', state: {} as { identity?: Identity }, status: 0, body: '',
      res: { setHeader: (name: string, value: unknown) => { sent[name] = value } },
    }
    let isPassed = false
    await auth.middleware(ctx as never, () => {
      isPassed = true
      return Promise.resolve()
    })
    return { isPassed, sent, headers, status: ctx.status, body: ctx.body, identity: ctx.state.identity }
  }
  t.match(await run('user'), { isPassed: true, headers: { 'x-auth-token': 'user' }, identity: { user: { id: 'u1' }, caller: { project: 'p1' } } })
  t.same((await run('user')).headers, { 'x-auth-token': 'user' })
  t.match(await run('bad'), { isPassed: false, status: 401, sent: { 'www-authenticate': 'Keystone uri="http://public:5000/"', 'content-type': 'application/json' }, identity: undefined })
  server.instead = () => 'break'
  t.match(await run('another-token'), { isPassed: false, status: 503, sent: { 'retry-after': 30 }, body: /temporarily unavailable/, identity: undefined })
  t.match(await run('user'), { isPassed: true })
  t.notMatch(lines.join(''), /another-token|the-password|own-1/)
})
