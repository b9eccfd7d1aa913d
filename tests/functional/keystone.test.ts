/** A server in front of which stands a real Keystone, with Fernet tokens. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { Http, type Reply } from '../helpers/http.ts'
import { startKeystone, type Keystone } from '../helpers/keystone.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const REFUSAL = '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}'

const keystone = await startKeystone(t, { provider: 'fernet', seconds: 3600 })
if ('missing' in keystone) missing(t, 'keystone', keystone.missing)
else await suite(keystone)

async function suite(keystone: Keystone): Promise<void> {
  const server = await startServer(t, { dataDir: temporaryFolder(t), env: keystone.options() })
  /** Believes what it knows for a second only. */
  const forgetful = await startServer(t, { dataDir: temporaryFolder(t), env: keystone.options({ token_cache_time: '1' }) })
  const secrets: string[] = ['marconipw']
  const http = client(t, server)
  const admin = await keystone.admin()

  async function login(...args: Parameters<Keystone['login']>): Promise<string> {
    const token = await keystone.login(...args)
    secrets.push(token)
    return token
  }

  function refused(t: Test, answer: Reply, what: string): void {
    t.equal(answer.status, 401, what)
    t.equal(answer.text, REFUSAL, what)
    t.equal(answer.headers['content-type'], 'application/json', what)
    t.equal(answer.headers['www-authenticate'], `Keystone uri="${keystone.url}"`, what)
    t.match(answer.headers['x-openstack-request-id'], /^req-/, what)
  }

  const demo = await login('demo', { project: 'demo' })
  const alt = await login('alt_demo', { project: 'alt_demo' })

  await t.test('a request is of the project of its token, whatever it says itself', async t => {
    const altProject = await keystone.projectId(admin, 'alt_demo')
    const demoProject = await keystone.projectId(admin, 'demo')
    const forged = {
      'X-Project-Id': altProject, 'X-TENANT-ID': altProject, 'X-Roles': 'admin', 'X-Identity-Status': 'Confirmed', 'X-Is-Admin-Project': 'True', 'OpenStack-System-Scope': 'all',
    }
    t.equal((await http('PUT', '/v1/queues/mine', demo, { headers: forged })).status, 201)
    t.equal((await http('GET', '/v1/queues/mine', alt)).status, 404)
    t.equal((await http('GET', '/v1/queues/mine', demo)).status, 204)
    for (const project of ['', `${altProject},${altProject}`, 'x'.repeat(300)]) {
      t.equal((await http('GET', '/v1/queues/mine', demo, { headers: { 'X-Project-ID': project } })).status, 204, `X-Project-ID ${project}`)
    }
    const raw = await rawCall(server.url, ['GET /v1/queues/mine HTTP/1.1', `X-Auth-Token: ${demo}`, 'Client-ID: 30387f0039da4a8b9d3f5a6f0e1c77aa', `x-PROJECT-id: ${altProject}`, `X-Project-Id: ${altProject}`])
    t.match(raw, /^HTTP\/1\.1 204 /, 'repeated and oddly spelled')
    const lines = await until('the log tells of it', () => {
      const found = server.log.filter(({ path, status }) => path === '/v1/queues/mine' && status === 201)
      return found.length > 0 && found
    })
    t.match(lines, [{ project: demoProject, user: /^[0-9a-f]{32}$/ }])
  })

  await t.test('a request without a valid token is refused on every path, and by nothing got past', async t => {
    const identity = { 'X-Project-ID': 'p', 'X-Roles': 'admin', 'X-Identity-Status': 'Confirmed', 'X-User-Id': 'u' }
    const cases: [string, string | null, Record<string, string>][] = [
      ['no token', null, {}],
      ['an empty token', '', {}],
      ['blanks for a token', '   ', {}],
      ['a garbled token', 'garbage', {}],
      ['half a token', demo.slice(0, 90), {}],
      ['two tokens', `${demo}, ${demo}`, {}],
      ['a token that is too long', 'a'.repeat(9000), {}],
      ['an identity brought along', null, identity],
      ['EXTRA-SPEC', null, { ...identity, 'EXTRA-SPEC': 'messagecode:x' }],
      ['a token in the wrong header', null, { Authorization: `Bearer ${demo}` }],
      ['an empty token in the header that counts', '', { 'X-Storage-Token': demo }],
    ]
    for (const [what, token, headers] of cases) {
      for (const [verb, path] of [['GET', '/v1/queues'], ['PUT', '/v1/queues/fiz'], ['GET', '/v1/health'], ['GET', '/nowhere'], ['GET', '/v2/queues'], ['PATCH', '/v1/queues/Nice-Bo@t']] as const) {
        refused(t, await http(verb, path, token, { headers }), `${what}: ${verb} ${path}`)
      }
    }
    for (const path of ['/v1/queues', '/v2/queues', '/nowhere']) {
      const { status, text } = await http('GET', path, null, { headers: { ...identity, 'URL-Signature': '' } })
      t.same([status, text], [404, '{"title":"404 Not Found"}'], `an empty URL-Signature is a wrong one: ${path}`)
    }
    t.equal((await http('GET', '/v1/queues/mine', null, { headers: { 'X-Storage-Token': ` ${demo} ` } })).status, 204, 'the other header does')
    t.equal((await http('GET', '/v1/queues/mine', `\t${demo} `)).status, 204, 'blanks around the token do no harm')
  })

  await t.test('a token without a project may do nothing: 400 on known paths, 404 on others', async t => {
    for (const [user, scope] of [['demo', 'nothing'], ['admin', 'system'], ['admin', 'domain']] as const) {
      const token = await login(user, scope)
      const answer = await http('GET', '/v1/queues', token, { headers: { 'X-Project-ID': 'p' } })
      t.equal(answer.status, 400, scope)
      t.equal(answer.text, '{"description":"The header X-PROJECT-ID was missing","title":"Project-Id Missing"}', scope)
      t.equal((await http('GET', '/nowhere', token)).status, 404, scope)
      t.equal((await http('GET', '/v1/queues', token, { headers: { Accept: 'text/html' } })).status, 406, scope)
    }
  })

  await t.test('one token costs one validation, however often it comes and however many come at once', async t => {
    const [token, bad] = [await login('demo', { project: 'demo' }), `gAAAA${randomBytes(90).toString('base64url')}`]
    const before = await keystone.validations()
    const first = await Promise.all(Array.from({ length: 40 }, () => http('GET', '/v1/queues/mine', token)))
    t.ok(first.every(({ status }) => status === 204))
    for (let turn = 0; turn < 40; turn++) await http('GET', '/v1/queues/mine', token)
    t.equal(await keystone.validations() - before, 1, 'valid')
    await Promise.all(Array.from({ length: 40 }, () => http('GET', '/v1/queues/mine', bad)))
    for (let turn = 0; turn < 40; turn++) t.equal((await http('GET', '/v1/queues/mine', bad)).status, 401)
    t.equal(await keystone.validations() - before, 2, 'invalid')
  })

  await t.test('a revoked token and a disabled user are refused after the cache time', async t => {
    const http = client(t, forgetful)
    const id = await keystone.addUser(admin, { user: 'doomed', project: 'demo', roles: ['member'] })
    const [revoked, disabled] = [await login('demo', { project: 'demo' }), await login('doomed', { project: 'demo' })]
    for (const token of [revoked, disabled]) t.equal((await http('PUT', '/v1/queues/shared', token)).status < 300, true)
    await keystone.must('DELETE', '/auth/tokens', { token: admin, subject: revoked })
    await keystone.must('PATCH', `/users/${id}`, { token: admin, body: { user: { enabled: false } } })
    for (const token of [revoked, disabled]) {
      const answer = await until('the token is refused', async () => {
        const answer = await http('GET', '/v1/queues/shared', token)
        return answer.status === 401 && answer
      })
      refused(t, answer, 'no longer valid')
    }
  })

  await t.test('an application credential may do what its access rules say', async t => {
    const { id } = (await keystone.must<{ user: { id: string } }>('GET', '/auth/tokens', { token: demo, subject: demo }, 'token')).user
    const credential = async (name: string, rules: object) => {
      const made = await keystone.must<{ id: string; secret: string }>('POST', `/users/${id}/application_credentials`, { token: demo, body: { application_credential: { name, ...rules } } }, 'application_credential')
      secrets.push(made.secret)
      const { token } = await keystone.call('POST', '/auth/tokens', { body: { auth: { identity: { methods: ['application_credential'], application_credential: { id: made.id, secret: made.secret } } } } })
      secrets.push(token)
      return token
    }
    const rule = (method: string, path: string, service = 'messaging') => ({ method, path, service })
    const free = await credential('free', {})
    t.equal((await http('GET', '/v1/queues/mine', free)).status, 204, 'without rules')
    const ruled = await credential('ruled', { access_rules: [rule('GET', '/v1/queues/*'), rule('POST', '/v1/queues/{queue}/messages'), rule('GET', '/v1/queues/mine/**'), rule('DELETE', '/**', 'compute')] })
    const message = [{ ttl: 60, body: 1 }]
    t.equal((await http('GET', '/v1/queues/mine', ruled)).status, 204)
    t.equal((await http('GET', '/v1/queues/mine?x=/../', ruled)).status, 204, 'the query does not matter')
    t.equal((await http('POST', '/v1/queues/mine/messages', ruled, { body: message })).status, 201)
    t.equal((await http('GET', '/v1/queues/mine/stats', ruled)).status, 200)
    for (const [verb, path] of [['GET', '/v1/queues'], ['PUT', '/v1/queues/mine'], ['HEAD', '/v1/queues/mine'], ['DELETE', '/v1/queues/mine'], ['GET', '/v1/queues/other/stats'], ['GET', '/nowhere']] as const) {
      const answer = await http(verb, path, ruled)
      t.equal(answer.status, 401, `${verb} ${path}`)
    }
    const service = await login('marconi', { project: 'service' })
    t.equal((await http('GET', '/v1/queues', ruled, { headers: { 'X-Service-Token': service } })).status, 200, 'a service is not held to the rules')
  })

  await t.test('a service token must be one of a service, and then the user token still counts', async t => {
    const service = await login('marconi', { project: 'service' })
    t.equal((await http('GET', '/v1/queues/mine', demo, { headers: { 'X-Service-Token': service } })).status, 204)
    refused(t, await http('GET', '/v1/queues/mine', demo, { headers: { 'X-Service-Token': alt } }), 'a service token without the role')
    refused(t, await http('GET', '/v1/queues/mine', demo, { headers: { 'X-Service-Token': 'garbage' } }), 'a garbled service token')
    refused(t, await http('GET', '/v1/queues/mine', null, { headers: { 'X-Service-Token': service } }), 'a service token alone')
    refused(t, await http('GET', '/v1/queues/mine', 'garbage', { headers: { 'X-Service-Token': service } }), 'a service token with garbage')
  })

  await t.test('while Keystone is down, known tokens go on and others are put off', async t => {
    const unknown = await login('demo_reader', { project: 'demo' })
    t.equal((await http('GET', '/v1/queues/mine', demo)).status, 204)
    await keystone.stop()
    t.equal((await http('GET', '/v1/queues/mine', demo)).status, 204, 'known')
    const answer = await http('GET', '/v1/queues/mine', unknown)
    t.equal(answer.status, 503)
    t.equal(answer.text, '503 Service Unavailable\n\nThe Keystone service is temporarily unavailable.\n\n')
    t.match(answer.headers['content-type'], /^text\/plain/)
    t.equal(answer.headers['retry-after'], '30')
    t.match(answer.headers['x-openstack-request-id'], /^req-/)
    await keystone.restart({ provider: 'fernet', seconds: 3 })
    t.equal((await until('Keystone is asked again', async () => {
      const answer = await http('GET', '/v1/queues/mine', unknown)
      return answer.status !== 503 && answer
    })).status, 204)
  })

  await t.test('an expired token is refused, known or not, unless a service shows it', async t => {
    const [known, unknown] = [await login('demo', { project: 'demo' }), await login('demo', { project: 'demo' })]
    t.equal((await http('GET', '/v1/queues/mine', known)).status, 204)
    refused(t, await until('the token has expired', async () => {
      const answer = await http('GET', '/v1/queues/mine', known)
      return answer.status === 401 && answer
    }), 'known')
    refused(t, await http('GET', '/v1/queues/mine', unknown), 'unknown')
    const service = await login('marconi', { project: 'service' })
    for (const token of [known, unknown]) t.equal((await http('GET', '/v1/queues/mine', token, { headers: { 'X-Service-Token': service } })).status, 204, 'a service shows it')
    refused(t, await http('GET', '/v1/queues/mine', known), 'by itself it is refused still')
  })

  await t.test('no token and no password is in the log', async t => {
    for (const { stderr, stdout } of [await server.stop(), await forgetful.stop()]) {
      t.match(stderr, /"msg":"request"/)
      for (const secret of secrets) t.notOk(`${stdout}${stderr}`.includes(secret), 'a secret')
    }
  })
}

interface Given {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls with a token; null sends none. */
function client(t: Test, server: RunningServer): (verb: string, path: string, token: string | null, given?: Given) => Promise<Reply> {
  const http = new Http(server.url, { sockets: 20 })
  t.teardown(() => { http.close() })
  return (verb, path, token, { body, headers = {} } = {}) => http.call(verb, path, body, { ...token === null ? {} : { 'X-Auth-Token': token }, ...headers })
}

function rawCall(url: string, lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () => { socket.write([...lines, 'Host: x', 'Connection: close', '', ''].join('\r\n')) })
    socket.setTimeout(10_000, () => { socket.destroy(new Error('no answer')) })
    socket.setEncoding('utf8').on('data', (part: string) => { text += part })
    socket.on('error', reject).on('close', () => { resolve(text) })
  })
}
