import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { identityClient, Unreachable, type IdentityClient } from '../../../../lib/transport/http/auth/identity-client.ts'
import { IdentityServer, keystoneOptions } from '../../../helpers/identity.ts'
import { missing } from '../../../helpers/require.ts'

const QUESTION = { method: 'GET', path: '/', headers: { 'X-Subject-Token': 'the-token' } } as const

function rejectsSilently(client: IdentityClient, url: string): Promise<string> {
  return client.ask([url], QUESTION).then(() => 'answered', (error: unknown) => error instanceof Unreachable ? error.message : 'another error')
}

t.test('connections stay open', async t => {
  const server = await new IdentityServer().start(t)
  const client = identityClient(keystoneOptions(server.url))
  t.teardown(() => { client.close() })
  const ports = new Set<string>()
  server.instead = ({ headers }) => {
    ports.add(String(headers.connection))
    return null
  }
  for (let turn = 0; turn < 5; turn++) t.equal((await client.ask([server.url], QUESTION)).status, 300)
  t.same([...ports], ['keep-alive'])
})

t.test('what goes wrong is told without what was sent', async t => {
  const server = await new IdentityServer().start(t)
  const client = identityClient(keystoneOptions(server.url, { http_connect_timeout: 0.2 }))
  t.teardown(() => { client.close() })
  server.instead = () => 'break'
  t.equal(await rejectsSilently(client, server.url), `${server.url}: ECONNRESET`)
  server.instead = () => 'hang'
  t.equal(await rejectsSilently(client, server.url), `${server.url}: no answer in time`)
  server.instead = () => ({ status: 200, body: 'x'.repeat(5 * 1024 * 1024) })
  t.equal(await rejectsSilently(client, server.url), `${server.url}: max-size`)
})

t.test('it is not led elsewhere', async t => {
  const [server, other] = [await new IdentityServer().start(t), await new IdentityServer().start(t)]
  const client = identityClient(keystoneOptions(server.url))
  t.teardown(() => { client.close() })
  server.instead = () => ({ status: 302, headers: { Location: other.url } })
  t.equal((await client.ask([server.url], QUESTION)).status, 302)
  t.equal(other.calls.length, 0)
})

t.test('the server that answered last is asked first', async t => {
  const [one, two] = [await new IdentityServer().start(t), await new IdentityServer().start(t)]
  const client = identityClient(keystoneOptions(one.url))
  t.teardown(() => { client.close() })
  one.instead = () => 'break'
  for (let turn = 0; turn < 3; turn++) t.equal((await client.ask([one.url, two.url], QUESTION)).status, 300)
  t.equal(one.calls.length, 1)
  two.instead = () => ({ status: 503 })
  one.instead = () => null
  t.equal((await client.ask([one.url, two.url], QUESTION)).status, 300)
  two.instead = one.instead = () => ({ status: 503 })
  t.equal((await client.ask([one.url, two.url], QUESTION)).status, 503, 'all are out of order')
})

t.test('only what may pass is tried again', async t => {
  const client = identityClient(keystoneOptions('http://x', { http_request_max_retries: 2 }))
  const attempts = { passing: 0, lasting: 0, other: 0 }
  for (const kind of ['passing', 'lasting'] as const) {
    await t.rejects(client.persist(() => {
      attempts[kind]++
      return Promise.reject(new Unreachable('gone', kind))
    }), /gone/)
  }
  await t.rejects(client.persist(() => {
    attempts.other++
    return Promise.reject(new Error('a defect'))
  }), /a defect/)
  t.same(attempts, { passing: 3, lasting: 1, other: 1 })
  client.close()
})

t.test('closing ends what is under way', async t => {
  const server = await new IdentityServer().start(t)
  server.instead = () => 'hang'
  const client = identityClient(keystoneOptions(server.url))
  const asked = rejectsSilently(client, server.url)
  client.close()
  t.match(await asked, /no answer/)
})

t.test('a certificate must be signed by whom the options name, unless they say otherwise', async t => {
  const folder = t.testdir()
  const [keyfile, certfile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const { status } = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-keyout', keyfile, '-out', certfile, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
  ], { timeout: 60_000 })
  if (status !== 0) {
    missing(t, 'openssl', 'the openssl program')
    return
  }
  let shown = false
  const server = await new IdentityServer().start(t, listener => createServer({ key: readFileSync(keyfile), cert: readFileSync(certfile), requestCert: true, rejectUnauthorized: false, ca: readFileSync(certfile) }, (req, res) => {
    shown = Object.keys((req.socket as unknown as { getPeerCertificate(): object }).getPeerCertificate()).length > 0
    listener(req, res)
  }))
  const url = server.url.replace('http:', 'https:')
  const status300 = async (over: object) => {
    const client = identityClient(keystoneOptions(url, over))
    t.teardown(() => { client.close() })
    return client.ask([url], QUESTION).then(reply => reply.status, (error: unknown) => String(error))
  }
  t.match(await status300({}), /SELF_SIGNED/)
  t.equal(await status300({ cafile: certfile }), 300)
  t.equal(await status300({ insecure: true }), 300)
  t.equal(shown, false)
  t.equal(await status300({ cafile: certfile, certfile, keyfile }), 300)
  t.equal(shown, true, 'and shows its own')
  writeFileSync(join(folder, 'empty'), '')
  t.throws(() => identityClient(keystoneOptions(url, { cafile: join(folder, 'nowhere') })), { code: 'ENOENT' })
})
