/** How a server begins on MongoDB: what it waits for, what it refuses, and what it does not say. */
import t, { type Test } from 'tap'
import { Http } from '../helpers/http.ts'
import { ownMongo, type OwnMongo } from '../helpers/mongodb.ts'
import type { MongoProcessOptions } from '../helpers/mongodb/process.ts'
import { MongoProxy } from '../helpers/mongodb/proxy.ts'
import { mongodbEnvironment } from '../helpers/mongodb/stores.ts'
import { missing } from '../helpers/require.ts'
import { runToEnd, startServer, temporaryFolder, type ServerOptions } from '../helpers/server.ts'

const PASSWORD = 'a:secret/of?ours@home'

function test(title: string, options: MongoProcessOptions, run: (t: Test, own: OwnMongo & { readonly kind: 'ready' }) => Promise<void>): void {
  void t.test(title, async t => {
    const own = await ownMongo(t, options)
    if (own.kind === 'missing') missing(t, 'mongodb', own.reason)
    else await run(t, own)
  })
}

/** How a server is started on a database. */
function on(t: Test, uri: string, more: Readonly<Record<string, string>> = {}): ServerOptions {
  return { dataDir: temporaryFolder(t), env: { ...mongodbEnvironment(uri, 'marconi_test'), ...more } }
}

async function serves(t: Test, options: ServerOptions): Promise<void> {
  const server = await startServer(t, options)
  const http = new Http(server.url)
  t.equal((await http.put('/v1/queues/jobs')).status, 201)
  t.equal((await http.post('/v1/queues/jobs/messages', [{ ttl: 60, body: 1 }])).status, 201)
  http.close()
  t.equal((await server.stop()).code, 0)
}

/** The end of a server that cannot begin. */
async function refused(t: Test, uri: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { dataDir, env = {} } = on(t, uri, more)
  const { code, stdout, stderr } = await runToEnd(t, ['--port', '0', '--data-dir', dataDir, '--workers', '1'], env)
  t.equal(code, 1)
  return stdout + stderr
}

test('a server that begins before its database waits for it', {}, async (t, { server }) => {
  const proxy = await MongoProxy.start(t, server.uri)
  await proxy.cut()
  setTimeout(() => { void proxy.mend() }, 1_000)
  await serves(t, on(t, proxy.uri, { MARCONI_DRIVERS_MESSAGE_STORE_MONGODB__CONNECT_TIMEOUT: '500', MARCONI_DRIVERS_MESSAGE_STORE_MONGODB__SERVER_SELECTION_TIMEOUT: '500' }))
})

test('a server whose database does not come says so, and ends', {}, async (t, { server, process }) => {
  await process.kill()
  const few = Object.fromEntries(['MESSAGE_STORE', 'MANAGEMENT_STORE'].flatMap(store => [
    [`MARCONI_DRIVERS_${store}_MONGODB__MAX_RECONNECT_ATTEMPTS`, '2'], [`MARCONI_DRIVERS_${store}_MONGODB__SERVER_SELECTION_TIMEOUT`, '200'],
  ]))
  t.match(await refused(t, server.uri, few), /connecting to the database/)
})

test('a lone server is refused, because it may lose messages, and taken if that is said to be right', { topology: 'standalone' }, async (t, { server }) => {
  t.match(await refused(t, server.uri), /replica set.*unreliable/)
  await serves(t, on(t, server.uri, { MARCONI_DEFAULT__UNRELIABLE: 'true' }))
})

test('a write concern that may lose messages is refused', {}, async (t, { server }) => {
  t.match(await refused(t, `${server.uri}?w=1`), /write concern 1.*unreliable/)
})

test('a database that asks for a password gets it, and nobody else', { user: { name: 'marconi', password: PASSWORD } }, async (t, { server }) => {
  await serves(t, on(t, server.uri))
  const wrong = 'quite-another-secret'
  const few = { MARCONI_DRIVERS_MESSAGE_STORE_MONGODB__MAX_RECONNECT_ATTEMPTS: '1', MARCONI_DRIVERS_MANAGEMENT_STORE_MONGODB__MAX_RECONNECT_ATTEMPTS: '1' }
  const said = await refused(t, server.uri.replace(encodeURIComponent(PASSWORD), wrong), few)
  t.match(said, /uthenticat/, 'why it was refused')
  t.notMatch(said, wrong)
  const nonsense = await refused(t, `mongodb://marconi:${wrong}@127.0.0.1:99999/`)
  t.match(nonsense, /uri/)
  t.notMatch(nonsense, wrong)
})
