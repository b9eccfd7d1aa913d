import t, { type Test } from 'tap'
import { identityClient } from '../../../../lib/transport/http/auth/identity-client.ts'
import type { KeystoneOptions } from '../../../../lib/transport/http/auth/options.ts'
import { openSession } from '../../../../lib/transport/http/auth/session.ts'
import { validator, type Validate } from '../../../../lib/transport/http/auth/validator.ts'
import { HandClock } from '../../../helpers/clock.ts'
import { description, IdentityServer, keystoneOptions, memoryLog, type Instead } from '../../../helpers/identity.ts'

interface Fixture {
  readonly server: IdentityServer
  readonly validate: Validate
  readonly lines: readonly string[]
}

async function make(t: Test, over: Partial<KeystoneOptions> = {}): Promise<Fixture> {
  const clock = new HandClock()
  const server = await new IdentityServer().start(t)
  server.now = () => clock.now()
  server.tokens.set('good', description())
  const options = keystoneOptions(server.url, over)
  const client = identityClient(options)
  t.teardown(() => { client.close() })
  const { log, lines } = memoryLog()
  return { server, lines, validate: validator(options, { client, log, session: openSession(options, { client, clock }) }) }
}

t.test('what Keystone knows is valid, what it does not know is not', async t => {
  const { validate } = await make(t)
  t.match(await validate('good', 'refuse_expired'), { kind: 'valid', token: { identity: { caller: { project: 'p1' } } } })
  t.same(await validate('bad', 'refuse_expired'), { kind: 'invalid' })
})

t.test('it asks as Keystone has it', async t => {
  const asked = async (over: Partial<KeystoneOptions>, expiry: 'refuse_expired' | 'allow_expired') => {
    const { server, validate } = await make(t, over)
    await validate('good', expiry)
    return server.calls.at(-1)
  }
  const headers = { 'x-auth-token': 'own-1', 'x-subject-token': 'good', 'openstack-identity-access-rules': '1', accept: 'application/json' }
  t.match(await asked({}, 'refuse_expired'), { method: 'GET', path: '/v3/auth/tokens', headers })
  t.match(await asked({}, 'allow_expired'), { path: '/v3/auth/tokens?allow_expired=1' })
  t.match(await asked({ include_service_catalog: false }, 'refuse_expired'), { path: '/v3/auth/tokens?nocatalog' })
  t.match(await asked({ include_service_catalog: false }, 'allow_expired'), { path: '/v3/auth/tokens?nocatalog&allow_expired=1' })
})

t.test('when its own token is refused, the service logs in again, once', async t => {
  const { server, validate } = await make(t)
  await validate('good', 'refuse_expired')
  server.accepted.clear()
  t.match(await validate('good', 'refuse_expired'), { kind: 'valid' })
  t.equal(server.logins, 2)
  server.instead = ({ method }) => method === 'GET' ? { status: 401 } : null
  t.same(await validate('good', 'refuse_expired'), { kind: 'unavailable' })
  t.equal(server.logins, 3)
})

t.test('many who find its token refused log in once', async t => {
  const { server, validate } = await make(t)
  await validate('good', 'refuse_expired')
  server.accepted.clear()
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => validate('good', 'refuse_expired')))
  t.ok(verdicts.every(({ kind }) => kind === 'valid'))
  t.equal(server.logins, 2)
})

t.test('every other answer, and none, is no answer; it is logged once, and so is the end of it', async t => {
  const { server, validate, lines } = await make(t, { http_connect_timeout: 0.2 })
  const cases: [string, Instead][] = [
    ['500', { status: 500 }], ['503', { status: 503 }], ['403', { status: 403, body: '{}' }], ['400', { status: 400 }], ['302', { status: 302, headers: { Location: 'http://127.0.0.1:1/' } }],
    ['no JSON', { status: 200, body: '<html>' }], ['no token', { status: 200, body: '{"token":{}}' }], ['429', { status: 429 }], ['a broken connection', 'break'], ['silence', 'hang'],
    ['a flood', { status: 200, body: ' '.repeat(5 * 1024 * 1024) }],
  ]
  t.match(await validate('good', 'refuse_expired'), { kind: 'valid' })
  for (const [what, instead] of cases) {
    server.instead = () => instead
    t.same(await validate('good', 'refuse_expired'), { kind: 'unavailable' }, what)
  }
  t.equal(lines.length, 1)
  server.instead = () => null
  t.match(await validate('good', 'refuse_expired'), { kind: 'valid' })
  t.equal(lines.length, 2)
})

t.test('no token and no password gets into the log', async t => {
  const { server, validate, lines } = await make(t)
  server.instead = () => 'break'
  await validate('a-secret-token', 'refuse_expired')
  t.equal(lines.length, 1)
  t.notMatch(lines.join(''), /a-secret-token|the-password|own-/)
})
