/** Posting into queues that need not exist, reading, deleting and popping: api-v1.md 13.7 to 13.11. */
import t from 'tap'
import { quotaOf } from '../../../lib/quota/quota.ts'
import { boot, OTHER_CLIENT, PROJECT, type Answer } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

interface Message { readonly id: string; readonly href: string; readonly ttl: number; readonly body: unknown }
interface Page { readonly messages: Message[]; readonly links: { readonly href: string }[] }

const messages = (queue: string) => `/v1.1/queues/${queue}/messages`
const post = (queue: string, body: string) => call('POST', messages(queue), { body })
const idOf = (href: string) => href.slice(href.lastIndexOf('/') + 1)
const bodies = (answer: Answer) => answer.json<Page>().messages.map(({ body }) => body)
const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
const body = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid request body"}`

/** A fresh queue with messages of bodies 0, 1, 2, ...; answers their references. */
async function filled(queue: string, count: number): Promise<string[]> {
  const answer = await post(queue, JSON.stringify({ messages: Array.from({ length: count }, (_, body) => ({ body })) }))
  return answer.json<{ resources: string[] }>().resources
}

t.test('a post creates its queue, and gives messages a ttl if they have none', async t => {
  const answer = await post('thumbs', '{"messages": [{"body": {"img": "a.png"}}, {"ttl": 90, "body": 5, "delay": "x"}], "other": 1}')
  t.equal(answer.status, 201)
  const { resources: [one = '', other = ''] } = answer.json<{ resources: string[] }>()
  t.equal(answer.text, `{"resources":["${one}","${other}"]}`)
  t.equal(answer.headers.location, `${messages('thumbs')}?ids=${idOf(one)},${idOf(other)}`)
  t.equal((await call('GET', one)).text, `{"id":"${idOf(one)}","href":"${one}","ttl":3600,"age":0,"body":{"img": "a.png"}}`)
  t.equal((await call('GET', other)).text, `{"id":"${idOf(other)}","href":"${other}","ttl":90,"age":0,"body":5}`)
  t.equal((await call('GET', '/v1.1/queues/thumbs')).text, '{}')
  t.equal((await call('GET', '/v1/queues/thumbs')).status, 204, 'it is there in v1, too')
})

t.test('one bad message refuses the whole post, which then leaves no queue', async t => {
  const cases: [string, string][] = [
    ['', body('Request body could not be parsed.')],
    ['"fail"', body('Request body could not be parsed.')],
    ['3', body('Request body could not be parsed.')],
    ['null', body('Request body could not be parsed.')],
    ['[]', api('No messages were found in the request body.')],
    ['[{"body":1}]', api('No messages were found in the request body.')],
    ['{}', api('No messages were found in the request body.')],
    ['{"messages":{}}', body('Document type not supported.')],
    ['{"messages":null}', body('Document type not supported.')],
    ['{"messages":[1]}', body('Document type not supported.')],
    ['{"messages":[]}', api('No messages to enqueu.')],
    ['{"messages":[{"ttl":60}]}', body('Missing "body" field.')],
    ['{"messages":[{"body":1,"ttl":null}]}', body('The value of the "ttl" field must be a int.')],
    ['{"messages":[{"body":1,"ttl":"60"}]}', body('The value of the "ttl" field must be a int.')],
    ['{"messages":[{"body":1},{"body":2,"ttl":59}]}', api('The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long.')],
    [`{"messages":[{"body":"${'x'.repeat(262_144)}"}]}`, api('Message collection size is too large. Max size 262144')],
  ]
  for (const [sent, text] of cases) {
    const answer = await post('refused', sent)
    t.same([answer.status, answer.text], [400, text], sent.slice(0, 60))
  }
  t.equal((await call('GET', '/v1/queues/refused')).status, 404)
})

t.test('a post beyond a quota leaves no queue either', async t => {
  const quotas = { of: () => quotaOf({ queues: 2, messages: 3, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 }) }
  const { call, clock } = await boot(t, { parts: { quotas } })
  const post = (queue: string, count: number) => call('POST', messages(queue), { body: JSON.stringify({ messages: Array(count).fill({ body: 1, ttl: 60 }) }) })
  t.equal((await post('a', 2)).status, 201)
  t.same([(await post('b', 2)).text, (await call('GET', '/v1/queues/b')).status],
    ['{"description":"The project may keep at most 3 messages; it keeps 2.","title":"Quota exceeded"}', 404])
  clock.tick(60)
  t.equal((await post('b', 3)).status, 201, 'what has expired is no more')
  clock.tick(60)
  const refused = await post('c', 1)
  t.same([refused.status, refused.text], [403, '{"description":"The project may keep at most 2 queues; it keeps 2.","title":"Quota exceeded"}'])
})

t.test('a default ttl is never longer than the longest', async t => {
  const { call } = await boot(t, { limits: { max_message_ttl: 100, default_claim_ttl: 500, max_claim_ttl: 200 } })
  const { resources: [href = ''] } = (await call('POST', messages('short'), { body: '{"messages":[{"body":1}]}' })).json<{ resources: string[] }>()
  t.match((await call('GET', href)).json(), { ttl: 100 })
  const claim = await call('POST', '/v1.1/queues/short/claims')
  t.match((await call('GET', claim.headers.location ?? '')).json(), { ttl: 200 })
})

t.test('reserved attributes of the queue have no effect', async t => {
  await call('PUT', '/v1.1/queues/attributes', { body: '{"_default_message_ttl":77,"_max_messages_post_size":10,"_default_message_delay":30}' })
  const [href = ''] = await filled('attributes', 1)
  t.match((await call('GET', href)).json(), { ttl: 3600 })
  t.same(bodies(await call('GET', `${messages('attributes')}?echo=true`)), [0])
})

t.test('pages go on until an empty one without links', async t => {
  const hrefs = await filled('pages', 5)
  const sizes: number[] = []
  let href = `${messages('pages')}?limit=2&echo=True`
  for (;;) {
    const { messages, links } = (await call('GET', href)).json<Page>()
    sizes.push(messages.length)
    if (links.length === 0) break
    href = links[0]?.href ?? ''
    t.match(href, /^\/v1\.1\/queues\/pages\/messages\?limit=2&echo=true&marker=\d+$/)
  }
  t.same(sizes, [2, 2, 1, 0])
  const all = (await call('GET', `${messages('pages')}?echo=true`)).json<Page>().messages
  t.same(all, hrefs.map((href, body) => ({ id: idOf(href), href, ttl: 3600, age: 0, body })))
  t.same(bodies(await call('GET', messages('pages'))), [], 'not one\'s own')
  t.same(bodies(await call('GET', messages('pages'), { client: OTHER_CLIENT })), [0, 1, 2, 3, 4])
  t.equal((await call('GET', `${messages('pages')}?marker=zzz&echo=true`)).text, '{"messages":[],"links":[]}')
})

t.test('a message under a claim shows it in its reference, as long as the claim lives', async t => {
  const [href = ''] = await filled('held', 2)
  const claim = await call('POST', '/v1.1/queues/held/claims?limit=1', { body: '{"ttl":60}' })
  const id = idOf(claim.headers.location ?? '')
  const full = `${href}?claim_id=${id}`
  t.match((await call('GET', href)).json(), { href: full })
  t.match((await call('GET', `${messages('held')}?ids=${idOf(href)}`)).json(), { messages: [{ href: full }] })
  t.match((await call('GET', `${messages('held')}?echo=true&include_claimed=true&limit=1`)).json(), { messages: [{ href: full }] })
  clock.tick(60)
  t.match((await call('GET', href)).json(), { href })
})

t.test('bulk get answers an object without links, and a 404 if none is found', async t => {
  const [a = '', b = ''] = (await filled('bulk', 2)).map(idOf)
  const answer = await call('GET', `${messages('bulk')}?ids=${b}&ids=${a},zz`)
  t.equal(answer.status, 200)
  t.same(Object.keys(answer.json<object>()), ['messages'])
  t.same(answer.json<Page>().messages.map(({ id }) => id), [b, a])
  const none = await call('GET', `${messages('bulk')}?ids=zz,it's`)
  t.same([none.status, none.text], [404, `{"description":"No messages with IDs: ['zz', 'it's'] found in the queue bulk for project ${PROJECT}.","title":"Not found"}`])
  t.equal((await call('GET', `${messages('bulk')}?ids=${Array(21).fill('a').join(',')}`)).text, api('Limit must be at least 1 and may not be greater than 20.'))
})

t.test('a bulk delete needs ids or a count to pop, and not both', async t => {
  const remove = (query: string) => call('DELETE', `${messages('delete')}${query}`)
  const refusals: [string, string][] = [
    ['', 'The request should have either "ids" or "pop" parameter in the request, to be able to delete.'],
    ['?ids=', 'The request should have either "ids" or "pop" parameter in the request, to be able to delete.'],
    ['?ids=a&pop=1', 'pop and id params cannot be present together in the delete request.'],
    [`?ids=${Array(21).fill('a').join(',')}`, 'ids parameter should have at least 1 and not greater than 20 values.'],
    ...['0', '-1', '21'].map((pop): [string, string] => [`?pop=${pop}`, 'Pop value must be at least 1 and may not be greater than 20.']),
  ]
  for (const [query, text] of refusals) {
    const answer = await remove(query)
    t.same([answer.status, answer.text], [400, api(text)], query)
  }
  t.match((await remove('?pop=x')).text, /The value must be an integer/)
  const ids = (await filled('delete', 3)).map(idOf)
  await call('POST', '/v1.1/queues/delete/claims?limit=1')
  const answer = await remove(`?ids=${ids[0]},${ids[1]}&ids=zz`)
  t.same([answer.status, answer.text], [204, ''])
  t.match((await call('GET', '/v1.1/queues/delete/stats')).json(), { messages: { total: 1 } })
})

t.test('pop removes the oldest free messages and answers them', async t => {
  const ids = (await filled('pop', 5)).map(idOf)
  await call('POST', '/v1.1/queues/pop/claims?limit=1')
  clock.tick(8)
  const answer = await call('DELETE', `${messages('pop')}?pop=2`)
  t.equal(answer.status, 200)
  const shown = (index: number) => `{"id":"${ids[index]}","ttl":3600,"age":8,"body":${index},"claim_id":null}`
  t.equal(answer.text, `{"messages":[${shown(1)},${shown(2)}]}`)
  t.same(bodies(await call('DELETE', `${messages('pop')}?pop=20`)), [3, 4])
  t.equal((await call('DELETE', `${messages('pop')}?pop=20`)).text, '{"messages":[]}')
  t.match((await call('GET', '/v1.1/queues/pop/stats')).json(), { messages: { claimed: 1, total: 1 } })
})

t.test('one message is deleted by the table of v1', async t => {
  const [href = ''] = await filled('single', 1)
  const claim = idOf((await call('POST', '/v1.1/queues/single/claims')).headers.location ?? '')
  t.equal((await call('DELETE', href)).status, 403)
  t.equal((await call('DELETE', `${href}?claim_id=invalid`)).status, 400)
  t.equal((await call('DELETE', `${href}?claim_id=${claim}`)).status, 204)
  t.equal((await call('DELETE', href)).status, 204)
  t.equal((await call('GET', href)).status, 404)
})
