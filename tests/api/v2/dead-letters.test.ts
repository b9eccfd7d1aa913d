/** Messages that were handed out too often: api-v2.md 8; and purges: api-v2.md 9. */
import t from 'tap'
import { quotaOf } from '../../../lib/quota/quota.ts'
import { boot, type Answer } from '../../helpers/boot.ts'

const { call, clock, stores } = await boot(t)

const queue = (name: string) => `/v2/queues/${name}`
const create = (name: string, metadata: object) => call('PUT', queue(name), { body: JSON.stringify(metadata) })
const post = (name: string, ...bodies: unknown[]) => call('POST', `${queue(name)}/messages`, { body: JSON.stringify({ messages: bodies.map(body => ({ body, ttl: 3600 })) }) })
const claim = (name: string, query = '') => call('POST', `${queue(name)}/claims${query}`, { body: '{"ttl":60,"grace":60}' })
const list = (name: string, query = '') => call('GET', `${queue(name)}/messages?echo=true${query}`)
const bodies = (answer: Answer) => answer.status === 204 ? [] : answer.json<{ messages: { body: unknown }[] }>().messages.map(({ body }) => body)
const ids = (answer: Answer) => answer.json<{ messages: { id: string }[] }>().messages.map(({ id }) => id)

t.test('the claim after the last allowed one finds the message in the dead-letter queue', async t => {
  await create('work', { _max_claim_count: 2, _dead_letter_queue: 'work.dead' })
  await post('work', 'poison')
  const [id = ''] = ids(await list('work'))
  for (const status of [201, 201, 204]) {
    t.equal((await claim('work')).status, status)
    clock.tick(60)
  }
  t.same(bodies(await list('work', '&include_claimed=true')), [])
  const dead = await list('work.dead')
  t.same([bodies(dead), ids(dead)], [['poison'], [id]], 'visible at once, under its old id')
  const got = (await call('GET', `${queue('work.dead')}/messages/${id}?fields=origin,claim_count`)).json<object>()
  t.match(got, { id, href: `${queue('work.dead')}/messages/${id}`, ttl: 3600, age: 180, origin: { queue: 'work', reason: 'max_claim_count', claim_count: 2, moved: /Z$/ } })
  t.same(Object.keys((await call('GET', `${queue('work.dead')}/messages/${id}`)).json<object>()), ['id', 'href', 'ttl', 'age', 'body'], 'where it came from is told to who asks')
  t.equal((await call('GET', `${queue('work')}/messages/${id}`)).status, 404)
})

t.test('the rest is claimed, and fewer than there are', async t => {
  await create('rest', { _max_claim_count: 1, _dead_letter_queue: 'rest.dead' })
  await post('rest', 1, 2, 3)
  t.same(bodies(await claim('rest', '?limit=2')), [1, 2])
  clock.tick(60)
  t.same(bodies(await claim('rest', '?limit=3')), [3])
  t.same(bodies(await list('rest.dead')), [1, 2])
})

t.test('a moved message is a marker, an id, and a message like any other', async t => {
  await create('moved', { _max_claim_count: 1, _dead_letter_queue: 'moved.dead' })
  await post('moved.dead', 'before')
  await post('moved', 1, 2)
  await claim('moved')
  clock.tick(60)
  await claim('moved')
  const [, one = '', two = ''] = ids(await list('moved.dead'))
  t.same(bodies(await list('moved.dead')), ['before', 1, 2], 'at the tail')
  t.same(bodies(await list('moved.dead', `&marker=${one}`)), [2])
  t.same(bodies(await list('moved.dead', `&marker=${two}`)), [])
  t.same(bodies(await call('GET', `${queue('moved.dead')}/messages?ids=${two},${one}`)), [2, 1])
  t.same(bodies(await claim('moved.dead', '?limit=2')), ['before', 1])
  t.equal((await call('DELETE', `${queue('moved.dead')}/messages/${two}`)).status, 204)
  t.same(bodies(await list('moved.dead', '&include_claimed=true')), ['before', 1])
})

t.test('a moved message lives as long as its queue says, from the move', async t => {
  await create('short', { _max_claim_count: 1, _dead_letter_queue: 'short.dead', _dead_letter_queue_messages_ttl: 90 })
  await post('short', 'x')
  await claim('short')
  clock.tick(60)
  await claim('short')
  t.match((await list('short.dead')).json(), { messages: [{ ttl: 90, age: 60 }] })
  clock.tick(89)
  t.same(bodies(await list('short.dead')), ['x'])
  clock.tick(1)
  t.same(bodies(await list('short.dead')), [])
})

t.test('a release starts the count anew, a renewal does not', async t => {
  await create('count', { _max_claim_count: 1, _dead_letter_queue: 'count.dead' })
  await post('count', 'x')
  for (let round = 0; round < 4; round++) {
    const answer = await claim('count')
    t.equal(answer.status, 201)
    await call('DELETE', answer.headers.location ?? '')
  }
  const { headers: { location = '' } } = await claim('count')
  await call('PATCH', location, { body: '{}' })
  clock.tick(300)
  t.equal((await claim('count')).status, 204)
  t.same(bodies(await list('count.dead')), ['x'])
})

t.test('without both attributes nothing is moved, and older versions move nothing', async t => {
  await create('half', { _max_claim_count: 1 })
  await create('other', { _dead_letter_queue: 'other.dead' })
  await create('zero', { _max_claim_count: 0, _dead_letter_queue: 'zero.dead' })
  await create('old', { _max_claim_count: 1, _dead_letter_queue: 'old.dead' })
  for (const name of ['half', 'other', 'zero']) {
    await post(name, 'x')
    for (let round = 0; round < 3; round++) {
      t.equal((await claim(name)).status, 201, name)
      clock.tick(60)
    }
  }
  await post('old', 'x')
  for (let round = 0; round < 3; round++) {
    t.equal((await call('POST', '/v1.1/queues/old/claims', { body: '{"ttl":60}' })).status, 201)
    clock.tick(60)
  }
  t.equal((await claim('old')).status, 204, 'but their claims count')
})

t.test('a dead-letter queue that was deleted is made again', async t => {
  await create('again', { _max_claim_count: 1, _dead_letter_queue: 'again.dead' })
  await post('again', 'x', 'y')
  await claim('again', '?limit=1')
  await call('DELETE', queue('again.dead'))
  clock.tick(60)
  t.same(bodies(await claim('again', '?limit=2')), ['y'])
  t.same(bodies(await list('again.dead')), ['x'])
})

t.test('a dead-letter queue that goes while a message is moved is looked for anew', async t => {
  let isGone = false
  const data = {
    ...stores.data,
    async commit(unit: Parameters<typeof stores.data.commit>[0]) {
      const [first] = unit
      const to = first?.op === 'claim' ? first.deadLetter?.to ?? null : null
      if (to !== null && !isGone) {
        isGone = true
        await stores.data.commit([{ op: 'drop', at: to }])
      }
      return stores.data.commit(unit)
    },
  }
  const { call: callRacing } = await boot(t, { stores: { ...stores, data } })
  await create('race', { _max_claim_count: 1, _dead_letter_queue: 'race.dead' })
  await create('race.dead', {})
  await post('race', 'x')
  await claim('race')
  clock.tick(60)
  t.equal((await callRacing('POST', `${queue('race')}/claims`)).status, 204)
  t.ok(isGone)
  t.same(bodies(await list('race.dead')), ['x'])
})

t.test('a dead-letter queue counts as a queue of the project', async t => {
  const quotas = { of: () => quotaOf({ queues: 1, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 }) }
  const { call, clock } = await boot(t, { parts: { quotas } })
  await call('PUT', queue('one'), { body: '{"_max_claim_count":1,"_dead_letter_queue":"two"}' })
  await call('POST', `${queue('one')}/messages`, { body: '{"messages":[{"body":1}]}' })
  t.equal((await call('POST', `${queue('one')}/claims`, { body: '{"ttl":60}' })).status, 201, 'it is made when it is needed')
  clock.tick(60)
  const answer = await call('POST', `${queue('one')}/claims`)
  t.same([answer.status, answer.text], [403, '{"description":"The project may keep at most 1 queues; it keeps 1.","title":"Quota exceeded"}'])
})

t.test('a purge removes what is there, but for what is claimed', async t => {
  await call('POST', `${queue('purge')}/messages`, { body: JSON.stringify({ messages: [...Array.from({ length: 250 }, (_, body) => ({ body })), { body: 'late', delay: 60 }] }) })
  await claim('purge', '?limit=2')
  const answer = await call('POST', `${queue('purge')}/purge`)
  t.same([answer.status, answer.text], [204, ''])
  t.same(bodies(await list('purge', '&include_claimed=true&include_delayed=true')), [0, 1])
  t.equal((await call('POST', '/v2/queues/missing/purge')).status, 204)
})

t.test('a purge is of what is asked for', async t => {
  await post('types', 'x')
  const purge = (body: string) => call('POST', `${queue('types')}/purge`, { body })
  const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
  const unknown = api('Resource types must be a sub set of {messages, subscriptions}.')
  for (const [body, text] of [
    ['{}', api('Post body must contain key "resource_types".')], ['{"resource_types":"messages"}', unknown], ['{"resource_types":["messages","x"]}', unknown],
    ['{"resource_types":[1]}', unknown], ['{"resource_types":null}', unknown], ['[]', '{"description":"Document type not supported.","title":"Invalid request body"}'],
  ] as const) t.same([(await purge(body)).status, (await purge(body)).text], [400, text], body)
  for (const body of ['{"resource_types":[]}', '{"resource_types":["subscriptions"]}']) t.equal((await purge(body)).status, 204)
  t.same(bodies(await list('types')), ['x'])
  t.equal((await purge('{"resource_types":["messages"]}')).status, 204)
  t.same(bodies(await list('types')), [])
})
