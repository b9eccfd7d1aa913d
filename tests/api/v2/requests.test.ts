/** What holds for every request of v2: api-v2.md 1 to 3. */
import t from 'tap'
import { boot, CLIENT } from '../../helpers/boot.ts'

const { call } = await boot(t)

const PATHS = [
  '/v2/', '/v2/ping', '/v2/queues', '/v2/queues/jobs', '/v2/queues/jobs/stats', '/v2/queues/jobs/purge', '/v2/queues/jobs/share',
  '/v2/queues/jobs/messages', '/v2/queues/jobs/messages/x', '/v2/queues/jobs/claims', '/v2/queues/jobs/claims/x',
]
const FORM = 'application/x-www-form-urlencoded'

t.test('the version list has all versions, and needs nothing', async t => {
  const answer = await call('GET', '/', { client: null, project: null })
  const entry = (id: string, status: string, updated: string, type: string) => ({
    id, status, updated, 'media-types': [{ base: 'application/json', type: `application/vnd.openstack.messaging-${type}+json` }], links: [{ href: `/v${id}/`, rel: 'self' }],
  })
  t.equal(answer.status, 300)
  t.same(answer.json(), {
    versions: [
      entry('1', 'DEPRECATED', '2014-9-11T17:47:05Z', 'v1'),
      entry('1.1', 'DEPRECATED', '2016-7-29T02:22:47Z', 'v1_1'),
      entry('2', 'CURRENT', '2014-9-24T04:06:47Z', 'v2'),
    ],
  })
})

t.test('a version that is not enabled is not listed, and its paths are unknown', async t => {
  const { call } = await boot(t, { parts: { versions: ['1.1', '2'] } })
  t.same((await call('GET', '/')).json<{ versions: { id: string }[] }>().versions.map(({ id }) => id), ['1.1', '2'])
  t.equal((await call('GET', '/v1/queues')).status, 404)
  t.equal((await call('GET', '/v1.1/queues')).status, 200)
})

t.test('an unknown path is a 404 with a title, whatever its headers', async t => {
  for (const path of ['/v2', '/v2/nope', '/v2/queues/jobs/nope', '/v2/queues/jobs/metadata', '/v2/health', '/v2/queues/a%2Fb/c/d', '/v2//queues', '/v2/queues/jobs/messages/x/y', '/v2/queues/jobs/stats/', '/v2/ping/']) {
    const answer = await call('GET', path, { client: null, project: null, headers: { Accept: 'application/xml' } })
    t.same([answer.status, answer.text, answer.headers['content-type'], answer.headers.vary], [404, '{"title":"404 Not Found"}', 'application/json', 'Accept'], path)
  }
  t.equal((await call('HEAD', '/v2/nope')).text, '')
  for (const path of ['/v20', '/V2/', '/']) t.not((await call('GET', path)).text, '{"title":"404 Not Found"}', path)
})

t.test('a slash at the end is a queue, a message or a claim without a name', async t => {
  const unnamed = '{"description":"The format of the submitted queue name or project id is not valid.","title":"Invalid queue identification"}'
  for (const path of ['/v2/queues/', '/v2/queues//messages', '/v2/queues//messages/', '/v2/queues//claims/x', '/v2/queues//stats']) {
    const answer = await call('GET', path)
    t.same([answer.status, answer.text], [400, unnamed], path)
  }
  t.equal((await call('GET', '/v2/queues/jobs/messages/')).status, 404)
  t.equal((await call('DELETE', '/v2/queues/jobs/messages/')).status, 204)
  t.equal((await call('GET', '/v2/queues/jobs/claims/')).json<{ title: string }>().title, 'Not found')
})

t.test('a queue name may have dots, but not be one or two', async t => {
  for (const name of ['a.b', '.a', 'a.', '...', 'A-Za_z0.9', 'q'.repeat(64)]) t.equal((await call('GET', `/v2/queues/${name}/stats`)).status, 200, name)
  for (const name of ['.', '..', '%2e', '%2e%2E', 'Nice-Bo@t', '%C3%A9', 'a%2Fb', 'q'.repeat(65), 'a%20b', '%zz']) t.equal((await call('GET', `/v2/queues/${name}/stats`)).status, 400, name)
})

t.test('the checks come in order: form, accept, client there, client well-formed, project, queue, method', async t => {
  const texts: [object, number, string][] = [
    [{ client: null, project: null, body: '', headers: { 'Content-Type': FORM, Accept: 'text/html' } }, 400, 'Invalid Content-Type'],
    [{ client: null, project: null, headers: { Accept: 'application/xml' } }, 406, '406 Not Acceptable'],
    [{ client: null, project: null }, 400, 'Missing header value'],
    [{ client: '', project: null }, 400, 'Wrong UUID value'],
    [{ client: CLIENT, project: null }, 400, 'Project-Id Missing'],
    [{ client: CLIENT, project: '' }, 400, 'Empty project header not allowed'],
    [{ client: CLIENT, project: 'p'.repeat(257) }, 400, 'Invalid queue identification'],
    [{}, 400, 'Invalid queue identification'],
  ]
  for (const [given, status, title] of texts) {
    for (const [verb, path] of [['GET', '/v2/queues/Nice-Bo@t'], ['TRACE', '/v2/queues/Nice-Bo@t'], ['POST', '/v2/queues/Nice-Bo@t/messages']] as const) {
      const answer = await call(verb, path, given)
      t.same([answer.status, answer.json<{ title: string }>().title, answer.headers.vary], [status, title, 'Accept'], `${title} ${verb}`)
    }
  }
  t.equal((await call('TRACE', '/v2/queues/jobs')).status, 405)
})

t.test('every path needs a Client-ID and a project, the home document too', async t => {
  for (const path of PATHS) {
    const anonymous = await call('GET', path, { client: null })
    t.same([anonymous.status, anonymous.text], [400, '{"description":"The \\"Client-Id\\" header is required.","title":"Missing header value"}'], path)
    t.equal((await call('GET', path, { client: 'x'.repeat(32) })).text, '{"description":"Malformed hexadecimal UUID.","title":"Wrong UUID value"}', path)
    t.equal((await call('GET', path, { project: null })).text, '{"description":"The header X-PROJECT-ID was missing","title":"Project-Id Missing"}', path)
    t.equal((await call('GET', path, { headers: { Accept: 'application/json-home' } })).status, 406, path)
  }
  t.equal((await call('PUT', '/v2/queues/jobs', { project: 'JAM Project' })).status, 201)
})

t.test('a form is refused even if it says it has no body, unless it says nothing about it', async t => {
  for (const body of ['{}', '']) t.equal((await call('PUT', '/v2/queues/form', { body, headers: { 'Content-Type': FORM.toUpperCase() } })).status, 400)
  t.equal((await call('GET', '/v2/queues/form', { headers: { 'Content-Type': FORM } })).status, 200)
})

t.test('a method that a path does not offer is a 405 with a title and the methods there are', async t => {
  const offers: Record<string, string> = {
    '/v2/': 'GET',
    '/v2/ping': 'GET, HEAD',
    '/v2/queues': 'GET',
    '/v2/queues/jobs': 'DELETE, GET, PATCH, PUT',
    '/v2/queues/jobs/stats': 'GET',
    '/v2/queues/jobs/purge': 'POST',
    '/v2/queues/jobs/share': 'POST',
    '/v2/queues/jobs/messages': 'DELETE, GET, POST',
    '/v2/queues/jobs/messages/x': 'DELETE, GET',
    '/v2/queues/jobs/claims': 'POST',
    '/v2/queues/jobs/claims/x': 'DELETE, GET, PATCH',
  }
  for (const [path, offered] of Object.entries(offers)) {
    for (const verb of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'].filter(verb => !offered.split(', ').includes(verb))) {
      const answer = await call(verb, path)
      t.same([answer.status, answer.headers.allow, answer.text], [405, `${offered}, OPTIONS`, verb === 'HEAD' ? '' : '{"title":"405 Method Not Allowed"}'], `${verb} ${path}`)
    }
    const options = await call('OPTIONS', path)
    t.same([options.status, options.headers.allow, options.text], [200, offered, ''])
    const refused = await call('OPTIONS', path, { client: null, project: null })
    t.same([refused.status, refused.headers.allow, refused.text], [200, undefined, ''], 'nothing is told to who would be refused')
  }
  t.equal((await call('HEAD', '/')).status, 405)
})

t.test('ping is an empty 204', async t => {
  for (const verb of ['GET', 'HEAD']) {
    const answer = await call(verb, '/v2/ping')
    t.same([answer.status, answer.text, answer.headers['content-type']], [204, '', undefined])
  }
})

t.test('booleans have short words too', async t => {
  const detailed = async (word: string) => (await call('GET', `/v2/queues?detailed=${word}`)).status
  for (const word of ['true', 'True', 't', 'yes', 'y', 'on', '1', 'false', 'False', 'f', 'no', 'n', 'off', '0', '']) t.equal(await detailed(word), 200, word)
  for (const word of ['TRUE', 'Y', 'None', '2']) t.equal(await detailed(word), 400, word)
  t.equal((await call('GET', '/v1/queues?detailed=t')).status, 400, 'not in v1')
})

t.test('the home document says what is where', async t => {
  const answer = await call('GET', '/v2/')
  t.match(answer.headers, { 'content-type': 'application/json-home', 'cache-control': 'max-age=86400' })
  const { resources } = answer.json<{ resources: Record<string, { 'href-template': string; 'href-vars': Record<string, string>; hints: { allow: string[]; formats: object; 'accept-post'?: string[] } }> }>()
  const q = '/v2/queues/{queue_name}'
  const rows = Object.entries(resources).map(([name, { 'href-template': template, hints }]) => [name, template, hints.allow.join(' '), hints['accept-post']?.[0] ?? ''])
  t.same(rows, [
    ['rel/queues', '/v2/queues{?marker,limit,detailed}', 'GET', ''],
    ['rel/queue', q, 'GET PUT DELETE PATCH', ''],
    ['rel/queue_stats', `${q}/stats`, 'GET', ''],
    ['rel/queue_share', `${q}/share`, 'POST', 'application/json'],
    ['rel/queue_purge', `${q}/purge`, 'POST', 'application/json'],
    ['rel/messages', `${q}/messages{?marker,limit,echo,include_claimed}`, 'GET', ''],
    ['rel/post_messages', `${q}/messages`, 'POST', 'application/json'],
    ['rel/messages_delete', `${q}/messages{?ids,pop}`, 'DELETE', ''],
    ['rel/message_delete', `${q}/messages/{message_id}{?claim}`, 'DELETE', ''],
    ['rel/message_get', `${q}/messages/{message_id}`, 'GET', ''],
    ['rel/claim', `${q}/claims/{claim_id}`, 'GET', ''],
    ['rel/post_claim', `${q}/claims{?limit}`, 'POST', 'application/json'],
    ['rel/patch_claim', `${q}/claims/{claim_id}`, 'PATCH', 'application/json'],
    ['rel/delete_claim', `${q}/claims/{claim_id}`, 'DELETE', ''],
    ['rel/ping', '/v2/ping', 'GET', ''],
  ])
  for (const { hints } of Object.values(resources)) t.same(hints.formats, { 'application/json': {} })
})
