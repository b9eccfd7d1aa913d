/** What a store that cannot be reached looks like from outside: api-v1.md 2.6. */
import t from 'tap'
import { openFaulty } from '../../lib/storage/faulty/faulty.ts'
import { boot } from '../helpers/boot.ts'

const service = await boot(t, { stores: openFaulty() })
const { call } = service

const ID = '0123456789abcdef01234567'

t.test('every operation is a 503 that says what could not be done, and not why', async t => {
  const operations: [verb: string, path: string, body: string | null, sentence: string][] = [
    ['GET', '/v1/queues', null, 'Queues could not be listed.'],
    ['PUT', '/v1/queues/q', null, 'Queue could not be created.'],
    ['GET', '/v1/queues/q', null, 'Queue metadata could not be retrieved.'],
    ['DELETE', '/v1/queues/q', null, 'Queue could not be deleted.'],
    ['GET', '/v1/queues/q/metadata', null, 'Queue metadata could not be retrieved.'],
    ['PUT', '/v1/queues/q/metadata', '{}', 'Metadata could not be updated.'],
    ['GET', '/v1/queues/q/stats', null, 'Queue stats could not be read.'],
    ['POST', '/v1/queues/q/messages', '[{"ttl":60,"body":1}]', 'Messages could not be enqueued.'],
    ['GET', '/v1/queues/q/messages', null, 'Messages could not be listed.'],
    ['GET', `/v1/queues/q/messages?ids=${ID}`, null, 'Messages could not be listed.'],
    ['DELETE', `/v1/queues/q/messages?ids=${ID}`, null, 'Messages could not be deleted.'],
    ['GET', `/v1/queues/q/messages/${ID}`, null, 'Message could not be retrieved.'],
    ['DELETE', `/v1/queues/q/messages/${ID}`, null, 'Message could not be deleted.'],
    ['POST', '/v1/queues/q/claims', '{"ttl":60,"grace":60}', 'Claim could not be created.'],
    ['GET', `/v1/queues/q/claims/${ID}`, null, 'Claim could not be queried.'],
    ['PATCH', `/v1/queues/q/claims/${ID}`, '{"ttl":60}', 'Claim could not be updated.'],
    ['DELETE', `/v1/queues/q/claims/${ID}`, null, 'Claim could not be deleted.'],
  ]
  for (const [verb, path, body, sentence] of operations) {
    const answer = await call(verb, path, body === null ? {} : { body })
    t.equal(answer.status, 503, `${verb} ${path}`)
    t.equal(answer.text, `{"description":"${sentence} Please try again in a few seconds.","title":"Service temporarily unavailable"}`)
    t.equal(answer.headers['content-type'], 'application/json')
    t.equal(answer.headers['retry-after'], '30')
    t.equal(answer.headers.vary, 'Accept')
    t.equal(answer.headers.location, undefined)
    t.equal(answer.headers['content-location'], undefined)
  }
})

t.test('health is an empty 503, but only if somebody looks', async t => {
  const answer = await call('GET', '/v1/health')
  t.equal(answer.status, 503)
  t.equal(answer.text, '')
  t.equal(answer.headers['content-type'], undefined)
  t.equal(answer.headers['content-length'], '0')
  t.equal(answer.headers['retry-after'], '30')
  t.equal((await call('HEAD', '/v1/health')).status, 204)
  const head = await call('HEAD', '/v1/queues/q')
  t.equal(head.status, 503)
  t.equal(head.text, '')
})

t.test('what needs no store works', async t => {
  t.equal((await call('GET', '/')).status, 300)
  t.equal((await call('GET', '/v1')).status, 200)
  t.equal((await call('GET', '/nope')).status, 404)
  t.equal((await call('GET', '/v1/queues?limit=0')).status, 400)
  t.equal((await call('DELETE', '/v1/queues/q/messages/invalid')).status, 204)
})

t.test('the log has the cause', async t => {
  const answer = await call('PUT', '/v1/queues/q')
  const line = service.logged.find(each => each['level'] === 50 && each['request_id'] === answer.headers['x-openstack-request-id'])
  t.equal(line?.['msg'], 'Queue could not be created.')
  t.match(JSON.stringify(line?.['err']), /faulty driver refuses every operation.*on purpose/)
})

t.test('a defect is a 500 without a word of it', async t => {
  const broken = { ...openFaulty(), control: { ...openFaulty().control, queue: () => Promise.reject(new TypeError('5ecret detail')) } }
  const other = await boot(t, { stores: broken })
  const answer = await other.call('GET', '/v1/queues/q/stats')
  t.equal(answer.status, 500)
  t.equal(answer.json<{ title: string }>().title, 'Internal server error')
  t.notMatch(answer.text, /5ecret|TypeError/)
  t.match(JSON.stringify(other.logged), /TypeError.*5ecret detail/)
})
