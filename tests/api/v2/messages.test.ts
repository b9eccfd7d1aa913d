/** Posting, reading, deleting and popping messages: api-v2.md 6. */
import t from 'tap'
import { boot, OTHER_CLIENT, PROJECT, type Answer, type Service } from '../../helpers/boot.ts'

const service = await boot(t)
const { call, clock } = service

interface Message { readonly id: string; readonly href: string; readonly ttl: number; readonly age: number; readonly body: unknown; readonly claim_id?: null; readonly claim_count?: number }
interface Page { readonly messages: Message[]; readonly links: { readonly href: string }[] }

const messages = (queue: string) => `/v2/queues/${queue}/messages`
const post = (queue: string, body: string, via: Service = service) => via.call('POST', messages(queue), { body })
const idOf = (href: string) => href.slice(href.lastIndexOf('/') + 1)
const bodies = (answer: Answer) => answer.json<Page>().messages.map(({ body }) => body)
const list = async (queue: string, query = '') => bodies(await call('GET', `${messages(queue)}?echo=true${query}`))
const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`

/** A fresh queue with messages of bodies 0, 1, 2, ...; answers their ids. */
async function filled(queue: string, count: number): Promise<string[]> {
  const answer = await post(queue, JSON.stringify({ messages: Array.from({ length: count }, (_, body) => ({ body })) }))
  return answer.json<{ resources: string[] }>().resources.map(idOf)
}

t.test('a post creates its queue and answers references in order', async t => {
  const answer = await post('first', '{"messages": [{"body": {"a": 1.0}}, {"body": null, "ttl": 60}]}')
  const { resources: [one = '', other = ''] } = answer.json<{ resources: string[] }>()
  t.same([answer.status, answer.text], [201, `{"resources":["${one}","${other}"]}`])
  t.equal(answer.headers.location, `${messages('first')}?ids=${idOf(one)},${idOf(other)}`)
  t.equal((await call('GET', one)).text, `{"id":"${idOf(one)}","href":"${one}","ttl":3600,"age":0,"body":{"a": 1.0}}`)
  t.equal((await call('GET', other)).text, `{"id":"${idOf(other)}","href":"${other}","ttl":60,"age":0,"body":null}`)
  t.equal((await filled('many', 25)).length, 25)
})

t.test('a bad post is refused in the order of the checks, and leaves no queue', async t => {
  const range = api('The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long.')
  const cases: [string, string][] = [
    [`[${' '.repeat(262_144)}`, api('Message collection size is too large. Max size 262144')],
    ['', body('Request body could not be parsed.')],
    ['123', body('Request body could not be parsed.')],
    ['[{"body":1,"ttl":60}]', api('No messages were found in the request body.')],
    ['{"messages":"x"}', body('Document type not supported.')],
    ['{"messages":[[]]}', body('Document type not supported.')],
    ['{"messages":[{"ttl":"x"}]}', body('The value of the "ttl" field must be a int.')],
    ['{"messages":[{"delay":"x"}]}', body('Missing "body" field.')],
    ['{"messages":[{"body":1,"delay":"x"}]}', body('The value of the "delay" field must be a int.')],
    ['{"messages":[{"body":1,"delay":null}]}', body('The value of the "delay" field must be a int.')],
    ['{"messages":[]}', api('No messages to enqueu.')],
    ['{"messages":[{"body":1,"ttl":59}]}', range],
    ['{"messages":[{"body":1,"ttl":true}]}', body('The value of the "ttl" field must be a int.')],
    ['{"messages":[{"body":1,"delay":901}]}', api('The Delay TTL for a message may not exceed 900 seconds,and must be at least 0 seconds long.')],
    ['{"messages":[{"body":1,"delay":-1}]}', api('The Delay TTL for a message may not exceed 900 seconds,and must be at least 0 seconds long.')],
    ['{"messages":[{"body":[9223372036854775808]}]}', body('JSON contains integer that is too large.')],
  ]
  for (const [sent, text] of cases) {
    const answer = await post('bad', sent)
    t.same([answer.status, answer.text], [400, text], sent.slice(0, 60))
  }
  t.equal((await call('GET', '/v1/queues/bad')).status, 404)
  t.equal((await call('POST', messages('bad'), { body: '{"messages":[{"body":1}]}', headers: { 'Transfer-Encoding': 'chunked' } })).status, 201, 'a body of unknown length')
})

t.test('what a message leaves out is as its queue says', async t => {
  await call('PUT', '/v2/queues/rules', { body: '{"_default_message_ttl":100,"_default_message_delay":30,"_max_messages_post_size":120}' })
  const { resources: [first = ''] } = (await post('rules', '{"messages":[{"body":1},{"body":2,"ttl":200,"delay":0}]}')).json<{ resources: string[] }>()
  t.match((await call('GET', first)).json(), { ttl: 100 })
  t.same(await list('rules'), [2])
  clock.tick(30)
  t.same(await list('rules'), [1, 2])
  const large = await post('rules', `{"messages":[{"body":"${'x'.repeat(120)}"}]}`)
  t.equal(large.text, api('Message collection size is too large. The max size for current queue is 120. It is calculated by max size = '
    + 'min(max_messages_post_size_config: 262144, max_messages_post_size_queue: 120).'))
  const exact = `{"messages":[{"body":"${'x'.repeat(120 - 26)}"}]}`
  t.equal(exact.length, 120)
  t.same([(await post('rules', exact)).status, (await post('rules', `${exact} `)).status], [201, 400])
})

t.test('a queue takes the delay of the configuration if it has none, and limits that were lowered hold', async t => {
  await call('PUT', '/v2/queues/lower', { body: '{"_default_message_ttl":1000,"_default_message_delay":100}' })
  const lower = await boot(t, { stores: service.stores, limits: { default_message_delay: 20, max_message_ttl: 500, max_message_delay: 50 } })
  const { resources: [one = ''] } = (await post('lower', '{"messages":[{"body":1}]}', lower)).json<{ resources: string[] }>()
  t.match((await call('GET', one)).json(), { ttl: 500 })
  await post('configured', '{"messages":[{"body":1}]}', lower)
  clock.tick(20)
  t.same([await list('configured'), await list('lower')], [[1], []])
  clock.tick(30)
  t.same(await list('lower'), [1])
})

t.test('a delayed message is listed on demand, got by its id, and not handed out', async t => {
  const { resources: [href = ''] } = (await post('delay', '{"messages":[{"body":"late","delay":60},{"body":"now"}]}')).json<{ resources: string[] }>()
  t.same(await list('delay'), ['now'])
  t.same(await list('delay', '&include_delayed=true'), ['late', 'now'])
  t.equal((await call('GET', href)).status, 200)
  t.equal((await call('GET', `${messages('delay')}?ids=${idOf(href)}`)).status, 200)
  t.same(bodies(await call('POST', '/v2/queues/delay/claims')), ['now'])
  t.same(bodies(await call('DELETE', `${messages('delay')}?pop=20`)), [])
  t.equal((await call('GET', `${messages('delay')}?include_delayed=true&echo=true&limit=1`)).json<Page>().links[0]?.href.includes('include_delayed=true'), true)
  t.equal((await call('GET', '/v1/queues/delay/messages?echo=true&include_delayed=true')).status, 204, 'v1 knows of no delays, and shows none')
  clock.tick(60)
  t.same(bodies(await call('DELETE', `${messages('delay')}?pop=20`)), ['late'])
})

t.test('ten messages in threes are four pages, and then an empty one', async t => {
  const ids = await filled('pages', 10)
  const sizes: number[] = []
  const seen: string[] = []
  let href = `${messages('pages')}?limit=3&echo=True&include_claimed=False`
  for (;;) {
    const { messages, links } = (await call('GET', href)).json<Page>()
    sizes.push(messages.length)
    seen.push(...messages.map(({ id }) => id))
    if (links.length === 0) break
    t.equal(links.length, 1)
    href = links[0]?.href ?? ''
    t.match(href, sizes.length === 1
      ? /^\/v2\/queues\/pages\/messages\?limit=3&echo=true&include_claimed=false&marker=\d+$/
      : /^\/v2\/queues\/pages\/messages\?marker=\d+&limit=3&echo=true&include_claimed=false$/)
  }
  t.same([sizes, seen], [[3, 3, 3, 1, 0], ids])
  t.same(await list('pages', `&marker=${ids[7]}`), [8, 9], 'the id of a message is a marker, too')
  t.same(await list('pages', '&marker=zzz'), [])
  for (const limit of ['0', '-1', '21']) t.equal((await call('GET', `${messages('pages')}?limit=${limit}`)).text, api('Limit must be at least 1 and may not be greater than 20.'))
})

t.test('one sees what others posted, and its own on demand', async t => {
  await filled('echo', 1)
  t.same(bodies(await call('GET', messages('echo'))), [])
  t.same(bodies(await call('GET', messages('echo'), { client: OTHER_CLIENT })), [0])
  t.equal((await call('GET', `${messages('echo')}?echo=None`)).status, 400)
})

t.test('messages by their ids come without links, and a 404 tells that there are none', async t => {
  const [a = '', b = ''] = await filled('bulk', 2)
  const found = await call('GET', `${messages('bulk')}?ids=${b},${a},zz`)
  t.same([found.status, Object.keys(found.json<object>()), bodies(found)], [200, ['messages'], [1, 0]])
  const none = await call('GET', `${messages('bulk')}?ids=zz&ids=yy`)
  t.same([none.status, none.text], [404, `{"description":"No messages with IDs: ['zz', 'yy'] found in the queue bulk for project ${PROJECT}.","title":"Not found"}`])
  t.same(bodies(await call('GET', `${messages('bulk')}?ids=&echo=true`)), [0, 1], 'blank ids are a listing')
  t.equal((await call('GET', `${messages('bulk')}?ids=${Array(21).fill('x').join(',')}`)).status, 400)
})

t.test('a message shows the claim that holds it, wherever it is shown', async t => {
  const [id = ''] = await filled('held', 2)
  const claim = idOf((await call('POST', '/v2/queues/held/claims?limit=1')).headers.location ?? '')
  const href = `${messages('held')}/${id}?claim_id=${claim}`
  t.match((await call('GET', `${messages('held')}/${id}?claim_id=whatever`)).json(), { href })
  t.match((await call('GET', `${messages('held')}?ids=${id}`)).json(), { messages: [{ href }] })
  t.match((await call('GET', `${messages('held')}?echo=true&include_claimed=true`)).json(), { messages: [{ href }, {}] })
  await call('DELETE', `/v2/queues/held/claims/${claim}`)
  t.match((await call('GET', `${messages('held')}/${id}`)).json(), { href: `${messages('held')}/${id}` })
})

t.test('a message is deleted by the table of v1', async t => {
  const [held = '', free = ''] = await filled('delete', 2)
  const claim = idOf((await call('POST', '/v2/queues/delete/claims?limit=1')).headers.location ?? '')
  const remove = (id: string, query = '') => call('DELETE', `${messages('delete')}/${id}${query}`)
  const unable = (text: string) => `{"description":"${text}","title":"Unable to delete"}`
  const cases: [Answer, number, string][] = [
    [await remove('malformed', '?claim_id=invalid'), 204, ''],
    [await remove('f'.repeat(24)), 204, ''],
    [await remove(held), 403, unable('This message is claimed; it cannot be deleted without a valid claim ID.')],
    [await remove(held, '?claim_id=invalid'), 400, unable('The specified claim does not exist or has expired.')],
    [await remove(held, `?claim_id=${'f'.repeat(24)}`), 403, unable('This message is claimed; it cannot be deleted without a valid claim ID.')],
    [await remove(free, `?claim_id=${claim}`), 400, unable('A claim was specified, but the message is not currently claimed.')],
    [await remove(held, `?claim_id=${claim}`), 204, ''],
    [await remove(free), 204, ''],
  ]
  for (const [answer, status, text] of cases) t.same([answer.status, answer.text], [status, text])
})

t.test('a bulk delete needs ids or a count to pop, and not both', async t => {
  const remove = (query: string) => call('DELETE', `${messages('sweep')}${query}`)
  const refusals: [string, string][] = [
    ['', 'The request should have either "ids" or "pop" parameter in the request, to be able to delete.'],
    ['?ids=', 'The request should have either "ids" or "pop" parameter in the request, to be able to delete.'],
    ['?ids=x&pop=1', 'pop and id params cannot be present together in the delete request.'],
    [`?ids=${Array(21).fill('x').join(',')}`, 'ids parameter should have at least 1 and not greater than 20 values.'],
    ['?pop=0', 'Pop value must be at least 1 and may not be greater than 20.'],
    ['?pop=21', 'Pop value must be at least 1 and may not be greater than 20.'],
  ]
  for (const [query, text] of refusals) t.same([(await remove(query)).status, (await remove(query)).text], [400, api(text)], query)
  const ids = await filled('sweep', 4)
  await call('POST', '/v2/queues/sweep/claims?limit=1')
  t.equal((await remove(`?ids=${ids[0]},zz&ids=${ids[1]}&claim_ids=whatever`)).status, 204, 'claimed ones too')
  t.same(await list('sweep'), [2, 3])
})

t.test('where a bulk delete must name claims, it deletes what these hold', async t => {
  const { call } = await boot(t, { limits: { message_delete_with_claim_id: true } })
  const posted = await call('POST', messages('named'), { body: JSON.stringify({ messages: Array.from({ length: 6 }, (_, body) => ({ body })) }) })
  const ids = posted.json<{ resources: string[] }>().resources.map(idOf)
  const claim = async () => idOf((await call('POST', '/v2/queues/named/claims?limit=2')).headers.location ?? '')
  const [first, second] = [await claim(), await claim()]
  const remove = (of: readonly (string | undefined)[], claims?: string) => call('DELETE', `${messages('named')}?ids=${of.join(',')}${claims === undefined ? '' : `&claim_ids=${claims}`}`)
  const missing = api('The request should have both "ids" and "claim_ids" parameter in the request when message_delete_with_claim_id is True.')
  for (const claims of [undefined, '', ',']) t.equal((await remove([ids[0]], claims)).text, missing)
  const unable = (text: string) => `{"description":${JSON.stringify(text)},"title":"Unable to delete"}`
  t.equal((await remove([ids[0]], 'bad')).text, unable('The claim bad in "claim_ids" holds none of the messages in "ids".'))
  t.equal((await remove([ids[0]], `${first},${second}`)).text, unable(`The claim ${second} in "claim_ids" holds none of the messages in "ids".`))
  t.equal((await remove([ids[0], ids[2]], first)).status, 403, 'held by another')
  t.equal((await remove([ids[0], ids[5]], first)).status, 400, 'held by none')
  t.equal((await call('GET', '/v2/queues/named/stats')).json<{ messages: { total: number } }>().messages.total, 6, 'nothing was deleted')
  t.equal((await remove([ids[0], ids[3], 'zz', 'f'.repeat(24)], `${first},${second},,`)).status, 204)
  t.equal((await call('GET', '/v2/queues/named/stats')).json<{ messages: { total: number } }>().messages.total, 4)
  t.equal((await call('DELETE', `/v1.1/queues/named/messages?ids=${ids[1]}`)).status, 204, 'older versions do as ever')
})

t.test('pop removes the oldest free messages and shows how often they were handed out', async t => {
  const ids = await filled('pop', 3)
  const claim = await call('POST', '/v2/queues/pop/claims?limit=1', { body: '{"ttl":60}' })
  t.same(bodies(await call('DELETE', `${messages('pop')}?pop=1`)), [1])
  t.equal(claim.status, 201)
  clock.tick(60)
  const answer = await call('DELETE', `${messages('pop')}?pop=20`)
  t.equal(answer.text, `{"messages":[{"id":"${ids[0]}","ttl":3600,"age":60,"body":0,"claim_id":null,"claim_count":1},`
    + `{"id":"${ids[2]}","ttl":3600,"age":60,"body":2,"claim_id":null,"claim_count":0}]}`)
  t.equal((await call('DELETE', `${messages('pop')}?pop=20`)).text, '{"messages":[]}')
  t.equal((await call('DELETE', `${messages('never')}?pop=20`)).text, '{"messages":[]}')
})

t.test('checksums are shown where they are asked for by configuration, but not in v1', async t => {
  const { call } = await boot(t, { parts: { checksums: true } })
  await call('POST', messages('sums'), { body: '{"messages":[{"body":{"a":1}},{"body":"str"},{"body":null}]}' })
  const sums = (answer: Answer) => answer.json<{ messages: { checksum?: string }[] }>().messages.map(({ checksum }) => checksum)
  const expected = ['MD5:42b7b4f2921788ea14dac5566e6f06d0', 'MD5:767e2d7912ebefdfe18495ed53635fc8', undefined]
  t.same(sums(await call('GET', `${messages('sums')}?echo=true`)), expected)
  t.same(sums(await call('GET', '/v1.1/queues/sums/messages?echo=true')), expected)
  t.same(sums(await call('GET', '/v1/queues/sums/messages?echo=true')), [undefined, undefined, undefined])
  const claim = await call('POST', '/v2/queues/sums/claims?limit=1')
  t.same(sums(claim), expected.slice(0, 1))
  t.same(sums(await call('DELETE', `${messages('sums')}?pop=1`)), expected.slice(1, 2))
})

t.test('members beyond the usual are shown to who asks', async t => {
  const [id = ''] = await filled('fields', 2)
  await call('POST', '/v2/queues/fields/claims?limit=1')
  const shown = (await call('GET', `${messages('fields')}/${id}?fields=claim_count,origin`)).json<object>()
  t.same(Object.keys(shown), ['id', 'href', 'ttl', 'age', 'body', 'claim_count', 'origin'])
  t.match(shown, { claim_count: 1, origin: null })
  const page = await call('GET', `${messages('fields')}?echo=true&fields=claim_count&limit=1`)
  t.match(page.json(), { messages: [{ body: 1, claim_count: 0 }], links: [{ href: /&fields=claim_count&marker=/ }] })
  const unknown = await call('GET', `${messages('fields')}?fields=secret`)
  t.same([unknown.status, unknown.text], [400, '{"description":"The \\"fields\\" parameter is invalid. There is no secret; there are claim_count, origin.","title":"Invalid parameter"}'])
  t.equal((await call('POST', '/v2/queues/fields/claims?fields=secret')).status, 400)
  t.equal((await call('DELETE', `${messages('fields')}?pop=1&fields=secret`)).status, 400)
  t.equal(await list('fields').then(({ length }) => length), 1, 'and nothing is done for who asks wrongly')
  t.same(Object.keys((await call('GET', `/v1.1/queues/fields/messages/${id}?fields=secret`)).json<object>()), ['id', 'href', 'ttl', 'age', 'body'])
})
