import t from 'tap'
import { keystoneProblems, loginKind } from '../../../../lib/transport/http/auth/options.ts'
import { keystoneOptions } from '../../../helpers/identity.ts'

const good = keystoneOptions('http://controller:5000/v3')
const none = { username: '', password: '', user_domain_id: '', project_name: '', project_domain_name: '' }

t.test('options that suffice have no problems', async t => {
  t.same(keystoneProblems(good), [])
  t.same(keystoneProblems({ ...good, ...none, application_credential_id: 'c', application_credential_secret: 's' }), [])
})

t.test('what is missing is said, each in a line that names the option and shows no secret', async t => {
  const cases: [object, RegExp][] = [
    [{ auth_url: [] }, /auth_url: the address of Keystone is needed/],
    [{ auth_url: ['controller:5000'] }, /auth_url = "controller:5000": expected an address/],
    [{ auth_url: ['ftp://controller'] }, /expected an address/],
    [{ www_authenticate_uri: 'http://x\nSet-Cookie: a' }, /www_authenticate_uri = .*expected an address/],
    [{ www_authenticate_uri: 'http://x"' }, /www_authenticate_uri/],
    [none, /give username, password/],
    [{ password: '' }, /cannot log in/],
    [{ user_domain_id: '' }, /cannot log in/],
    [{ project_domain_name: '' }, /cannot log in/],
    [{ auth_type: 'v3applicationcredential' }, /application_credential_id/],
    [{ application_credential_secret: 's' }, /application_credential_id/],
    [{ certfile: '/c' }, /keyfile/],
    [{ jws_offline: true }, /jws_public_key_repository/],
  ]
  for (const [over, expected] of cases) {
    const problems = keystoneProblems({ ...good, ...over })
    t.equal(problems.length, 1, expected.source)
    t.match(problems[0], expected)
    t.notMatch(problems[0], /\n|the-password/)
  }
  t.equal(keystoneProblems({ ...good, ...none, auth_url: [] }).length, 2)
})

t.test('the way to log in follows from what is given, unless it is said', async t => {
  const both = { ...good, application_credential_id: 'c', application_credential_secret: 's' }
  t.equal(loginKind(good), 'password')
  t.equal(loginKind(both), 'application_credential')
  t.equal(loginKind({ ...both, auth_type: 'password' }), 'password')
  t.equal(loginKind({ ...both, auth_type: 'v3password' }), 'password')
  t.equal(loginKind({ ...both, application_credential_id: '', application_credential_name: 'c' }), 'application_credential')
  t.equal(loginKind({ ...good, user_id: 'u', username: '', user_domain_id: '', project_id: 'p', project_name: '', project_domain_name: '' }), 'password')
  t.equal(loginKind({ ...good, system_scope: 'all', project_name: '', project_domain_name: '' }), 'password')
})
