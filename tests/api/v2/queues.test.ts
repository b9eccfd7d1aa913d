/** Queues and their stats: api-v2.md 4.1 to 4.3, 4.6 and 5. */
import t from 'tap'
import { boot } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

const queue = (name: string) => `/v2/queues/${name}`
const DEFAULTS = '"_max_messages_post_size":262144,"_default_message_ttl":3600,"_default_message_delay":0,"_dead_letter_queue":null,'
  + '"_dead_letter_queue_messages_ttl":null,"_max_claim_count":null,"_enable_encrypt_messages":false'

t.test('a queue is created once, with the metadata that come along', async t => {
  const created = await call('PUT', queue('first'), { body: '{"a": 1.0}' })
  t.same([created.status, created.text, created.headers.location], [201, '', queue('first')])
  t.same([created.headers['content-type'], created.headers['content-length']], ['application/json', '0'])
  const again = await call('PUT', queue('first'), { body: '{"a":2,"b":1}' })
  t.same([again.status, again.text, again.headers.location, again.headers['content-type']], [204, '', queue('first'), undefined])
  t.equal((await call('GET', queue('first'))).text, `{"a":1.0,${DEFAULTS}}`)
})

t.test('a queue that does not exist is shown with the defaults, and acts as an empty one', async t => {
  t.equal((await call('GET', queue('missing'))).text, `{${DEFAULTS}}`)
  t.equal((await call('GET', `${queue('missing')}/stats`)).text, '{"messages":{"claimed":0,"free":0,"total":0}}')
  t.equal((await call('GET', `${queue('missing')}/messages`)).text, '{"messages":[],"links":[]}')
  for (const [verb, rest, status] of [['DELETE', '', 204], ['POST', '/claims', 204], ['POST', '/purge', 204], ['GET', '/claims/x', 404], ['GET', '/messages/x', 404], ['GET', '/messages?ids=x', 404]] as const) {
    t.equal((await call(verb, queue('missing') + rest)).status, status, `${verb} ${rest}`)
  }
  t.notMatch((await call('GET', '/v2/queues')).text, 'missing')
})

t.test('what is set to nothing is shown as the default, everything else as it came', async t => {
  const stored = '{"x" : 1e5, "_max_claim_count": 0,"_dead_letter_queue":"","_default_message_ttl":null, "_enable_encrypt_messages":false,"_default_message_delay":30,"\\u0061":[ 1 ]}'
  await call('PUT', queue('nothing'), { body: stored })
  t.equal((await call('GET', queue('nothing'))).text,
    '{"x":1e5,"_max_claim_count":null,"_dead_letter_queue":null,"_default_message_ttl":3600,"_enable_encrypt_messages":false,"_default_message_delay":30,"\\u0061":[ 1 ],'
    + '"_max_messages_post_size":262144,"_dead_letter_queue_messages_ttl":null}')
  t.equal((await call('GET', '/v1.1/queues/nothing')).text, stored, 'older versions show what is stored')
})

t.test('the defaults are those of the configuration', async t => {
  const { call } = await boot(t, { limits: { default_message_ttl: 100, default_message_delay: 5, max_messages_post_size: 1000 } })
  t.match((await call('GET', queue('any'))).json(), { _max_messages_post_size: 1000, _default_message_ttl: 100, _default_message_delay: 5 })
})

t.test('metadata that will not do are refused', async t => {
  const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
  const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`
  const cases: [string, string][] = [
    ['[]', body('Document type not supported.')],
    ['  ', body('Request body could not be parsed.')],
    [`{"a":"${'x'.repeat(65_536)}"`, api('Queue metadata is too large. Max size: 65536')],
    ['{"_default_message_ttl":0}', api('_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    ['{"_dead_letter_queue":"bad"}', api('_dead_letter_queue must be another queue.')],
  ]
  for (const [sent, text] of cases) {
    const answer = await call('PUT', queue('bad'), { body: sent })
    t.same([answer.status, answer.text, answer.headers.location], [400, text, undefined])
  }
  t.equal((await call('PUT', queue('largest'), { body: `{"a":"${'x'.repeat(65_528)}"}` })).status, 201)
})

t.test('deleting a queue removes all it holds', async t => {
  await call('POST', `${queue('gone')}/messages`, { body: '{"messages":[{"body":1},{"body":2}]}' })
  await call('POST', `${queue('gone')}/claims?limit=1`)
  const answer = await call('DELETE', queue('gone'))
  t.same([answer.status, answer.text], [204, ''])
  t.equal((await call('GET', `${queue('gone')}/stats`)).text, '{"messages":{"claimed":0,"free":0,"total":0}}')
})

t.test('stats count delayed messages as free, and name both ends', async t => {
  const posted = await call('POST', `${queue('stats')}/messages`, { body: '{"messages":[{"body":1},{"body":2},{"body":3,"delay":60}]}' })
  const { resources } = posted.json<{ resources: string[] }>()
  await call('POST', `${queue('stats')}/claims?limit=1`)
  clock.tick(5)
  const answer = await call('GET', `${queue('stats')}/stats`)
  const { messages: { oldest, newest, ...counts } } = answer.json<{ messages: Record<string, { href: string; age: number; created: string }> }>()
  t.same(counts, { claimed: 1, free: 2, total: 3 })
  t.same([oldest?.href, newest?.href], [resources[0], resources[2]])
  for (const end of [oldest, newest]) {
    t.same(Object.keys(end ?? {}), ['href', 'age', 'created'])
    t.equal(end?.age, 5)
    t.match(end?.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  }
})
