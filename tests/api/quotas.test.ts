/** What a project may keep and how often it may ask, over HTTP. */
import t from 'tap'
import { quotaOf, type Quota } from '../../lib/quota/quota.ts'
import { Buckets, LeasedRate } from '../../lib/quota/rate.ts'
import { HandClock } from '../helpers/clock.ts'
import { boot, PROJECT } from '../helpers/boot.ts'

const NO_LIMITS = { queues: 0, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 }

/** Limits for the usual project, none for others. */
function only(limits: Partial<typeof NO_LIMITS>): { of(project: string): Quota } {
  return { of: project => quotaOf(project === PROJECT ? { ...NO_LIMITS, ...limits } : NO_LIMITS) }
}

const post = (...bodies: string[]) => ({ body: JSON.stringify(bodies.map(body => ({ ttl: 60, body }))) })

t.test('a project creates as many queues as it may have', async t => {
  const { call } = await boot(t, { parts: { quotas: only({ queues: 2 }) } })
  for (const [queue, status] of [['a', 201], ['b', 201], ['a', 204], ['c', 403]] as const) t.equal((await call('PUT', `/v1/queues/${queue}`)).status, status, queue)
  const refused = await call('PUT', '/v1/queues/c')
  t.equal(refused.text, '{"description":"The project may keep at most 2 queues; it keeps 2.","title":"Quota exceeded"}')
  t.equal(refused.headers.location, undefined)
  t.equal((await call('PUT', '/v1/queues/c', { project: 'other' })).status, 201, 'others are not held up')
  await call('DELETE', '/v1/queues/a')
  t.equal((await call('PUT', '/v1/queues/c')).status, 201, 'when one is deleted another may come')
})

t.test('a post that is too much is refused as a whole, with the quota, the limit and the use', async t => {
  const { call, clock } = await boot(t, { parts: { quotas: only({ messages: 3, bytes: 30 }) } })
  for (const queue of ['a', 'b']) await call('PUT', `/v1/queues/${queue}`)
  t.equal((await call('POST', '/v1/queues/a/messages', post('1', '2'))).status, 201)
  const many = await call('POST', '/v1/queues/b/messages', post('3', '4'))
  t.same([many.status, many.text], [403, '{"description":"The project may keep at most 3 messages; it keeps 2.","title":"Quota exceeded"}'])
  const large = await call('POST', '/v1/queues/b/messages', post('x'.repeat(30)))
  t.same([large.status, large.text], [403, '{"description":"The project may keep at most 30 bytes; it keeps 6.","title":"Quota exceeded"}'])
  t.equal((await call('GET', '/v1/queues/b/messages?echo=true')).status, 204, 'nothing of it was stored')
  t.equal((await call('POST', '/v1/queues/b/messages', post('3'))).status, 201)
  clock.tick(60)
  t.equal((await call('POST', '/v1/queues/a/messages', post('4', '5', '6'))).status, 201, 'what has expired counts no more, swept or not')
})

t.test('requests beyond the rate are refused with the time to wait, by 503 or by 429', async t => {
  for (const rateLimitStatus of ['503', '429'] as const) {
    const clock = new HandClock()
    const rate = new LeasedRate(new Buckets(clock), clock)
    const { call } = await boot(t, { parts: { quotas: only({ requests_per_second: 2, burst: 5 }), rate, rateLimitStatus } })
    for (let request = 0; request < 5; request++) t.equal((await call('GET', '/v1/queues')).status, 204)
    const refused = await call('GET', '/v1/queues')
    t.same([refused.status, refused.headers['retry-after']], [Number(rateLimitStatus), '1'])
    t.equal(refused.text, '{"description":"The project may make 2 requests a second. Please try again in 1 second.","title":"Rate limit exceeded"}')
    t.equal((await call('GET', '/v1/queues', { project: 'other' })).status, 204, 'others are not held up')
    t.equal((await call('GET', '/')).status, 300, 'what needs no token is not counted')
    clock.tick(1)
    t.same([(await call('GET', '/v1/queues')).status, (await call('GET', '/v1/queues')).status], [204, 204], 'the rate gives two a second')
    t.equal((await call('GET', '/v1/queues')).status, Number(rateLimitStatus))
  }
})

t.test('a request that is refused for its rate does nothing', async t => {
  const clock = new HandClock()
  const rate = new LeasedRate(new Buckets(clock), clock)
  const { call } = await boot(t, { parts: { quotas: only({ requests_per_second: 1, burst: 1 }), rate } })
  t.equal((await call('PUT', '/v1/queues/a')).status, 201)
  t.equal((await call('PUT', '/v1/queues/b')).status, 503)
  clock.tick(1)
  t.match((await call('GET', '/v1/queues')).text, /^\{"queues":\[\{"name":"a","href":"\/v1\/queues\/a"\}\]/)
})

t.test('an administrator sees what any project may keep and what it keeps', async t => {
  const { call } = await boot(t, { parts: { quotas: only({ queues: 5, bytes: 100, requests_per_second: 50 }), adminMode: true } })
  await call('PUT', '/v1/queues/a')
  await call('POST', '/v1/queues/a/messages', post('12', '3'))
  const shown = await call('GET', `/quotas/${PROJECT}`, { project: 'admins' })
  t.equal(shown.status, 200)
  t.same(shown.json(), {
    project: PROJECT,
    limits: { queues: 5, messages: null, bytes: 100, requests_per_second: 50, burst: 50, waits: null },
    use: { queues: 1, messages: 2, bytes: 7 },
  })
  t.same((await call('GET', '/quotas/nobody')).json<{ use: unknown }>().use, { queues: 0, messages: 0, bytes: 0 })
  t.equal((await call('PUT', `/quotas/${PROJECT}`)).status, 405)
  t.equal((await call('GET', `/quotas/${'x'.repeat(257)}`)).status, 400)
})

t.test('without admin_mode the quotas are an unknown path', async t => {
  const { call } = await boot(t)
  const answer = await call('GET', `/quotas/${PROJECT}`)
  t.same([answer.status, answer.text], [404, ''])
})

t.test('quotas are shown to those only whom the rule allows', async t => {
  const { call } = await boot(t, { parts: { adminMode: true, policy: { allows: rule => rule !== 'quotas:get', needsRoles: () => false } } })
  t.equal((await call('GET', `/quotas/${PROJECT}`)).status, 403)
})
