/** A server in front of which stands a real Keystone with signed tokens, of which much can be told without asking it. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import t, { type Test } from 'tap'
import { Http, type Reply } from '../helpers/http.ts'
import { startKeystone, type Keystone } from '../helpers/keystone.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const keystone = await startKeystone(t, { provider: 'jws', seconds: 3600 })
if ('missing' in keystone) missing(t, 'keystone', keystone.missing)
else await suite(keystone)

async function suite(keystone: Keystone): Promise<void> {
  const folder = join(temporaryFolder(t), 'public')
  mkdirSync(folder)
  copyFileSync(join(keystone.publicKeys, 'public.pem'), join(folder, 'keystone.pem'))
  const server = await startServer(t, { dataDir: temporaryFolder(t), env: keystone.options({ jws_public_key_repository: folder, token_cache_time: '1' }) })
  const http = client(t, server)
  const admin = await keystone.admin()
  const demo = await keystone.login('demo', { project: 'demo' })
  const claims = jwt.decode(demo, { json: true }) ?? {}
  const key = readFileSync(keystone.privateKey)

  /** Tokens that look good and are not; none of them is Keystone's business. */
  function forgeries(): Record<string, string> {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const publicPem = readFileSync(join(folder, 'keystone.pem'))
    const [head = '', body = '', signature = ''] = demo.split('.')
    const other = Buffer.from(JSON.stringify({ ...claims, openstack_project_id: 'f'.repeat(32) })).toString('base64url')
    const unsigned = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')
    return {
      'of a stranger': jwt.sign(claims, stranger, { algorithm: 'ES256' }),
      'with another project': `${head}.${other}.${signature}`,
      'without a signature': `${head}.${body}.`,
      'of the algorithm none': `${unsigned('none')}.${body}.`,
      'signed with the public key as a secret': hmac(claims, publicPem),
      'said to be of another algorithm': `${unsigned('ES384')}.${body}.${signature}`,
      expired: jwt.sign({ ...claims, iat: 1_000_000_000, exp: 1_000_003_600 }, key, { algorithm: 'ES256' }),
      'of the future': jwt.sign({ ...claims, iat: Number(claims.iat) + 7200, exp: Number(claims.exp) + 7200 }, key, { algorithm: 'ES256' }),
      'without an end': jwt.sign(Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'exp')), key, { algorithm: 'ES256' }),
    }
  }

  await t.test('a signed token works, and costs one validation', async t => {
    const before = await keystone.validations()
    t.equal((await http('PUT', '/v1/queues/mine', demo)).status, 201)
    t.equal(await keystone.validations() - before, 1)
  })

  await t.test('a token that is forged or expired is refused without asking Keystone', async t => {
    const before = await keystone.validations()
    for (const [what, token] of Object.entries(forgeries())) t.equal((await http('GET', '/v1/queues/mine', token)).status, 401, what)
    t.equal(await keystone.validations() - before, 0)
  })

  await t.test('a revoked token is refused after the cache time, although its signature is good', async t => {
    const token = await keystone.login('demo', { project: 'demo' })
    t.equal((await http('GET', '/v1/queues/mine', token)).status, 204)
    await keystone.must('DELETE', '/auth/tokens', { token: admin, subject: token })
    await until('the token is refused', async () => (await http('GET', '/v1/queues/mine', token)).status === 401)
    t.ok(jwt.verify(token, readFileSync(join(folder, 'keystone.pem')), { algorithms: ['ES256'] }))
  })

  await t.test('the keys are read again when the folder changes', async t => {
    const fresh = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const isAsked = async () => {
      const before = await keystone.validations()
      await http('GET', '/v1/queues/mine', jwt.sign({ ...claims, nonce: String(before), at: performance.now() }, fresh.privateKey, { algorithm: 'ES256' }))
      return await keystone.validations() > before
    }
    t.equal(await isAsked(), false, 'not signed by a known key')
    const pem = fresh.publicKey.export({ type: 'spki', format: 'pem' })
    writeFileSync(join(folder, 'next.pem'), pem)
    await until('a token of the new key is one to ask about', isAsked)
    t.equal((await http('GET', '/v1/queues/mine', await keystone.login('demo', { project: 'demo' }))).status, 204, 'the old key counts as well')
    rmSync(join(folder, 'next.pem'))
    await until('it is so no longer', async () => !await isAsked())
  })

  await t.test('offline, a signed token is believed without Keystone, unless there may be more to it', async t => {
    const offline = await startServer(t, { dataDir: temporaryFolder(t), env: keystone.options({ jws_public_key_repository: folder, jws_offline: 'true' }) })
    const http = client(t, offline)
    const restricted = await credentialOf(keystone, demo)
    const before = await keystone.validations()
    t.equal((await http('PUT', '/v1/queues/mine', demo)).status, 201)
    t.equal((await http('GET', '/v1/queues/mine', await keystone.login('demo', 'nothing'))).status, 400, 'of no project')
    for (const [what, token] of Object.entries(forgeries())) t.equal((await http('GET', '/v1/queues/mine', token)).status, 401, what)
    t.equal(await keystone.validations() - before, 0, 'Keystone has not been asked')
    t.equal((await http('GET', '/v1/queues/mine', restricted)).status, 204)
    t.equal((await http('PUT', '/v1/queues/mine', restricted)).status, 401, 'access rules hold')
    t.equal(await keystone.validations() - before, 1, 'about the application credential')
    const service = await keystone.login('marconi', { project: 'service' })
    t.equal((await http('GET', '/v1/queues/mine', demo, { 'X-Service-Token': service })).status, 204)
    t.equal(await keystone.validations() - before, 3, 'about both tokens of a service')
    const project = (await until('the log tells of it', () => offline.log.find(({ path, status }) => path === '/v1/queues/mine' && status === 201) ?? null))['project']
    t.equal(project, claims['openstack_project_id'])
  })
}

async function credentialOf(keystone: Keystone, token: string): Promise<string> {
  const { id } = (await keystone.must<{ user: { id: string } }>('GET', '/auth/tokens', { token, subject: token }, 'token')).user
  const { id: credential, secret } = await keystone.must<{ id: string; secret: string }>('POST', `/users/${id}/application_credentials`, {
    token, body: { application_credential: { name: 'ruled', access_rules: [{ service: 'messaging', method: 'GET', path: '/v1/**' }] } },
  }, 'application_credential')
  return (await keystone.call('POST', '/auth/tokens', { body: { auth: { identity: { methods: ['application_credential'], application_credential: { id: credential, secret } } } } })).token
}

/** A token whose secret is what everybody knows: the public key. */
function hmac(claims: object, publicPem: Buffer): string {
  const [head, body] = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${String(head)}.${String(body)}.${createHmac('sha256', publicPem).update(`${String(head)}.${String(body)}`).digest('base64url')}`
}

/** Calls with a token. */
function client(t: Test, server: RunningServer): (verb: string, path: string, token: string, headers?: Readonly<Record<string, string>>) => Promise<Reply> {
  const http = new Http(server.url)
  t.teardown(() => { http.close() })
  return (verb, path, token, headers = {}) => http.call(verb, path, undefined, { 'X-Auth-Token': token, ...headers })
}
