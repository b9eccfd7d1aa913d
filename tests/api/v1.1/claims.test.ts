/** Claims with optional documents: api-v1.md 13.12. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

interface Claimed { readonly messages: { readonly id: string; readonly href: string; readonly ttl: number }[] }

const claims = (queue: string) => `/v1.1/queues/${queue}/claims`
const claim = (queue: string, body?: string, query = '') => call('POST', claims(queue) + query, body === undefined ? {} : { body })
const fill = (queue: string, count: number, ttl = 300) =>
  call('POST', `/v1.1/queues/${queue}/messages`, { body: JSON.stringify({ messages: Array.from({ length: count }, (_, body) => ({ ttl, body })) }) })

t.test('what a claim leaves out has a default', async t => {
  await fill('defaults', 5)
  for (const [body, ttl] of [[undefined, 300], ['', 300], ['{}', 300], ['{"grace":100}', 300], ['{"ttl":60,"limit":null,"x":1}', 60]] as const) {
    const answer = await claim('defaults', body, '?limit=1')
    t.equal(answer.status, 201, String(body))
    t.match((await call('GET', answer.headers.location ?? '')).json(), { ttl })
  }
})

t.test('a claim answers an object, its messages with its id in their references', async t => {
  await fill('shape', 2)
  const answer = await claim('shape', '{"ttl":300,"grace":60}', '?limit=1')
  const location = answer.headers.location ?? ''
  const id = location.slice(location.lastIndexOf('/') + 1)
  t.match(location, /^\/v1\.1\/queues\/shape\/claims\/[0-9a-f]{24}$/)
  const { messages: [message] } = answer.json<Claimed>()
  const shown = `{"id":"${message?.id}","href":"/v1.1/queues/shape/messages/${message?.id}?claim_id=${id}","ttl":360,"age":0,"body":0}`
  t.equal(answer.text, `{"messages":[${shown}]}`)
  const got = await call('GET', location)
  t.equal(got.text, `{"href":"${location}","ttl":300,"age":0,"messages":[${shown}]}`)
})

t.test('a document that is none, or is out of range, is refused', async t => {
  await fill('refused', 1)
  const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`
  const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
  const cases: [string, string, string][] = [
    ['[', '', body('Request body could not be parsed.')],
    ['.', '', body('Request body could not be parsed.')],
    [' ', '', body('Request body could not be parsed.')],
    ['"fail"', '', body('Request body could not be parsed.')],
    ['[]', '', body('Document type not supported.')],
    ['{"ttl":null}', '', body('The value of the "ttl" field must be a int.')],
    ['{"grace":"60"}', '', body('The value of the "grace" field must be a int.')],
    ['{"ttl":59}', '', api('The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.')],
    ['{"ttl":43201}', '', api('The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.')],
    ['{"grace":59}', '', api('The grace for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.')],
    ['{}', '?limit=0', api('Limit must be at least 1 and may not be greater than 20.')],
    ['{}', '?limit=21', api('Limit must be at least 1 and may not be greater than 20.')],
  ]
  for (const [sent, query, text] of cases) {
    const answer = await claim('refused', sent, query)
    t.same([answer.status, answer.text], [400, text], sent + query)
  }
  t.equal((await claim('refused')).status, 201, 'the message is free still')
})

t.test('a renewal has defaults too, needs a document, and its grace has no range', async t => {
  await fill('renew', 1)
  const location = (await claim('renew', '{"ttl":60}')).headers.location ?? ''
  clock.tick(30)
  for (const [body, ttl] of [['{}', 300], ['{"ttl":90}', 90], ['{"grace":1}', 300]] as const) {
    const answer = await call('PATCH', location, { body })
    t.same([answer.status, answer.text], [204, ''], body)
    t.match((await call('GET', location)).json(), { ttl, age: 0 })
  }
  t.equal((await call('PATCH', location)).text, '{"description":"Request body could not be parsed.","title":"Invalid request body"}')
  t.equal((await call('PATCH', location, { body: '{"ttl":59}' })).status, 400)
  t.equal((await call('PATCH', location, { body: '{"grace":null}' })).status, 400)
  t.equal((await call('DELETE', location)).status, 204)
  t.equal((await call('PATCH', location, { body: '{}' })).status, 404)
  t.equal((await call('GET', location)).status, 404)
})
