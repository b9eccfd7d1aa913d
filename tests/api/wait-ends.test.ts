/** When long polls end, and how many may be open. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { quotaOf } from '../../lib/quota/quota.ts'
import { PROJECT } from '../helpers/boot.ts'
import { until } from '../helpers/until.ts'
import { CLAIM, dial, LONG, start, waiting } from '../helpers/waiting.ts'

t.test('a server that goes down answers all who wait, and cuts nobody off', async t => {
  const client = await start(t, 'v2')
  const waits = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`), client.pop(`pop=1&wait=${String(LONG)}`)]
  await waiting(client, 3)
  const drained = client.service.server.drain(10_000)
  client.service.waiters.drain()
  const answers = await Promise.all(waits)
  t.same(answers.map(({ status, text }) => [status, text]), [[204, ''], [200, '{"messages":[],"links":[]}'], [200, '{"messages":[]}']])
  t.ok(answers.every(({ headers }) => headers.connection === 'close'))
  t.equal(await drained, true)
})

t.test('a wait outlives the time that a request may take to arrive', async t => {
  const client = await start(t, 'v1', { requestTimeout: 300 })
  const claim = client.claim(`wait=${String(LONG)}`)
  await waiting(client, 1)
  // A request that began later and does not arrive is given up.
  t.match(await client.service.raw('POST /v1/queues/jobs/claims HTTP/1.1\r\nhost: x\r\n'), /^HTTP\/1\.1 408 /)
  await client.post([1])
  t.same(client.bodies(await claim), [1])
})

t.test('a wait ends with the token behind it', async t => {
  const now = 1_000_000
  const expires = now + 100
  const client = await start(t, 'v2', { parts: {
    clock: { now: () => now, at: () => () => undefined },
    auth: { close: () => undefined, middleware: (ctx, next) => {
      ctx.state.identity = { user: null, caller: { project: PROJECT as never, user: null, roles: [], isAdminProject: false, expires } }
      return next()
    } },
  } })
  const began = performance.now()
  t.equal((await client.claim(`wait=${String(LONG)}`)).status, 204)
  const lasted = performance.now() - began
  t.ok(lasted >= 90 && lasted < 5000, `${lasted.toFixed()} ms`)
})

t.test('a project has only so many waits open, and others are not held up by it', async t => {
  const quotas = { of: (project: string) => quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: project === PROJECT ? 2 : 0 }) }
  const client = await start(t, 'v1.1', { parts: { quotas } })
  const waits = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`)]
  await waiting(client, 2)
  const refused = await client.claim('wait=1')
  t.same([refused.status, refused.text], [429, '{"description":"At most 2 requests of one project may wait at once. Please try again later, or without \\"wait\\".","title":"Too many waits"}'])
  t.equal((await client.claim('')).status, 204, 'without waiting it is answered')
  t.equal((await client.service.call('GET', '/v1.1/queues/jobs/messages?wait=0.05', { project: 'other' })).status, 200)
  await client.post([1])
  await Promise.all(waits)
  t.equal((await client.claim('wait=0.05')).status, 204, 'there is room again')

  const crowded = await start(t, 'v1', { limits: { max_waits: 1 } })
  const only = crowded.claim(`wait=${String(LONG)}`)
  await waiting(crowded, 1)
  t.equal((await crowded.service.call('GET', '/v1/queues/jobs/messages?wait=1', { project: 'other' })).status, 429)
  await crowded.post([1])
  t.same(crowded.bodies(await only), [1])
})

t.test('who hangs up while a claim is made for it loses nothing', async t => {
  const client = await start(t, 'v2')
  const { service } = client
  const claims = () => service.logged.filter(({ msg, path }) => msg === 'request' && path === '/v2/queues/jobs/claims')
  let released = 0
  for (let round = 0; round < 20; round++) {
    const dialled = dial(client, '/v2/queues/jobs/claims?limit=1&wait=10', 'POST', CLAIM)
    await waiting(client, 1)
    await Promise.all([client.post([round]), sleep(round / 10).then(() => dialled.hangUp())])
    const [{ status } = {}] = await until('the claim is over', () => claims().length > round && claims().slice(-1))
    if (status === 201) service.clock.tick(60)
    else released++
    const popped = await until('the message is free', async () => {
      const found = client.bodies(await client.pop('pop=1'))
      return found.length > 0 && found
    })
    t.same(popped, [round])
  }
  t.comment(`${String(released)} of 20 were released, or never claimed`)
})
