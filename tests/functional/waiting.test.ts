/** Who waits is woken across processes, whichever of them dies, and no message is lost or handed out twice on the way (decisions 31). */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { mongo } from '../helpers/mongodb.ts'
import { mongodbEnvironment } from '../helpers/mongodb/stores.ts'
import { missing } from '../helpers/require.ts'
import { Http } from '../helpers/http.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { WaitingTraffic } from './workers/waiters.ts'

/** The processes that have answered a request. */
function servingPids({ log }: RunningServer): number[] {
  return [...new Set(log.filter(({ msg }) => msg === 'request').map(({ pid }) => Number(pid)))]
}

t.test('across three workers on one folder, one of them killed', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 3 })
  const traffic = await WaitingTraffic.begin(t, [server.url])
  const victim = await until('three workers have served', () => traffic.taken > 100 && servingPids(server).length >= 3 && (servingPids(server)[0] ?? null))
  process.kill(victim, 'SIGKILL')
  const before = traffic.taken
  await until('the others go on, and the new one too', () => server.replacements > 0 && traffic.taken > before + 200)
  await traffic.check(t, 1)
  t.equal((await server.stop()).code, 0)
  t.ok(servingPids(server).length >= 4, `served by ${servingPids(server).join(', ')}; ${String(victim)} was killed`)
})

t.test('a worker that waits is not passed over for ever by one in the process of the producer', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  const made = Array.from({ length: 8 }, () => new Http(server.url, { timeoutMs: 30_000 }))
  t.teardown(() => { for (const http of made) http.close() })
  const [producer = new Http('')] = made
  await producer.put('/v1/queues/jobs')
  const got = made.slice(1).map(() => 0)
  let isOver = false
  const workers = made.slice(1).map(async (http, no) => {
    while (!isOver) {
      const reply = await http.post('/v1/queues/jobs/claims?limit=1&wait=10', { ttl: 300, grace: 60 })
      if (reply.status === 201) got[no] = (got[no] ?? 0) + 1
    }
  })
  for (let no = 0; no < 300; no++) {
    await producer.post('/v1/queues/jobs/messages', [{ ttl: 300, body: no }])
    await sleep(5)
  }
  isOver = true
  await until('all are woken', async () => {
    await producer.post('/v1/queues/jobs/messages', [{ ttl: 300, body: 0 }])
    return Promise.race([Promise.all(workers).then(() => true), sleep(50).then(() => false)])
  })
  t.comment(`the workers got ${got.join(', ')} messages`)
  t.ok(Math.min(...got) > 5, 'each worker got some')
  await server.stop()
})

t.test('a server that is stopped answers those who wait', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2, env: { MARCONI_QUOTAS__WAITS: '6' } })
  const made = Array.from({ length: 6 }, () => new Http(server.url, { timeoutMs: 30_000 }))
  t.teardown(() => { for (const http of made) http.close() })
  await made[0]?.put('/v1/queues/jobs')
  const waits = made.map(async http => {
    for (;;) {
      const reply = await http.get('/v1/queues/jobs/messages?wait=20')
      // The one below may have been in its place.
      if (reply.status !== 429) return reply
    }
  })
  const more = new Http(server.url)
  await until('all six wait, so that one more may not', async () => (await more.get('/v1/queues/jobs/messages?wait=0.01')).status === 429)
  more.close()
  const began = performance.now()
  const ended = server.stop()
  t.same((await Promise.all(waits)).map(({ status }) => status), made.map(() => 204))
  t.equal((await ended).code, 0)
  t.ok(performance.now() - began < 5000)
})

t.test('the waits of a project are counted over all workers, and those of one that died are not', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2, env: { MARCONI_QUOTAS__WAITS: '10' } })
  let lost = 0
  const ask = (count: number) => Array.from({ length: count }, async () => {
    const http = new Http(server.url, { timeoutMs: 30_000 })
    t.teardown(() => { http.close() })
    return http.get('/v1/queues/jobs/messages?wait=20').catch(() => {
      lost++
      return null
    })
  })
  const first = ask(30)
  const refused = () => server.log.filter(({ msg, status }) => msg === 'request' && status === 429).length
  await until('twenty are refused', () => refused() === 20)
  const [victim = -1] = server.workers()
  process.kill(victim, 'SIGKILL')
  await until('the worker is replaced', () => server.replacements === 1)
  const second = ask(30)
  await until('as many are let in as were with the worker that died', () => refused() === 20 + 30 - lost)
  await server.stop()
  const statuses = (await Promise.all([...first, ...second])).map(reply => reply?.status ?? 0)
  const count = (status: number) => statuses.filter(each => each === status).length
  t.comment(`${String(count(204))} waited to the end, ${String(count(429))} were refused, ${String(count(0))} were with the worker that died`)
  t.equal(count(204), 10, 'those of the living, and as many new ones as the dead one had')
})

t.test('across three servers on one database, one of them killed', async t => {
  const found = await mongo(t)
  if (found.kind === 'missing') {
    missing(t, 'mongodb', found.reason)
    return
  }
  const env = mongodbEnvironment(found.server.uri, found.server.database(t))
  const servers = await Promise.all(Array.from({ length: 3 }, () => startServer(t, { dataDir: temporaryFolder(t), env })))
  const traffic = await WaitingTraffic.begin(t, servers.map(({ url }) => url))
  const [, , victim] = servers
  await until('all are at work', () => traffic.taken > 60 && servers.every(server => servingPids(server).length > 0))
  await victim?.kill()
  const before = traffic.taken
  // What a killed server leaves open in the database holds the end of its queue for a minute.
  await until('the others go on', () => traffic.taken > before + 60, 90_000)
  await traffic.check(t, 1)
  for (const server of servers.slice(0, 2)) t.equal((await server.stop()).code, 0)
})
