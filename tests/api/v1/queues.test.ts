/** Queues, their metadata and stats: api-v1.md 5. */
import type { Project, QueueName } from '../../../lib/model/names.ts'
import t from 'tap'
import { boot, DEFAULT_LIMITS, PROJECT } from '../../helpers/boot.ts'

const { call, raw, clock } = await boot(t)

interface Page {
  readonly queues: { readonly name: string; readonly href: string; readonly metadata?: object }[]
  readonly links: { readonly rel: string; readonly href: string }[]
}

t.test('a queue is created once and never changed by creating it again', async t => {
  const created = await call('PUT', '/v1/queues/once')
  t.equal(created.status, 201)
  t.equal(created.headers.location, '/v1/queues/once')
  t.equal(created.text, '')
  await call('PUT', '/v1/queues/once/metadata', { body: '{"team": 7}' })
  await call('POST', '/v1/queues/once/messages', { body: '[{"ttl": 60, "body": 1}]' })
  const again = await call('PUT', '/v1/queues/once')
  t.equal(again.status, 204)
  t.equal(again.headers.location, '/v1/queues/once')
  t.equal((await call('GET', '/v1/queues/once/metadata')).text, '{"team": 7}')
  t.match((await call('GET', '/v1/queues/once/stats')).json(), { messages: { total: 1 } })
})

t.test('the body of a creation is ignored', async t => {
  for (const [index, body] of ['{"queue": "Has Metadata"}', 'not JSON', '[1', 'x'.repeat(100_000)].entries()) {
    t.equal((await call('PUT', `/v1/queues/body-${index}`, { body })).status, 201)
    t.equal((await call('GET', `/v1/queues/body-${index}/metadata`)).text, '{}')
  }
})

t.test('good names', async t => {
  for (const name of ['Nice-Boat_2', '_x', '-', '0', 'a'.repeat(64)]) t.equal((await call('PUT', `/v1/queues/${name}`)).status, 201, name)
})

t.test('existence is a 204 or 404 without a body, for GET and HEAD', async t => {
  await call('PUT', '/v1/queues/exists')
  for (const verb of ['GET', 'HEAD']) {
    for (const [name, status] of [['exists', 204], ['missing', 404]] as const) {
      const answer = await call(verb, `/v1/queues/${name}`)
      t.equal(answer.status, status, `${verb} ${name}`)
      t.equal(answer.text, '')
      t.equal(answer.headers['content-location'], `/v1/queues/${name}`)
      t.equal(answer.headers['content-type'], undefined)
    }
  }
})

t.test('deleting takes the messages, the claims and the metadata along', async t => {
  t.equal((await call('DELETE', '/v1/queues/never-was')).status, 204)
  await call('PUT', '/v1/queues/gone')
  await call('PUT', '/v1/queues/gone/metadata', { body: '{"a":1}' })
  const posted = await call('POST', '/v1/queues/gone/messages', { body: '[{"ttl":60,"body":1},{"ttl":60,"body":2}]' })
  const [message] = posted.json<{ resources: string[] }>().resources
  const claim = (await call('POST', '/v1/queues/gone/claims?limit=1', { body: '{"ttl":60,"grace":60}' })).headers.location ?? ''
  t.equal((await call('DELETE', '/v1/queues/gone')).status, 204)
  t.equal((await call('GET', '/v1/queues/gone')).status, 404)
  t.equal((await call('DELETE', '/v1/queues/gone')).status, 204, 'again')
  for (const round of ['missing', 'created again']) {
    t.equal((await call('GET', message ?? '')).status, 404, round)
    t.equal((await call('GET', claim)).status, 404, round)
    t.equal((await call('GET', '/v1/queues/gone/messages?echo=true')).status, 204, round)
    await call('PUT', '/v1/queues/gone')
  }
  t.equal((await call('GET', '/v1/queues/gone/metadata')).text, '{}')
  t.equal((await call('GET', '/v1/queues/gone/stats')).text, '{"messages":{"claimed":0,"free":0,"total":0}}')
})

t.test('a listing has its pages in byte order, the last with a link to nothing', async t => {
  const project = 'listing'
  t.equal((await call('GET', '/v1/queues', { project })).status, 204)
  const names = ['B', 'Z', '_', 'a', 'a-b', 'a0', 'aa', 'b', 'z9'].sort()
  for (const name of [...names].reverse()) await call('PUT', `/v1/queues/${name}`, { project })
  const seen: string[] = []
  let href = '/v1/queues?limit=4&detailed=False'
  let answer = await call('GET', href, { project })
  while (answer.status === 200) {
    t.equal(answer.headers['content-location'], href)
    t.equal(answer.headers['content-type'], 'application/json')
    const page = answer.json<Page>()
    t.same(Object.keys(page), ['queues', 'links'])
    for (const queue of page.queues) t.same(queue, { name: queue.name, href: `/v1/queues/${queue.name}` })
    seen.push(...page.queues.map(({ name }) => name))
    t.equal(page.links.length, 1)
    t.equal(page.links[0]?.rel, 'next')
    href = page.links[0]?.href ?? ''
    t.match(href, /^\/v1\/queues\?limit=4&detailed=false&marker=[\w-]+$/)
    answer = await call('GET', href, { project })
  }
  t.same(seen, names)
  t.equal(answer.status, 204)
  t.equal(answer.text, '')
  t.equal(answer.headers['content-location'], undefined)
})

t.test('a listing repeats only what was asked, and takes any marker for a position', async t => {
  const project = 'markers'
  for (const name of ['alerts', 'invoices']) await call('PUT', `/v1/queues/${name}`, { project })
  t.equal((await call('GET', '/v1/queues', { project })).json<Page>().links[0]?.href, '/v1/queues?marker=invoices')
  t.equal((await call('GET', '/v1/queues?limit=1', { project })).json<Page>().links[0]?.href, '/v1/queues?limit=1&marker=alerts')
  t.equal((await call('GET', '/v1/queues?marker=zzz', { project })).status, 204)
  t.equal((await call('GET', `/v1/queues?marker=${encodeURIComponent('é"\n')}`, { project })).status, 204)
  t.same((await call('GET', '/v1/queues?marker=b', { project })).json<Page>().queues.map(({ name }) => name), ['invoices'], 'not a name')
  t.same((await call('GET', '/v1/queues?marker=alerts', { project })).json<Page>().queues.map(({ name }) => name), ['invoices'], 'exclusive')
})

t.test('a detailed listing shows the metadata', async t => {
  const project = 'details'
  await call('PUT', '/v1/queues/alerts', { project })
  await call('PUT', '/v1/queues/alerts/metadata', { project, body: '{"team": 7}' })
  await call('PUT', '/v1/queues/plain', { project })
  t.same((await call('GET', '/v1/queues?detailed=true', { project })).json<Page>().queues, [
    { name: 'alerts', metadata: { team: 7 }, href: '/v1/queues/alerts' },
    { name: 'plain', metadata: {}, href: '/v1/queues/plain' },
  ])
})

t.test('a page has 10 queues unless told, and at most as many as configured', async t => {
  const project = 'pages'
  for (let index = 0; index < 25; index++) await call('PUT', `/v1/queues/q${index}`, { project })
  t.equal((await call('GET', '/v1/queues', { project })).json<Page>().queues.length, 10)
  t.equal((await call('GET', '/v1/queues?limit=20', { project })).json<Page>().queues.length, 20)
  for (const limit of ['0', '-1', '21', '1000000000000000000000000']) {
    const answer = await call('GET', `/v1/queues?limit=${limit}`, { project })
    t.equal(answer.status, 400)
    t.equal(answer.text, '{"description":"Limit must be at least 1 and no greater than 20.","title":"Invalid API request"}')
  }
  t.equal((await call('GET', '/v1/queues?detailed=maybe', { project })).status, 400)
})

t.test('the default page does not depend on the configured maximum', async t => {
  const small = await boot(t, { limits: { max_queues_per_page: 5, max_messages_per_page: 5, max_messages_per_claim_or_pop: 5 } })
  t.equal((await small.call('GET', '/v1/queues')).status, 400, 'ten are asked for')
  t.equal((await small.call('GET', '/v1/queues?limit=5')).status, 204)
})

t.test('projects do not mix, nor with the global namespace', async t => {
  for (const [project, name] of [['mix', 'one'], ['mix2', 'two'], ['mi', 'three'], [null, 'four']] as const) await call('PUT', `/v1/queues/${name}`, { project })
  for (const [project, name] of [['mix', 'one'], ['mix2', 'two'], ['mi', 'three'], [null, 'four']] as const) {
    t.same((await call('GET', '/v1/queues', { project })).json<Page>().queues.map(queue => queue.name), [name], String(project))
    await call('PUT', '/v1/queues/shared', { project })
    await call('PUT', '/v1/queues/shared/metadata', { project, body: JSON.stringify({ project }) })
  }
  await call('DELETE', '/v1/queues/shared', { project: 'mix' })
  for (const project of ['mix2', 'mi', null]) t.same((await call('GET', '/v1/queues/shared/metadata', { project })).json(), { project })
  t.equal((await call('GET', '/v1/queues/shared/metadata', { project: 'mix' })).status, 404)
})

t.test('metadata is replaced as a whole', async t => {
  await call('PUT', '/v1/queues/meta')
  const before = await call('GET', '/v1/queues/meta/metadata')
  t.equal(before.text, '{}')
  t.equal(before.headers['content-location'], '/v1/queues/meta/metadata')
  for (const body of ['{"a": 1, "@queue": [], "": null, "é.$": "ü"}', '{ }', '{"b":{"_inner":1}}']) {
    const put = await call('PUT', '/v1/queues/meta/metadata', { body: ` \r\n${body}\t` })
    t.equal(put.status, 204)
    t.equal(put.headers.location, '/v1/queues/meta/metadata')
    t.equal((await call('GET', '/v1/queues/meta/metadata')).text, body)
  }
})

t.test('metadata that is none is refused, before the queue is looked for', async t => {
  const parse = '{"description":"Request body could not be parsed.","title":"Invalid request body"}'
  const type = '{"description":"Document type not supported.","title":"Invalid request body"}'
  const reserved = '{"description":"Reserved queue attributes in metadata (which names start with \\"_\\") can not be set in API v1.","title":"Invalid API request"}'
  for (const name of ['meta', 'missing']) {
    const put = async (body: string) => (await call('PUT', `/v1/queues/${name}/metadata`, { body })).text
    t.match(await raw(`PUT /v1/queues/${name}/metadata HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
      /\r\n\r\n{"description":"Request body can not be empty","title":"Invalid request body"}$/, 'without a length')
    for (const body of ['', ' ', '{', '{"a":}', 'nope', '1', '"x"', 'null', 'NaN', '{"a":NaN}', '{"a":Infinity}', '\u{feff}{}', '{}{}', "{'a':1}"]) t.equal(await put(body), parse, body)
    t.equal(await put('[]'), type)
    t.equal(await put('[{}]'), type)
    for (const body of ['{"_x":1}', '{"a":1,"_default_message_ttl":60}', '{"\\u005fx":1}', '{"_":1}']) t.equal(await put(body), reserved, body)
    for (const integer of ['9223372036854775808', '-9223372036854775809']) {
      t.equal(await put(`{"a":[{"b":${integer}}]}`), '{"description":"JSON contains integer that is too large.","title":"Invalid request body"}')
    }
  }
})

t.test('metadata has its limit at the exact byte', async t => {
  const max = DEFAULT_LIMITS.max_queue_metadata
  const fits = `{"a":"${'x'.repeat(max - 8)}"}`
  await call('PUT', '/v1/queues/size')
  t.equal((await call('PUT', '/v1/queues/size/metadata', { body: fits })).status, 204)
  t.equal((await call('GET', '/v1/queues/size/metadata')).text, fits)
  const padded = `{}${' '.repeat(max - 2)}`
  for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
    t.equal((await call('PUT', '/v1/queues/size/metadata', { body: padded, headers })).status, 204, 'whitespace counts')
    const over = await call('PUT', '/v1/queues/size/metadata', { body: `${padded} `, headers })
    t.equal(over.status, 400)
    t.equal(over.text, '{"description":"Queue metadata is too large. Max size: 65536","title":"Invalid API request"}')
  }
})

t.test('what a missing queue is to metadata and stats', async t => {
  const text = `{"description":"Queue missing does not exist for project ${PROJECT}","title":"Not found"}`
  for (const [verb, path, body] of [['GET', 'metadata', null], ['PUT', 'metadata', '{}'], ['GET', 'stats', null]] as const) {
    const answer = await call(verb, `/v1/queues/missing/${path}`, body === null ? {} : { body })
    t.equal(answer.status, 404, `${verb} ${path}`)
    t.equal(answer.text, text)
    t.equal(answer.headers.vary, 'Accept')
  }
  t.equal((await call('GET', '/v1/queues/missing/stats', { project: null })).text, '{"description":"Queue missing does not exist","title":"Not found"}')
  t.equal((await call('GET', '/v1/queues/missing/stats', { project: '"\\' })).json<{ description: string }>().description, 'Queue missing does not exist for project "\\')
})

t.test('stats count, and show both ends', async t => {
  await call('PUT', '/v1/queues/stats')
  const empty = await call('GET', '/v1/queues/stats/stats')
  t.equal(empty.text, '{"messages":{"claimed":0,"free":0,"total":0}}')
  t.equal(empty.headers['content-location'], '/v1/queues/stats/stats')
  const ids: string[] = []
  for (let index = 0; index < 3; index++) {
    ids.push(...(await call('POST', '/v1/queues/stats/messages', { body: '[{"ttl":300,"body":1},{"ttl":300,"body":2}]' })).json<{ resources: string[] }>().resources)
    clock.tick(10.5)
  }
  await call('POST', '/v1/queues/stats/claims?limit=2', { body: '{"ttl":60,"grace":60}' })
  const start = Date.parse('2026-01-01T00:00:00Z')
  const stats = (await call('GET', '/v1/queues/stats/stats')).json<{ messages: { oldest: { href: string } } }>()
  const now = clock.now()
  const at = (second: number) => new Date(Math.floor((now - second * 1000 - start) / 1000) * 1000 + start).toISOString().replace('.000', '')
  t.same(stats, {
    messages: {
      claimed: 2, free: 4, total: 6,
      oldest: { href: ids[0], age: 31, created: at(31.5) },
      newest: { href: ids[5], age: 10, created: at(10.5) },
    },
  })
  t.equal((await call('GET', stats.messages.oldest.href)).status, 200)
  clock.tick(400)
  t.equal((await call('GET', '/v1/queues/stats/stats')).text, '{"messages":{"claimed":0,"free":0,"total":0}}', 'all expired')
})

t.test('a queue whose delete stopped half-way is gone for everybody, and can be created and used', async t => {
  for (const [first, expected] of [['GET', 404], ['HEAD', 404], ['PUT', 201]] as const) {
    const { call, stores } = await boot(t)
    await call('PUT', '/v1/queues/jobs')
    const record = await stores.control.queue(PROJECT as Project, 'jobs' as QueueName)
    if (record === null) throw new Error('there is no queue')
    // The process ends after the first of the two steps.
    await stores.data.commit([{ op: 'drop', at: record }])
    t.equal((await call(first, '/v1/queues/jobs')).status, expected, first)
    await call('PUT', '/v1/queues/jobs')
    t.equal((await call('POST', '/v1/queues/jobs/messages', { body: '[{"ttl":60,"body":1}]' })).status, 201, `posted after ${first}`)
  }
})
