/** None of the ways around authentication of api-v2.md 16.3 is one here. */
import t from 'tap'
import { systemClock } from '../../../lib/clock.ts'
import { buildPolicy } from '../../../lib/policy/policy.ts'
import { keystoneAuth } from '../../../lib/transport/http/auth/keystone.ts'
import { boot, CLIENT } from '../../helpers/boot.ts'
import { description, IdentityServer, keystoneOptions, memoryLog } from '../../helpers/identity.ts'

const identity = await new IdentityServer().start(t)
identity.tokens.set('good', description())
const auth = keystoneAuth(keystoneOptions(identity.url), { log: memoryLog().log, clock: systemClock })
t.teardown(() => { auth.close() })
const { policy } = buildPolicy(new Map())
const service = await boot(t, { parts: { auth, policy, adminMode: true, signing: { secret_key: 'test' } } })
const { call } = service

/** What a client can say of itself. */
const CLAIMS = {
  'X-Project-ID': 'victim', 'X-Roles': 'admin', 'X-User-Id': 'root', 'X-Identity-Status': 'Confirmed', 'X-Is-Admin-Project': 'True',
  'X-Tenant-Id': 'victim', 'X-Role': 'admin', 'OpenStack-System-Scope': 'all',
}
const PATHS = [['GET', '/v2/queues'], ['PUT', '/v2/queues/q'], ['POST', '/v2/queues/q/share'], ['GET', '/v2/'], ['GET', '/v2/ping'], ['GET', '/v2/pools'], ['GET', '/v2/health'], ['GET', '/quotas/victim'], ['GET', '/v1/queues'], ['GET', '/v1.1/queues']] as const

t.test('EXTRA-SPEC does not stand in for a token', async t => {
  for (const spec of ['messagecode:1', 'x', '']) {
    for (const [verb, path] of PATHS) {
      const answer = await call(verb, path, { project: null, headers: { ...CLAIMS, 'EXTRA-SPEC': spec } })
      t.equal(answer.status, 401, `${verb} ${path} ${spec}`)
    }
  }
})

t.test('an empty signature does not either', async t => {
  for (const [verb, path] of PATHS) {
    const answer = await call(verb, path, { project: null, headers: { ...CLAIMS, 'URL-Signature': '' } })
    t.same([answer.status, answer.text], [404, '{"title":"404 Not Found"}'], `${verb} ${path}`)
  }
})

t.test('a bad signature is not made good by a good token', async t => {
  const answer = await call('GET', '/v2/queues', { project: null, headers: { 'X-Auth-Token': 'good', 'URL-Signature': '0'.repeat(64) } })
  t.equal(answer.status, 404)
})

t.test('a token does what it may in its own project, whatever the client says of itself', async t => {
  const headers = { ...CLAIMS, 'X-Auth-Token': 'good', 'EXTRA-SPEC': 'messagecode:1' }
  t.equal((await call('PUT', '/v2/queues/mine', { project: null, headers })).status, 201)
  t.equal((await call('GET', '/quotas/victim', { project: null, headers })).status, 403, 'no administrator')
  const inProject = async (project: string) => (await service.stores.control.listQueues(project as never, '', 10)).map(({ queue }) => queue)
  t.same([await inProject('victim'), await inProject('p1')], [[], ['mine']])
})

t.test('a signed request has the project that signed, and no roles', async t => {
  const token = { 'X-Auth-Token': 'good' }
  const shared = (await call('POST', '/v2/queues/mine/share', { project: null, headers: token, body: '{"methods":["GET"]}' })).json<Record<string, string & string[]>>()
  const signed = {
    'URL-Signature': shared['signature'] ?? '', 'URL-Expires': shared['expires'] ?? '', 'URL-Methods': 'GET', 'URL-Paths': shared['paths']?.join(',') ?? '',
    'X-Project-ID': shared['project'] ?? '', 'X-Roles': 'admin',
  }
  t.equal(shared['project'], 'p1')
  const before = identity.validations
  t.equal((await call('GET', '/v2/queues/mine/messages', { client: CLIENT, project: null, headers: signed })).status, 200)
  t.equal((await call('GET', '/v2/queues/mine/messages', { project: null, headers: { ...signed, 'X-Project-ID': 'victim' } })).status, 404)
  t.equal((await call('GET', '/v2/queues', { project: null, headers: signed })).status, 404)
  t.equal((await call('GET', '/quotas/p1', { project: null, headers: signed })).status, 404)
  t.equal(identity.validations, before, 'Keystone is not asked')
})
