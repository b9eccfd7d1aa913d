/** Queues that need not exist, and their metadata: api-v1.md 13.3 to 13.6 and 13.13. */
import t from 'tap'
import { boot, PROJECT } from '../../helpers/boot.ts'

const { call } = await boot(t)

const queue = (name: string) => `/v1.1/queues/${name}`
const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`

t.test('a queue that does not exist acts as an empty one', async t => {
  const same = async (verb: string, rest: string, status: number, text: string, sent?: string) => {
    const answer = await call(verb, queue('missing') + rest, sent === undefined ? {} : { body: sent })
    t.same([answer.status, answer.text], [status, text], `${verb} ${rest}`)
  }
  await same('GET', '', 200, '{}')
  await same('GET', '/stats', 200, '{"messages":{"claimed":0,"free":0,"total":0}}')
  await same('GET', '/messages', 200, '{"messages":[],"links":[]}')
  await same('GET', '/messages?ids=a,b', 404, `{"description":"No messages with IDs: ['a', 'b'] found in the queue missing for project ${PROJECT}.","title":"Not found"}`)
  await same('GET', '/messages/a', 404, `{"description":"Message a does not exist in queue missing for project ${PROJECT}","title":"Not found"}`)
  await same('POST', '/claims', 204, '')
  await same('GET', '/claims/a', 404, `{"description":"Claim a does not exist in queue missing for project ${PROJECT}","title":"Not found"}`)
  await same('PATCH', '/claims/a', 404, `{"description":"Claim a does not exist in queue missing for project ${PROJECT}","title":"Not found"}`, '{}')
  for (const rest of ['', '/messages?ids=a', '/messages/a', '/claims/a']) await same('DELETE', rest, 204, '')
  await same('DELETE', '/messages?pop=2', 200, '{"messages":[]}')
  t.equal((await call('GET', '/v1.1/queues')).text, '{"queues":[],"links":[]}', 'none of this made one')
})

t.test('a queue is created with the metadata that come along, and not changed by a second PUT', async t => {
  const metadata = '{"a": 1.0, "b":"\\u00e9",\n"_x":[9007199254740993]}'
  const created = await call('PUT', queue('meta'), { body: metadata })
  t.same([created.status, created.text, created.headers.location, created.headers['content-length'], created.headers['content-type']], [201, '', queue('meta'), '0', undefined])
  t.equal((await call('GET', queue('meta'))).text, metadata)
  const again = await call('PUT', queue('meta'), { body: '{"a":2}' })
  t.same([again.status, again.text, again.headers.location], [204, '', queue('meta')])
  t.equal((await call('GET', queue('meta'))).text, metadata)
  for (const [name, given] of [['none', {}], ['empty', { body: '' }], ['object', { body: '{}' }]] as const) {
    t.equal((await call('PUT', queue(name), given)).status, 201)
    t.equal((await call('GET', queue(name))).text, '{}')
  }
})

t.test('metadata that will not do are refused, and no queue is made', async t => {
  const cases: [string, string][] = [
    ['  ', body('Request body could not be parsed.')],
    ['{', body('Request body could not be parsed.')],
    ['"x"', body('Request body could not be parsed.')],
    ['[]', body('Document type not supported.')],
    ['{"a":9223372036854775808}', body('JSON contains integer that is too large.')],
    [`{"a":"${'x'.repeat(65_536)}"}`, api('Queue metadata is too large. Max size: 65536')],
    ['{"_default_message_ttl":"60"}', api('_default_message_ttl must be integer.')],
    ['{"_default_message_ttl":60.0}', api('_default_message_ttl must be integer.')],
    ['{"_default_message_ttl":59}', api('_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    ['{"_default_message_ttl":0}', api('_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    ['{"\\u005fdefault_message_ttl":1209601}', api('_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    ['{"_max_messages_post_size":[]}', api('_max_messages_post_size must be integer.')],
    ['{"_max_messages_post_size":0}', api('_max_messages_post_size can not exceed 262144,  and must be at least greater than 0.')],
    ['{"_max_messages_post_size":262145}', api('_max_messages_post_size can not exceed 262144,  and must be at least greater than 0.')],
    ['{"_max_claim_count":true}', api('_max_claim_count must be integer.')],
    ['{"_dead_letter_queue":5}', api('_dead_letter_queue must be the name of a queue.')],
    ['{"_dead_letter_queue":"a/b"}', api('_dead_letter_queue must be the name of a queue.')],
    ['{"_dead_letter_queue":"bad"}', api('_dead_letter_queue must be another queue.')],
    ['{"_dead_letter_queue_messages_ttl":"x"}', api('_dead_letter_queue_messages_ttl must be integer.')],
    ['{"_dead_letter_queue_messages_ttl":1}', api('The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    ['{"_default_message_delay":1.5}', api('_default_message_delay must be integer.')],
    ['{"_default_message_delay":901}', api('The TTL can not exceed 900 seconds, and must be at least 0 seconds long.')],
    ['{"_default_message_delay":-1}', api('The TTL can not exceed 900 seconds, and must be at least 0 seconds long.')],
    ['{"_enable_encrypt_messages":1}', api('_enable_encrypt_messages must be boolean.')],
    ['{"_enable_encrypt_messages":true}', api('_enable_encrypt_messages can not be set: this service has no message encryption key.')],
    ['{"_retry_policy":[]}', api('retry_policy must be a dict.')],
    ['{"_retry_policy":{"minimum_delay":"5"}}', api('minimum_delay must be integer.')],
    ['{"_retry_policy":{"retry_backoff_function":"cubic"}}', api('invalid retry_backoff_function.')],
    ['{"_retry_policy":{"ignore_subscription_override":0}}', api('ignore_subscription_override must be boolean.')],
    ['{"_retry_policy":{"minimum_delay":31}}', api('minimum_delay must less than maximum_delay.')],
    ['{"_retry_policy":{"minimum_delay":21}}', api('invalid minimum_delay and maximum_delay.')],
  ]
  for (const [sent, text] of cases) {
    const answer = await call('PUT', queue('bad'), { body: sent })
    t.same([answer.status, answer.text, answer.headers.location], [400, text, undefined], sent.slice(0, 80))
  }
  t.equal((await call('GET', '/v1/queues/bad')).status, 404)
})

t.test('metadata that will do', async t => {
  const largest = `{"a":"${'x'.repeat(65_528)}"}`
  const good = [
    '{"_default_message_ttl":60,"_max_messages_post_size":262144,"_max_claim_count":-1,"_dead_letter_queue":"dead.letters","_dead_letter_queue_messages_ttl":1209600}',
    '{"_default_message_delay":0,"_enable_encrypt_messages":false,"_retry_policy":{"minimum_delay":20,"retry_backoff_function":"linear"},"_anything":{"x":[]}}',
    '{"_default_message_ttl":null,"_max_messages_post_size":null,"_max_claim_count":null,"_dead_letter_queue":null,"_default_message_delay":null,"_enable_encrypt_messages":null,"_retry_policy":null}',
    '{"_dead_letter_queue":"","_flavor":"gold","constructor":1,"__proto__":2}',
    largest,
  ]
  for (const [index, sent] of good.entries()) {
    t.equal((await call('PUT', queue(`good-${index}`), { body: sent })).status, 201, sent.slice(0, 80))
    t.equal((await call('GET', queue(`good-${index}`))).text, sent)
  }
})

t.test('queues are listed, always with a 200', async t => {
  const given = { project: 'lister' }
  t.equal((await call('GET', '/v1.1/queues?limit=3', given)).text, '{"queues":[],"links":[]}')
  for (const name of ['b', 'a']) await call('PUT', queue(name), { ...given, body: `{"name":"${name}"}` })
  const list = async (query: string) => (await call('GET', `/v1.1/queues${query}`, given)).text
  t.equal(await list(''), '{"queues":[{"name":"a","href":"/v1.1/queues/a"},{"name":"b","href":"/v1.1/queues/b"}],"links":[{"rel":"next","href":"/v1.1/queues?marker=b"}]}')
  t.equal(await list('?limit=1&detailed=True'),
    '{"queues":[{"name":"a","metadata":{"name":"a"},"href":"/v1.1/queues/a"}],"links":[{"rel":"next","href":"/v1.1/queues?limit=1&detailed=true&marker=a"}]}')
  t.equal(await list('?marker=a'), '{"queues":[{"name":"b","href":"/v1.1/queues/b"}],"links":[{"rel":"next","href":"/v1.1/queues?marker=b"}]}')
  t.equal(await list('?marker=b&limit=5'), '{"queues":[],"links":[]}')
  t.equal(await list('?limit=21'), api('Limit must be at least 1 and no greater than 20.'))
  t.match(await list('?name=a&node=1'), /"name":"b"/, 'filters are for v2')
})

t.test('stats', async t => {
  await call('POST', `${queue('stats')}/messages`, { body: '{"messages":[{"body":1},{"body":2}]}' })
  const answer = await call('GET', `${queue('stats')}/stats`)
  const { messages: { oldest, newest, ...counts } } = answer.json<{ messages: Record<string, { href: string; age: number; created: string }> }>()
  t.same(counts, { claimed: 0, free: 2, total: 2 })
  for (const end of [oldest, newest]) {
    t.same(Object.keys(end ?? {}), ['href', 'age', 'created'])
    t.equal((await call('GET', end?.href ?? '')).status, 200)
  }
})
