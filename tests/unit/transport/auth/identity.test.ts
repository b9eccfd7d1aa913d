import t from 'tap'
import { IDENTITY_HEADERS, readValidation, stripIdentity } from '../../../../lib/transport/http/auth/identity.ts'
import { description } from '../../../helpers/identity.ts'

const read = (over: object) => readValidation({ token: description(over) }, 'messaging')

t.test('every identity header is stripped, the others are left', async t => {
  const kept = ['x-auth-token', 'x-service-token', 'x-storage-token', 'client-id', 'x-openstack-request-id', 'x-users', 'url-signature']
  const headers = Object.fromEntries([...IDENTITY_HEADERS, ...kept, 'x_roles', 'x_project_id', 'openstack_system_scope'].map(name => [name, 'v']))
  const rawHeaders = ['X-Roles', 'admin', 'X-Auth-Token', 'v', 'x-ROLES', 'root', 'X_Project_Id', 'p', 'Client-ID', 'v']
  stripIdentity({ headers, rawHeaders })
  t.same(Object.entries(headers).filter(([, value]) => value !== undefined).map(([name]) => name).sort(), kept.sort())
  t.same(rawHeaders, ['X-Auth-Token', 'v', 'Client-ID', 'v'])
  t.equal(IDENTITY_HEADERS.size, 6 + 20 + 5 + 1)
})

t.test('a token is of its user and project, with its roles', async t => {
  const expires = Date.UTC(2099, 0, 1)
  const user = { id: 'u1', name: 'demo' }
  t.same(read({}), {
    identity: { user, caller: { project: 'p1', user, roles: ['member', 'reader'], isAdminProject: true, expires } }, roles: ['member', 'reader'], expires, rules: null,
  })
  t.equal(read({ is_admin_project: false })?.identity.caller?.isAdminProject, false)
})

t.test('a token without a project has no caller', async t => {
  for (const over of [{ project: undefined }, { project: undefined, system: { all: true } }, { project: undefined, domain: { id: 'd' } }, { project: { id: '' } }, { project: { id: 'x'.repeat(257) } }]) {
    const token = read(over)
    t.equal(token?.identity.caller, null)
    t.equal(token?.identity.user.id, 'u1')
  }
})

t.test('an answer that is not understood is no token', async t => {
  for (const body of [null, 1, 'token', [], {}, { token: null }, { token: { user: { id: 'u' } } }, { token: description({ expires_at: 'soon' }) }, { token: description({ user: null }) }]) {
    t.equal(readValidation(body, 'messaging'), null, JSON.stringify(body))
  }
})

t.test('access rules count if the service is in the catalogue of the token, and else allow nothing', async t => {
  const application_credential = { access_rules: [{ service: 'messaging', method: 'GET', path: '/v1' }, { service: 'compute', method: 'GET', path: '/' }, null, { service: 'messaging' }] }
  const catalog = [{ type: 'identity' }, { type: 'messaging' }]
  t.equal(read({ application_credential, catalog })?.rules?.length, 1)
  t.same(read({ application_credential })?.rules, [])
  t.same(read({ application_credential, catalog: [{ type: 'compute' }] })?.rules, [])
  t.same(readValidation({ token: description({ application_credential, catalog }) }, '')?.rules, [], 'no type is configured')
  t.same(read({ application_credential: { access_rules: [] }, catalog })?.rules, [])
  for (const free of [{}, { access_rules: null }]) t.equal(read({ application_credential: free })?.rules, null)
})

t.test('a token that is bound to something that cannot be checked allows nothing', async t => {
  t.same(read({ bind: { kerberos: 'u' } })?.rules, [])
  t.equal(read({ bind: {} })?.rules, null)
})
