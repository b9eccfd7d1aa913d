/** marconi-manage pool, and servers whose queues lie in pools. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Http } from '../helpers/http.ts'
import { manage, type Finished } from '../helpers/manage.ts'
import { runToEnd, startServer, temporaryFolder, type RunningServer, type ServerOptions } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const POOLING = { MARCONI_DEFAULT__POOLING: 'true', MARCONI_DEFAULT__ADMIN_MODE: 'true' }

function start(t: Test, options: Partial<ServerOptions> & Pick<ServerOptions, 'dataDir'>): Promise<RunningServer> {
  return startServer(t, { env: POOLING, ...options })
}

function pool(dataDir: string, ...args: readonly string[]): Promise<Finished> {
  return manage(['pool', ...args, '--data-dir', dataDir], { env: POOLING })
}

async function client(t: Test, { url }: RunningServer): Promise<Http> {
  const http = new Http(url)
  t.teardown(() => { http.close() })
  return http
}

t.test('a pool that is registered while a server runs takes its queues, in all of its workers', async t => {
  const dataDir = temporaryFolder(t)
  const server = await start(t, { dataDir, workers: 2 })
  const http = await client(t, server)
  t.equal((await http.put('/v1/queues/early')).status, 503, 'no pool takes it yet')
  t.match(await pool(dataDir, 'create', 'a', `lmdb://${dataDir}/a`, '--weight', '5', '--group', 'fast'), { code: 0, stdout: '', stderr: '' })
  t.equal((await http.put('/v1/queues/plain')).status, 503, 'it is for flavors only')
  t.match(await pool(dataDir, 'create', 'a', `lmdb://${dataDir}/a`, '--weight', '7'), { code: 0 })
  for (let index = 0; index < 12; index++) {
    t.equal((await http.call('PUT', `/v1/queues/q${String(index)}`, undefined, { Connection: 'close' })).status, 201)
    t.equal((await http.call('POST', `/v1/queues/q${String(index)}/messages`, [{ ttl: 300, body: index }], { Connection: 'close' })).status, 201)
    t.equal((await http.call('GET', `/v1/queues/q${String(index)}/messages?echo=true`, undefined, { Connection: 'close' })).status, 200)
  }
  const { stdout } = await pool(dataDir, 'list', '--json')
  t.same(JSON.parse(stdout), { name: 'a', weight: 7, group: null, draining: false, uri: `lmdb://${dataDir}/a`, queues: 12 })
  t.match((await pool(dataDir, 'list')).stdout, /^name +weight +group +queues +draining +uri\na +7 +- +12 +no +lmdb:/)
  t.match((await manage(['queue', 'show', 'p1', 'q3', '--data-dir', dataDir, '--json'], { env: POOLING })).stdout, /"pool":"a".*"free":1/)
  t.match((await http.get('/v1/pools')).json(), { pools: [{ name: 'a', weight: 7 }] })
  await server.stop()
  const again = await server.restart(t)
  t.equal((await (await client(t, again)).list('q3')).length, 1, 'it is there after a restart')
  await again.stop()
})

t.test('the folder of a pool belongs to one server', async t => {
  const [one, other] = [temporaryFolder(t), temporaryFolder(t)]
  const shared = `lmdb://${one}/shared`
  const first = await start(t, { dataDir: one, workers: 2 })
  t.equal((await (await client(t, first)).put('/v1/pools/mine', { uri: shared, weight: 1 })).status, 201)
  const second = await start(t, { dataDir: other })
  const http = await client(t, second)
  const refused = await http.put('/v1/pools/theirs', { uri: shared, weight: 1 })
  t.same([refused.status, refused.json<{ description: string }>().description], [400, `cannot connect to ${shared}`])
  await first.stop()
  t.equal((await http.put('/v1/pools/theirs', { uri: shared, weight: 1 })).status, 201, 'it is free when the server that had it has left')
  await second.stop()
})

t.test('positions jump in a pool as well when its server did not leave in order', async t => {
  const dataDir = temporaryFolder(t)
  const server = await start(t, { dataDir, workers: 2 })
  const http = await client(t, server)
  await http.put('/v1/pools/a', { uri: `lmdb://${dataDir}/a`, weight: 1 })
  await http.put('/v1/queues/jobs')
  await http.post('/v1/queues/jobs/messages', [{ ttl: 300, body: 1 }])
  await server.kill()
  const again = await server.restart(t)
  http.url = again.url
  await http.post('/v1/queues/jobs/messages', [{ ttl: 300, body: 2 }])
  const [first = 0, second = 0] = (await http.list('jobs')).map(({ href }) => Number.parseInt(href.slice(-16), 16))
  t.ok(second - first > 100_000, `${String(second)} follows ${String(first)}`)
  await again.stop()
})

t.test('a server does not start without pooling while queues lie in pools', async t => {
  const dataDir = temporaryFolder(t)
  const server = await start(t, { dataDir })
  const http = await client(t, server)
  await http.put('/v1/pools/a', { uri: `lmdb://${dataDir}/a`, weight: 1 })
  await http.put('/v1/queues/jobs')
  await server.stop()
  for (const workers of ['1', '2']) {
    t.match(await runToEnd(t, ['--port', '0', '--data-dir', dataDir, '--workers', workers]), { code: 1, stderr: 'marconi-server: queues lie in pool a: set [DEFAULT] pooling = true\n' })
  }
})

t.test('what cannot be is refused with its reason, and passwords are not shown', async t => {
  const dataDir = temporaryFolder(t)
  const make = (...args: readonly string[]) => pool(dataDir, 'create', ...args, '--weight', '1')
  mkdirSync(join(dataDir, 'file'))
  t.match(await make('a', 'lmdb://host/x'), { code: 1, stderr: 'marconi-manage: cannot connect to lmdb://host/x: the address of a folder is lmdb:///absolute/path\n' })
  t.match(await make('a', `lmdb://${dataDir}/store`), { code: 1, stderr: /is that of the message store of the configuration/ })
  t.match(await make('a', 'ftp://ann:s3cret@host/x'), { code: 1, stderr: /cannot connect to ftp:\/\/\*\*\*@host\/x: no driver may be used for ftp:\/\/\*\*\*@host\/x\n/ })
  t.match(await make('a', `lmdb:///${'x'.repeat(300)}`), { code: 1, stderr: /URI must have at most 255 characters/ })
  t.match(await make('a/b', `lmdb://${dataDir}/a`), { code: 1, stderr: /NAME must have 1 to 64 characters/ })
  const read = await manage(['pool', 'create', 'b', '-', '--weight', '1', '--data-dir', dataDir], { env: POOLING, stdin: `lmdb://${dataDir}/b\n` })
  t.match(read, { code: 0 }, 'an address from standard input')
  t.match(await make('c', `lmdb://${dataDir}/b`), { code: 1, stderr: /in use by another pool/ })
  t.match(await pool(dataDir, 'drain', 'nobody'), { code: 1, stderr: 'marconi-manage: Pool nobody does not exist\n' })
})

t.test('a pool is drained and removed, and taken back into use', async t => {
  const dataDir = temporaryFolder(t)
  const server = await start(t, { dataDir })
  const http = await client(t, server)
  await http.put('/v1/pools/a', { uri: `lmdb://${dataDir}/a`, weight: 1 })
  for (let index = 0; index < 5; index++) {
    await http.put(`/v1/queues/q${String(index)}`)
    await http.post(`/v1/queues/q${String(index)}/messages`, [{ ttl: 300, body: index }])
  }
  t.match(await pool(dataDir, 'remove', 'a'), { code: 1, stderr: 'marconi-manage: This pool holds 5 queues; drain it first.\n' })
  t.match(await pool(dataDir, 'drain', 'a'), { code: 1, stderr: /queue q0 of project p1 stays: no other pool takes it\n(.*\n)+marconi-manage: 5 queues are still in pool a; / })
  t.match(await pool(dataDir, 'drain', 'a', '--cancel'), { code: 0, stdout: 'pool a is in use\n' })
  await http.put('/v1/pools/b', { uri: `lmdb://${dataDir}/b`, weight: 1 })
  t.match(await pool(dataDir, 'drain', 'a'), { code: 0, stdout: 'pool a holds no queues\n', stderr: /draining a: 5 queues with 5 messages moved, 0 left\n$/ })
  t.match(await pool(dataDir, 'remove', 'a'), { code: 0 })
  for (let index = 0; index < 5; index++) t.same((await http.list(`q${String(index)}`)).map(({ body }) => body), [index])
  await until('the server has seen it', async () => (await http.get('/v1/pools')).json<{ pools: unknown[] }>().pools.length === 1)
  await server.stop()
})
