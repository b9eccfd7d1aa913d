import t, { type Test } from 'tap'
import { identityClient } from '../../../../lib/transport/http/auth/identity-client.ts'
import type { KeystoneOptions } from '../../../../lib/transport/http/auth/options.ts'
import { openSession, type Session } from '../../../../lib/transport/http/auth/session.ts'
import { HandClock } from '../../../helpers/clock.ts'
import { IdentityServer, keystoneOptions } from '../../../helpers/identity.ts'

interface Fixture {
  readonly server: IdentityServer
  readonly session: Session
  readonly clock: HandClock
}

async function make(t: Test, over: Partial<KeystoneOptions> = {}): Promise<Fixture> {
  const clock = new HandClock()
  const server = await new IdentityServer().start(t)
  server.now = () => clock.now()
  const options = keystoneOptions(server.url, over)
  const client = identityClient(options)
  t.teardown(() => { client.close() })
  return { server, clock, session: openSession(options, { client, clock }) }
}

function bodyOf({ calls }: IdentityServer): unknown {
  return JSON.parse(calls.find(({ method }) => method === 'POST')?.body ?? 'null')
}

t.test('nothing is sent before it is needed, and then one login serves all who need it', async t => {
  const { server, session } = await make(t)
  t.equal(server.calls.length, 0)
  const all = await Promise.all(Array.from({ length: 50 }, () => session.access()))
  t.same(new Set(all.map(({ token }) => token)), new Set(['own-1']))
  t.equal(server.logins, 1)
  t.same(all[0]?.servers, [`${server.url}/v3`])
})

t.test('it logs in with a password, to a project', async t => {
  const { server, session } = await make(t)
  await session.access()
  t.same(bodyOf(server), { auth: {
    identity: { methods: ['password'], password: { user: { name: 'marconi', domain: { id: 'default' }, password: 'the-password' } } },
    scope: { project: { name: 'service', domain: { name: 'Default' } } },
  } })
})

t.test('ids stand for themselves, without a domain', async t => {
  const { server, session } = await make(t, { user_id: 'u', project_id: 'p' })
  await session.access()
  t.same(bodyOf(server), { auth: { identity: { methods: ['password'], password: { user: { id: 'u', password: 'the-password' } } }, scope: { project: { id: 'p' } } } })
})

t.test('it logs in with an application credential, by id or by name', async t => {
  const byId = await make(t, { application_credential_id: 'c', application_credential_secret: 's' })
  await byId.session.access()
  t.same(bodyOf(byId.server), { auth: { identity: { methods: ['application_credential'], application_credential: { id: 'c', secret: 's' } } } })
  const byName = await make(t, { application_credential_name: 'n', application_credential_secret: 's' })
  await byName.session.access()
  t.same(bodyOf(byName.server), { auth: { identity: { methods: ['application_credential'], application_credential: { name: 'n', secret: 's', user: { name: 'marconi', domain: { id: 'default' } } } } } })
})

t.test('it logs in to the system', async t => {
  const { server, session } = await make(t, { system_scope: 'all' })
  await session.access()
  t.match(bodyOf(server), { auth: { scope: { system: { all: true } } } })
})

t.test('its token is renewed two minutes before it ends, or at half its life', async t => {
  const long = await make(t)
  t.equal((await long.session.access()).token, 'own-1')
  long.clock.tick(3600 - 121)
  t.equal((await long.session.access()).token, 'own-1')
  long.clock.tick(2)
  t.equal((await long.session.access()).token, 'own-2')
  const short = await make(t)
  short.server.life = 10
  t.equal((await short.session.access()).token, 'own-1')
  short.clock.tick(4)
  t.equal((await short.session.access()).token, 'own-1')
  short.clock.tick(2)
  t.equal((await short.session.access()).token, 'own-2')
})

t.test('a token that was refused is made anew, once for all who were refused with it', async t => {
  const { server, session } = await make(t)
  const access = await session.access()
  session.forget(access)
  t.equal((await session.access()).token, 'own-2')
  session.forget(access)
  t.equal((await session.access()).token, 'own-2', 'it was another one')
  t.equal(server.logins, 2)
})

t.test('the address is found from any form of auth_url, and a name that cannot be reached is not used', async t => {
  for (const suffix of ['', '/', '/v3', '/v3/']) {
    const server = await new IdentityServer().start(t)
    const options = keystoneOptions(`${server.url}${suffix}`)
    const client = identityClient(options)
    await openSession(options, { client, clock: new HandClock() }).access().catch(() => t.fail(suffix))
    t.same(server.calls.map(({ method, path }) => `${method} ${path}`), [...suffix.includes('v3') ? [] : ['GET /'], 'POST /v3/auth/tokens'])
    client.close()
  }
})

t.test('tokens are checked at the address of the interface and region that are asked for', async t => {
  const catalog = [
    { type: 'compute', endpoints: [{ interface: 'public', region: 'one', url: 'http://no' }] },
    { type: 'identity', endpoints: [
      { interface: 'public', region: 'one', region_id: 'one', url: 'http://public.one/identity' }, { interface: 'internal', region: 'one', url: 'http://internal.one/v3' },
      { interface: 'public', region_id: 'two', url: 'http://public.two/v2.0/' }, { interface: 'public', region_id: 'two', url: 'http://also.two/v3/' }, { interface: 'public', url: null },
    ] },
  ]
  const cases: [Partial<KeystoneOptions>, string[]][] = [
    [{ interface: 'internal' }, ['http://internal.one/v3']],
    [{ interface: 'public', region_name: 'one' }, ['http://public.one/identity/v3']],
    [{ interface: 'public', region_name: 'two' }, ['http://public.two/v3', 'http://also.two/v3']],
  ]
  for (const [over, expected] of cases) {
    const { server, session } = await make(t, over)
    server.catalog = catalog
    t.same((await session.access()).servers, expected)
  }
  for (const over of [{ interface: 'admin' }, { region_name: 'three' }] as const) {
    const { server, session } = await make(t, over)
    server.catalog = catalog
    await t.rejects(session.access(), /no (admin|internal) address of identity/)
  }
})

t.test('the next address is tried when one is out of order', async t => {
  const dead = await new IdentityServer().start(t)
  dead.instead = () => 'break'
  const broken = await new IdentityServer().start(t)
  broken.instead = () => ({ status: 500 })
  const { server, session } = await make(t)
  const options = keystoneOptions('', { auth_url: [dead.url, broken.url, server.url], http_request_max_retries: 0 })
  const client = identityClient(options)
  t.teardown(() => { client.close() })
  t.equal((await openSession(options, { client, clock: new HandClock() }).access()).token, 'own-1')
  t.ok(dead.calls.length > 0 && broken.calls.length > 0)
  void session
})

t.test('a login that fails is not tried again at once, nor made longer than it must be', async t => {
  const { server, session, clock } = await make(t, { http_request_max_retries: 3 })
  server.instead = ({ method }) => method === 'POST' ? { status: 401 } : null
  for (let turn = 0; turn < 20; turn++) await t.rejects(session.access(), /answered with 401/)
  t.equal(server.logins, 1, 'a wrong password is not made right by trying')
  server.instead = () => null
  clock.tick(1)
  t.equal((await session.access()).token, 'own-1')
})

t.test('a connection that breaks is made again', async t => {
  const { server, session } = await make(t, { http_request_max_retries: 2 })
  let broken = 0
  server.instead = () => broken++ < 2 ? 'break' : null
  t.equal((await session.access()).token, 'own-1')
})

t.test('an answer that is not understood is no login', async t => {
  for (const answer of [{ status: 201, body: '{}' }, { status: 201, body: 'x', headers: { 'X-Subject-Token': 'x' } }, { status: 201, body: '{"token":{"expires_at":"2099-01-01T00:00:00Z"}}', headers: { 'X-Subject-Token': 'x' } }]) {
    const { server, session } = await make(t)
    server.instead = ({ method }) => method === 'POST' ? answer : null
    await t.rejects(session.access(), /not understood|no internal address/)
  }
})
