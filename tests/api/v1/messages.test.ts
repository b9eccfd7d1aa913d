/** Posting, listing, bulk get and bulk delete: api-v1.md 6 and 7. */
import t from 'tap'
import { boot, CLIENT, DEFAULT_LIMITS, OTHER_CLIENT, PROJECT, type Answer } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

interface Message { readonly href: string; readonly ttl: number; readonly age: number; readonly body: unknown }
interface Page { readonly messages: Message[]; readonly links: { readonly rel: string; readonly href: string }[] }

const messages = (queue: string) => `/v1/queues/${queue}/messages`
const post = (queue: string, body: string, client: string | null = CLIENT) => call('POST', messages(queue), { body, client })
const bodies = (answer: Answer) => answer.status === 204 ? [] : answer.json<Page>().messages.map(({ body }) => body)

/** A fresh queue with `count` messages of bodies 0, 1, 2, ...; answers their references. */
async function filled(queue: string, count: number, ttl = 300): Promise<string[]> {
  await call('PUT', `/v1/queues/${queue}`)
  if (count === 0) return []
  const answer = await post(queue, JSON.stringify(Array.from({ length: count }, (_, body) => ({ ttl, body }))))
  return answer.json<{ resources: string[] }>().resources
}

const idOf = (href: string) => href.slice(href.lastIndexOf('/') + 1)

t.test('a post answers references in order', async t => {
  await filled('post', 0)
  const answer = await post('post', '[{"ttl": 300, "body": {"no": 4711}}, {"ttl": 86400, "body": "reprint", "color": "blue"}]')
  t.equal(answer.status, 201)
  t.equal(answer.headers['content-type'], 'application/json')
  const { resources, ...rest } = answer.json<{ resources: string[]; partial: boolean }>()
  t.same(rest, { partial: false })
  t.equal(answer.headers.location, `/v1/queues/post/messages?ids=${resources.map(idOf).join(',')}`)
  for (const href of resources) t.match(href, /^\/v1\/queues\/post\/messages\/[0-9a-f]{24}$/)
  t.same((await call('GET', answer.headers.location ?? '')).json(), [
    { href: resources[0], ttl: 300, age: 0, body: { no: 4711 } },
    { href: resources[1], ttl: 86400, age: 0, body: 'reprint' },
  ])
})

t.test('a post may hold many messages', async t => {
  t.equal((await filled('many', 50)).length, 50)
})

t.test('a post into a missing queue is a 404', async t => {
  const answer = await post('missing', '[{"ttl":60,"body":1}]')
  t.equal(answer.status, 404)
  t.equal(answer.text, `{"description":"Queue missing does not exist for project ${PROJECT}","title":"Not found"}`)
  t.equal((await call('GET', '/v1/queues/missing')).status, 404)
})

t.test('one bad message refuses the whole post, before the queue is looked for', async t => {
  await filled('refuse', 0)
  const body = (text: string) => `{"description":"${text}","title":"Invalid request body"}`
  const api = (text: string) => `{"description":"${text}","title":"Invalid API request"}`
  const range = api('The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long.')
  const cases: [string, string][] = [
    ['', body('Request body could not be parsed.')],
    [' \n', body('Request body could not be parsed.')],
    ['.', body('Request body could not be parsed.')],
    ['[', body('Request body could not be parsed.')],
    ['[{"ttl":60,"body":1},]', body('Request body could not be parsed.')],
    ['[{"ttl":60,"body":NaN}]', body('Request body could not be parsed.')],
    ['"fail"', body('Request body could not be parsed.')],
    ['1', body('Request body could not be parsed.')],
    ['null', body('Request body could not be parsed.')],
    ['{}', body('Document type not supported.')],
    ['{"ttl":60,"body":1}', body('Document type not supported.')],
    ['[1]', body('Document type not supported.')],
    ['[[]]', body('Document type not supported.')],
    ['[null]', body('Document type not supported.')],
    ['[]', api('No messages to enqueu.')],
    ['[{"body":1}]', body('Missing \\"ttl\\" field.')],
    ['[{"ttl":60}]', body('Missing \\"body\\" field.')],
    ['[{}]', body('Missing \\"ttl\\" field.')],
    ['[{"ttl":59,"body":1},{"ttl":60}]', body('Missing \\"body\\" field.')],
    ...['60.5', '60.0', '6e1', '"60"', 'null', '[]', '{}', 'true'].map((ttl): [string, string] => [`[{"ttl":${ttl},"body":1}]`, body('The value of the \\"ttl\\" field must be a int.')]),
    ...['59', '0', '-1', '1209601', '9223372036854775807'].map((ttl): [string, string] => [`[{"ttl":60,"body":1},{"ttl":${ttl},"body":1}]`, range]),
    ['[{"ttl":9223372036854775808,"body":1}]', body('JSON contains integer that is too large.')],
    ['[{"ttl":60,"body":{"a":[-9223372036854775809]}}]', body('JSON contains integer that is too large.')],
  ]
  for (const [sent, text] of cases) {
    for (const queue of ['refuse', 'missing']) {
      const answer = await post(queue, sent)
      t.equal(answer.status, 400, sent)
      t.equal(answer.text, text, sent)
    }
  }
  t.equal((await call('GET', '/v1/queues/refuse/stats')).text, '{"messages":{"claimed":0,"free":0,"total":0}}')
  t.equal((await post('refuse', '[{"ttl":60,"body":1},{"ttl":1209600,"body":null}]')).status, 201, 'both ends of the range')
})

t.test('a post has its limit at the exact byte', async t => {
  const max = DEFAULT_LIMITS.max_messages_post_size
  await filled('size', 0)
  const fits = `[{"ttl":60,"body":"${'é'.repeat((max - 23) / 2)}"}] `.padEnd(max)
  const exact = fits.trimEnd() + ' '.repeat(max - Buffer.byteLength(fits.trimEnd()))
  for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
    t.equal((await call('POST', messages('size'), { body: exact, headers })).status, 201)
    for (const over of [`${exact} `, 'x'.repeat(max + 1), exact.repeat(8)]) {
      const answer = await call('POST', messages('size'), { body: over, headers })
      t.equal(answer.status, 400)
      t.equal(answer.text, '{"description":"Message collection size is too large. Max size 262144","title":"Invalid API request"}')
    }
  }
})

t.test('listing pages in order and ends with a 204', async t => {
  const hrefs = await filled('pages', 10)
  let href = `${messages('pages')}?limit=3&echo=True`
  const sizes: number[] = []
  const seen: Message[] = []
  let answer = await call('GET', href)
  while (answer.status === 200) {
    t.equal(answer.headers['content-location'], href)
    const page = answer.json<Page>()
    t.same(Object.keys(page), ['messages', 'links'])
    sizes.push(page.messages.length)
    seen.push(...page.messages)
    t.equal(page.links.length, 1)
    t.equal(page.links[0]?.rel, 'next')
    href = page.links[0]?.href ?? ''
    t.match(href, /^\/v1\/queues\/pages\/messages\?limit=3&echo=true&marker=\d+$/)
    answer = await call('GET', href)
  }
  t.same(sizes, [3, 3, 3, 1])
  t.same(seen, hrefs.map((href, body) => ({ href, ttl: 300, age: 0, body })))
  t.equal(answer.status, 204)
  t.equal(answer.headers['content-location'], href)
  t.equal(answer.text, '')
})

t.test('a page has 10 messages unless told, at most 20', async t => {
  await filled('limits', 25)
  const list = (query: string) => call('GET', `${messages('limits')}?echo=true${query}`)
  t.equal(bodies(await list('')).length, 10)
  t.equal(bodies(await list('&limit=20')).length, 20)
  t.equal((await list('&limit=21')).status, 400)
  t.match((await list('')).json<Page>().links[0]?.href, /^\/v1\/queues\/limits\/messages\?echo=true&marker=\d+$/)
})

t.test('one does not see its own messages unless it asks', async t => {
  await call('PUT', '/v1/queues/echo')
  await post('echo', '[{"ttl":60,"body":"mine"}]', OTHER_CLIENT.toUpperCase())
  await post('echo', '[{"ttl":60,"body":"yours"}]')
  const list = async (query: string) => bodies(await call('GET', messages('echo') + query, { client: OTHER_CLIENT.replaceAll('-', '') }))
  t.same(await list(''), ['yours'])
  t.same(await list('?echo=false'), ['yours'])
  t.same(await list('?echo=true'), ['mine', 'yours'])
})

t.test('claimed messages are listed on demand, with plain references', async t => {
  const hrefs = await filled('claimed', 3)
  await call('POST', '/v1/queues/claimed/claims?limit=2', { body: '{"ttl":60,"grace":60}' })
  t.same(bodies(await call('GET', `${messages('claimed')}?echo=true`)), [2])
  const all = await call('GET', `${messages('claimed')}?echo=true&include_claimed=yes`)
  t.same(all.json<Page>().messages.map(({ href }) => href), hrefs)
  t.match(all.json<Page>().links[0]?.href, /\?echo=true&include_claimed=true&marker=\d+$/)
})

t.test('markers', async t => {
  const hrefs = await filled('markers', 3)
  const list = (marker: string) => call('GET', `${messages('markers')}?echo=true&marker=${marker}`)
  const after = (await call('GET', `${messages('markers')}?echo=true&limit=1`)).json<Page>().links[0]?.href.match(/marker=(\d+)$/)?.[1] ?? ''
  t.same(bodies(await list(after)), [1, 2])
  t.same(bodies(await list(idOf(hrefs[0] ?? ''))), [1, 2], 'an id is one too')
  await call('DELETE', hrefs[0] ?? '')
  t.same(bodies(await list(after)), [1, 2], 'that of a deleted message')
  t.same(bodies(await list('0')), [1, 2])
  t.same(bodies(await list('')), [1, 2], 'a blank one')
  for (const bad of ['zzz', '-1', '1.5', '99999999', '9'.repeat(300), 'ffffffff0000000000000001', '%00', '%F0%9F']) {
    const answer = await list(bad)
    t.equal(answer.status, 204, bad)
    t.equal(answer.text, '')
  }
})

t.test('a missing queue lists nothing', async t => {
  for (const query of ['', '?marker=zzz', '?ids=a', '?limit=1']) {
    const answer = await call('GET', messages('missing') + query)
    t.equal(answer.status, 204)
    t.equal(answer.headers['content-location'], messages('missing') + query)
  }
})

t.test('messages age, and go when their time is over', async t => {
  const [href = ''] = await filled('ages', 1, 60)
  clock.tick(30.9)
  t.match((await call('GET', href)).json(), { age: 30, ttl: 60 })
  clock.tick(29.1)
  t.equal((await call('GET', href)).status, 404)
  t.equal((await call('GET', `${messages('ages')}?ids=${idOf(href)}`)).status, 204)
  t.equal((await call('GET', `${messages('ages')}?echo=true`)).status, 204)
  t.equal((await call('POST', '/v1/queues/ages/claims', { body: '{"ttl":60,"grace":60}' })).status, 204)
  t.equal((await call('DELETE', href)).status, 204)
})

t.test('bulk get answers a bare array in the order of the request, without a Client-ID', async t => {
  const hrefs = await filled('bulk', 4)
  const [a = '', b = '', c = '', d = ''] = hrefs.map(idOf)
  await call('POST', '/v1/queues/bulk/claims?limit=1', { body: '{"ttl":60,"grace":60}' })
  const get = (query: string) => call('GET', `${messages('bulk')}?${query}`, { client: null })
  const found = async (query: string) => (await get(query)).json<Message[]>().map(({ href }) => idOf(href))
  t.same(await found(`ids=${a},${b}`), [a, b])
  t.same(await found(`ids=${a}&ids=${b}`), [a, b])
  t.same(await found(`ids=${d},${b}&ids=,${c},`), [d, b, c])
  t.same(await found(`ids=${a},${a}`), [a], 'each once')
  t.same(await found(`ids=${a},invalid,${'f'.repeat(24)}&limit=x&echo=maybe&marker=9`), [a], 'others are passed over, other parameters ignored')
  t.same(await found(`ids=${a.toUpperCase()}`), [a])
  const answer = await get(`ids=${a}`)
  t.same(answer.json(), [{ href: hrefs[0], ttl: 300, age: 0, body: 0 }])
  t.equal(answer.headers['content-location'], `${messages('bulk')}?ids=${a}`)
  for (const none of ['ids=invalid', `ids=${'f'.repeat(24)}`]) {
    const nothing = await get(none)
    t.equal(nothing.status, 204)
    t.equal(nothing.headers['content-location'], `${messages('bulk')}?${none}`)
  }
  t.equal((await get('ids=')).text, '{"description":"The \\"Client-ID\\" header is required.","title":"Missing header"}', 'blank ids are a listing')
})

t.test('bulk delete passes over claims and over what is not there', async t => {
  const ids = (await filled('sweep', 15)).map(idOf)
  await call('POST', '/v1/queues/sweep/claims', { body: '{"ttl":60,"grace":60}' })
  const remove = (query: string, queue = 'sweep') => call('DELETE', messages(queue) + query, { client: null })
  t.equal((await remove(`?ids=${ids[0]}`)).status, 204)
  t.equal((await remove(`?ids=${ids[1]}&ids=${ids[2]},invalid,${'f'.repeat(24)}&claim_id=invalid`)).status, 204)
  t.match((await call('GET', '/v1/queues/sweep/stats')).json(), { messages: { total: 12, claimed: 7, free: 5 } })
  t.equal((await remove(`?ids=${ids[0]}`)).status, 204, 'again')
  t.equal((await remove('?ids=x', 'missing')).status, 204)
  for (const query of ['', '?ids=', '?ids=,', '?claim_id=x', '?pop=1']) {
    t.equal((await remove(query)).text, '{"description":"The \\"ids\\" parameter is required.","title":"Missing parameter"}', query)
  }
})

t.test('a bulk request takes 20 ids, counting what is repeated or none', async t => {
  await filled('count', 0)
  for (const verb of ['GET', 'DELETE']) {
    for (const id of ['a', 'f'.repeat(24)]) {
      const ask = (count: number) => call(verb, `${messages('count')}?ids=${Array(count).fill(id).join(',')}`)
      t.equal((await ask(20)).status, 204)
      t.equal((await ask(21)).text, '{"description":"Limit must be at least 1 and may not be greater than 20.","title":"Invalid API request"}')
    }
  }
})

t.test('messages of another project or queue cannot be reached', async t => {
  const [href = ''] = await filled('mine', 1)
  await call('PUT', '/v1/queues/other')
  await call('PUT', '/v1/queues/mine', { project: 'other' })
  const moved = href.replace('/mine/', '/other/')
  for (const [path, project] of [[href, 'other'], [href, null], [moved, PROJECT]] as const) {
    t.equal((await call('GET', path, { project })).status, 404)
    t.equal((await call('DELETE', path, { project })).status, 204)
    t.equal((await call('GET', path.replace(/messages\/(.*)$/, 'messages?ids=$1'), { project })).status, 204)
    t.equal((await call('DELETE', path.replace(/messages\/(.*)$/, 'messages?ids=$1'), { project })).status, 204)
  }
  t.equal((await call('GET', href)).status, 200)
})

t.test('getting one message', async t => {
  const hrefs = await filled('single', 2)
  await call('POST', '/v1/queues/single/claims?limit=1', { body: '{"ttl":60,"grace":60}' })
  for (const [body, href] of hrefs.entries()) {
    const answer = await call('GET', `${href}?claim_id=whatever`, { client: null })
    t.equal(answer.text, `{"href":"${href}","ttl":300,"age":0,"body":${body}}`)
    t.equal(answer.headers['content-location'], `${href}?claim_id=whatever`)
  }
  for (const id of ['invalid', 'f'.repeat(24), '1']) {
    const answer = await call('GET', `${messages('single')}/${id}`)
    t.equal(answer.status, 404)
    t.equal(answer.text, `{"description":"Message ${id} does not exist in queue single for project ${PROJECT}","title":"Not found"}`)
  }
  t.equal((await call('GET', `${messages('missing')}/x`)).text, `{"description":"Message x does not exist in queue missing for project ${PROJECT}","title":"Not found"}`)
  t.equal((await call('GET', `${messages('single')}/%22%C3%A9%5C`)).json<{ description: string }>().description, `Message "é\\ does not exist in queue single for project ${PROJECT}`)
})
