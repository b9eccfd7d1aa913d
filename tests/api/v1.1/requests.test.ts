/** What holds for every request of v1.1 where it is not as in v1: api-v1.md 13.1 and 13.2. */
import t from 'tap'
import { boot, CLIENT, OTHER_CLIENT, PROJECT } from '../../helpers/boot.ts'

const { call } = await boot(t)

const PATHS = ['/v1.1/ping', '/v1.1/queues', '/v1.1/queues/jobs', '/v1.1/queues/jobs/stats', '/v1.1/queues/jobs/messages', '/v1.1/queues/jobs/messages/x', '/v1.1/queues/jobs/claims/x']

t.test('every path but the home document needs a Client-ID', async t => {
  for (const path of PATHS) {
    for (const verb of ['GET', 'TRACE']) {
      const answer = await call(verb, path, { client: null })
      t.equal(answer.text, '{"description":"The \\"Client-ID\\" header is required.","title":"Missing header"}', `${verb} ${path}`)
      t.equal(answer.status, 400)
    }
    t.equal((await call('GET', path, { client: '1234' })).text, '{"description":"Malformed hexadecimal UUID.","title":"Wrong UUID value"}', path)
  }
  t.equal((await call('GET', '/v1.1', { client: null })).status, 200)
  t.equal((await call('GET', '/v1.1')).status, 200)
})

t.test('every path needs a project', async t => {
  for (const path of ['/v1.1', ...PATHS]) {
    const missing = await call('GET', path, { project: null })
    t.same([missing.status, missing.text], [400, '{"description":"The header X-PROJECT-ID was missing","title":"Project-Id Missing"}'], path)
    const empty = await call('GET', path, { project: '' })
    t.same([empty.status, empty.json<{ title: string }>().title], [400, 'Empty project header not allowed'], path)
  }
})

t.test('the checks come in order: form, accept, client, project, queue, method', async t => {
  const nothing = { client: null, project: null }
  const titles = async (given: object) => (await call('PATCH', '/v1.1/queues/Nice-Bo@t', given)).json<{ title: string }>().title
  t.equal(await titles({ ...nothing, body: '{}', headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' } }), 'Invalid Content-Type')
  t.equal(await titles({ ...nothing, headers: { Accept: 'text/html' } }), 'Not acceptable')
  t.equal(await titles(nothing), 'Missing header')
  t.equal(await titles({ project: null }), 'Project-Id Missing')
  t.equal(await titles({}), 'Invalid queue identification')
  t.equal((await call('PATCH', '/v1.1/queues/jobs')).status, 405)
  t.equal((await call('PUT', '/v1.1/queues/a.b')).status, 400, 'a dot is for v2')
})

t.test('methods: a queue has no HEAD any more, ping has', async t => {
  const offers: Record<string, string> = {
    '/v1.1': 'GET',
    '/v1.1/ping': 'GET, HEAD',
    '/v1.1/queues': 'GET',
    '/v1.1/queues/jobs': 'DELETE, GET, PUT',
    '/v1.1/queues/jobs/stats': 'GET',
    '/v1.1/queues/jobs/messages': 'DELETE, GET, POST',
    '/v1.1/queues/jobs/messages/x': 'DELETE, GET',
    '/v1.1/queues/jobs/claims': 'POST',
    '/v1.1/queues/jobs/claims/x': 'DELETE, GET, PATCH',
  }
  for (const [path, offered] of Object.entries(offers)) {
    for (const verb of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'].filter(verb => !offered.split(', ').includes(verb))) {
      const answer = await call(verb, path)
      t.same([answer.status, answer.headers.allow, answer.text, answer.headers['content-length']], [405, `${offered}, OPTIONS`, '', '0'], `${verb} ${path}`)
    }
    t.equal((await call('OPTIONS', path)).headers.allow, offered)
  }
})

t.test('what v1 had and v1.1 has not is an empty 404', async t => {
  for (const path of ['/v1.1/queues/jobs/metadata', '/v1.1/shards', '/v1.1/health', '/v1.1/nope']) {
    for (const verb of ['GET', 'PUT']) {
      const answer = await call(verb, path, { client: null, project: null })
      t.same([answer.status, answer.text], [404, ''], path)
    }
  }
})

t.test('ping is an empty 204', async t => {
  for (const verb of ['GET', 'HEAD']) {
    const { status, text } = await call(verb, '/v1.1/ping')
    t.same([status, text], [204, ''])
  }
})

t.test('a trailing slash is ignored', async t => {
  t.equal((await call('GET', '/v1.1/')).status, 200)
  t.equal((await call('GET', '/v1.1/queues/')).status, 200)
})

t.test('no answer has a content-location', async t => {
  for (const path of PATHS) t.equal((await call('GET', path)).headers['content-location'], undefined, path)
})

t.test('a Client-ID may be any text of some length where the configuration says so', async t => {
  const { call } = await boot(t, { limits: { client_id_uuid_safe: 'off' } })
  const length = '{"title":"Length of client id must be at least 10 and no greater than 36."}'
  for (const version of ['v1.1', 'v2']) {
    for (const client of ['ten-chars!', 'x'.repeat(36), CLIENT, 'worker 1 of 9']) t.equal((await call('GET', `/${version}/queues`, { client })).status, 200, client)
    for (const client of ['', '123456789', 'x'.repeat(37)]) {
      const answer = await call('GET', `/${version}/queues`, { client })
      t.same([answer.status, answer.text], [400, length], client)
    }
  }
  t.equal((await call('GET', '/v1/queues', { client: 'ten-chars!' })).status, 400, 'v1 takes UUIDs only')
  await call('POST', '/v1.1/queues/jobs/messages', { client: 'worker one', body: '{"messages":[{"body":1}]}' })
  await call('POST', '/v1.1/queues/jobs/messages', { client: OTHER_CLIENT, body: '{"messages":[{"body":2}]}' })
  const seen = async (client: string) => (await call('GET', '/v1.1/queues/jobs/messages', { client })).json<{ messages: { body: number }[] }>().messages.map(({ body }) => body)
  t.same(await seen('worker one'), [2])
  t.same(await seen('worker two'), [1, 2])
  t.same(await seen(OTHER_CLIENT.replaceAll('-', '').toUpperCase()), [1], 'a UUID is one client in every spelling')
})

t.test('the home document says what is where', async t => {
  const answer = await call('GET', '/v1.1', { project: PROJECT })
  t.match(answer.headers, { 'content-type': 'application/json-home', 'cache-control': 'max-age=86400' })
  const { resources } = answer.json<{ resources: Record<string, { 'href-template': string; 'href-vars': Record<string, string>; hints: { allow: string[]; 'accept-post'?: string[] } }> }>()
  const q = '/v1.1/queues/{queue_name}'
  const rows = Object.entries(resources).map(([name, { 'href-template': template, hints }]) => [name, template, hints.allow.join(' '), hints['accept-post']?.[0] ?? ''])
  t.same(rows, [
    ['rel/queues', '/v1.1/queues{?marker,limit,detailed}', 'GET', ''],
    ['rel/queue', q, 'PUT DELETE', ''],
    ['rel/queue_stats', `${q}/stats`, 'GET', ''],
    ['rel/messages', `${q}/messages{?marker,limit,echo,include_claimed}`, 'GET', ''],
    ['rel/post_messages', `${q}/messages`, 'POST', 'application/json'],
    ['rel/messages_delete', `${q}/messages{?ids,pop}`, 'DELETE', ''],
    ['rel/message_delete', `${q}/messages/{message_id}{?claim}`, 'DELETE', ''],
    ['rel/claim', `${q}/claims/{claim_id}`, 'GET', ''],
    ['rel/post_claim', `${q}/claims{?limit}`, 'POST', 'application/json'],
    ['rel/patch_claim', `${q}/claims/{claim_id}`, 'PATCH', 'application/json'],
    ['rel/delete_claim', `${q}/claims/{claim_id}`, 'DELETE', ''],
    ['rel/ping', '/v1.1/ping', 'GET', ''],
  ])
  t.same(resources['rel/message_delete']?.['href-vars'], { queue_name: 'param/queue_name', message_id: 'param/message_id', claim: 'param/claim_id' })
  t.same(resources['rel/ping']?.['href-vars'], {})
})
