/** Claims: api-v2.md 7. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

interface Claimed { readonly messages: { readonly id: string; readonly href: string; readonly ttl: number; readonly body: unknown }[] }

const claim = (queue: string, body?: string, query = '') => call('POST', `/v2/queues/${queue}/claims${query}`, body === undefined ? {} : { body })
const fill = (queue: string, count: number, ttl = 300) =>
  call('POST', `/v2/queues/${queue}/messages`, { body: JSON.stringify({ messages: Array.from({ length: count }, (_, body) => ({ ttl, body })) }) })
const idOf = (href: string) => href.slice(href.lastIndexOf('/') + 1)

t.test('a claim has defaults, and answers its messages without an id of its own', async t => {
  await fill('first', 3)
  const answer = await claim('first', undefined, '?limit=2')
  const location = answer.headers.location ?? ''
  t.match(location, /^\/v2\/queues\/first\/claims\/[0-9a-f]{24}$/)
  const shown = answer.json<Claimed>().messages.map(({ id }, body) =>
    `{"id":"${id}","href":"/v2/queues/first/messages/${id}?claim_id=${idOf(location)}","ttl":360,"age":0,"body":${body}}`).join(',')
  t.same([answer.status, answer.text], [201, `{"messages":[${shown}]}`])
  clock.tick(7)
  t.equal((await call('GET', location)).text, `{"href":"${location}","ttl":300,"age":7,"messages":[${shown.replaceAll('"age":0', '"age":7')}]}`)
  t.match((await call('GET', `${location}?fields=claim_count`)).json(), { messages: [{ claim_count: 1 }, { claim_count: 1 }] })
})

t.test('a claim on nothing is an empty 204', async t => {
  await call('PUT', '/v2/queues/empty')
  for (const queue of ['missing', 'empty']) {
    const answer = await claim(queue, '{}')
    t.same([answer.status, answer.text, answer.headers.location], [204, '', undefined])
  }
})

t.test('a document that will not do is refused', async t => {
  const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`
  const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
  const cases: [string, string, string][] = [
    [' ', '', body('Request body could not be parsed.')],
    ['[]', '', body('Document type not supported.')],
    ['{"ttl":"60"}', '', body('The value of the "ttl" field must be a int.')],
    ['{"ttl":null,"grace":null}', '', body('The value of the "ttl" field must be a int.')],
    ['{"ttl":59}', '', api('The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.')],
    ['{"grace":43201}', '', api('The grace for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.')],
    ['{"limit":500}', '?limit=21', api('Limit must be at least 1 and may not be greater than 20.')],
  ]
  for (const [sent, query, text] of cases) {
    const answer = await claim('empty', sent, query)
    t.same([answer.status, answer.text], [400, text], sent)
  }
})

t.test('a renewal starts anew with the defaults of a claim, and its grace has no range', async t => {
  await fill('renew', 1)
  const location = (await claim('renew', '{"ttl":60}')).headers.location ?? ''
  clock.tick(30)
  t.equal((await call('PATCH', location, { body: '{"ttl":60,"grace":10}' })).status, 204)
  t.match((await call('GET', location)).json(), { ttl: 60, age: 0 })
  t.equal((await call('PATCH', location, { body: '{}' })).status, 204)
  t.match((await call('GET', location)).json(), { ttl: 300 })
  for (const body of ['', '[]', '{"ttl":59}', '{"grace":"x"}']) t.equal((await call('PATCH', location, { body })).status, 400, body)
  t.equal((await call('PATCH', '/v2/queues/renew/claims/unknown', { body: '{}' })).status, 404)
})

t.test('a claim is released by anybody, whether there is one or not', async t => {
  await fill('release', 1)
  const location = (await claim('release')).headers.location ?? ''
  for (const path of [location, location, '/v2/queues/release/claims/x', '/v2/queues/missing/claims/x']) t.equal((await call('DELETE', path)).status, 204)
  t.equal((await call('GET', location)).status, 404)
  t.equal((await claim('release')).status, 201)
  t.equal((await call('GET', '/v2/queues/release/claims')).status, 405)
})

t.test('a claim ends with its last message', async t => {
  await fill('last', 2)
  const answer = await claim('last')
  const [one = '', other = ''] = answer.json<Claimed>().messages.map(({ href }) => href)
  t.equal((await call('DELETE', one)).status, 204)
  t.equal((await call('GET', answer.headers.location ?? '')).status, 200, 'not with the first')
  t.equal((await call('DELETE', other)).status, 204)
  t.equal((await call('GET', answer.headers.location ?? '')).status, 404)
})
