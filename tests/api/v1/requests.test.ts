/** What holds for every request of v1: api-v1.md 2. */
import t from 'tap'
import { boot, CLIENT, PROJECT } from '../../helpers/boot.ts'

const service = await boot(t, { parts: { versions: ['1'] } })
const { call, raw } = service

interface ErrorBody { readonly title: string; readonly description: string }

await call('PUT', '/v1/queues/jobs')

t.test('an unknown path is an empty 404, whatever its headers', async t => {
  for (const path of ['/nope', '/v1/nope', '/v1/queues/jobs/nope', '/v1/queues/jobs/messages/1/2', '/v2/queues', '/v10', '/V1/queues', '/v1/Queues', '//v1/queues',
    '/v1/shards', '/v1/shards/s', '/v1/pools', '/v1/pools/p', '/v1.1/queues', '/v1/queues//', '/v1/queues//messages', '/v1/queues/jobs//messages']) {
    const answer = await call('GET', path, { client: 'bad', project: '', headers: { Accept: 'application/xml' } })
    t.equal(answer.status, 404, path)
    t.equal(answer.text, '', path)
    t.equal(answer.headers['content-length'], '0', path)
    t.equal(answer.headers['content-type'], undefined, path)
  }
})

t.test('a trailing slash is ignored, and left out of references', async t => {
  for (const path of ['/v1', '/v1/health', '/v1/queues', '/v1/queues/jobs', '/v1/queues/jobs/metadata', '/v1/queues/jobs/stats', '/v1/queues/jobs/messages']) {
    const [plain, slashed] = [await call('GET', path), await call('GET', `${path}/`)]
    t.equal(slashed.status, plain.status, path)
    t.equal(slashed.headers['content-location'], plain.headers['content-location'], path)
  }
  t.equal((await call('GET', '/v1/queues/?limit=5')).headers['content-location'], '/v1/queues?limit=5')
})

t.test('a method that a known path does not offer is an empty 405 that lists those it does', async t => {
  const offers: Record<string, string> = {
    '/': 'GET',
    '/v1': 'GET',
    '/v1/health': 'GET, HEAD',
    '/v1/queues': 'GET',
    '/v1/queues/jobs': 'DELETE, GET, HEAD, PUT',
    '/v1/queues/jobs/metadata': 'GET, PUT',
    '/v1/queues/jobs/stats': 'GET',
    '/v1/queues/jobs/messages': 'DELETE, GET, POST',
    '/v1/queues/jobs/messages/x': 'DELETE, GET',
    '/v1/queues/jobs/claims': 'POST',
    '/v1/queues/jobs/claims/x': 'DELETE, GET, PATCH',
  }
  for (const [path, offered] of Object.entries(offers)) {
    for (const verb of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'].filter(verb => !offered.split(', ').includes(verb))) {
      const answer = await call(verb, path)
      t.equal(answer.status, 405, `${verb} ${path}`)
      t.equal(answer.headers.allow, `${offered}, OPTIONS`, `${verb} ${path}`)
      t.equal(answer.headers['content-length'], '0')
      t.equal(answer.text, '')
    }
    const options = await call('OPTIONS', path, { client: null, project: null })
    t.equal(options.status, 200, `OPTIONS ${path}`)
    t.equal(options.headers.allow, offered, `OPTIONS ${path}`)
    t.equal(options.headers['content-length'], '0')
  }
})

t.test('a method that HTTP does not know is a 400', async t => {
  t.match(await raw('FETCH /v1/queues HTTP/1.1\r\nhost: x\r\n\r\n'), /^HTTP\/1\.1 400 /)
})

t.test('the checks come in order, and before the method', async t => {
  const form = 'application/x-www-form-urlencoded'
  const long = 'p'.repeat(257)
  const everything = { body: '{}', client: '1234', project: '', headers: { 'Content-Type': form, Accept: 'text/html' } }
  const steps: [string, object, number, string][] = [
    ['content type', everything, 400, 'Invalid Content-Type'],
    ['accept', { ...everything, headers: { Accept: 'text/html' } }, 406, 'Not acceptable'],
    ['client id', { ...everything, headers: {} }, 400, 'Wrong UUID value'],
    ['project', { ...everything, client: CLIENT, headers: {} }, 400, 'Empty project header not allowed'],
    ['queue', { client: CLIENT, project: long }, 400, 'Invalid queue identification'],
  ]
  for (const [step, given, status, title] of steps) {
    for (const [verb, path] of [['PATCH', '/v1/queues/Nice-Bo@t'], ['POST', '/v1/queues/Nice-Bo@t/messages']] as const) {
      const answer = await call(verb, path, given)
      t.equal(answer.status, status, `${step}, ${verb}`)
      t.equal(answer.json<ErrorBody>().title, title, `${step}, ${verb}`)
    }
  }
  t.equal((await call('PATCH', '/v1/queues/jobs')).status, 405)
  t.equal((await call('POST', '/v1/queues/jobs/messages', { client: null, body: 'x'.repeat(300_000) })).json<ErrorBody>().title, 'Missing header')
  t.equal((await call('GET', '/v1/queues/jobs/messages?limit=x', { client: null })).json<ErrorBody>().title, 'Missing header')
})

t.test('a form is refused if it has a body', async t => {
  for (const type of ['application/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded']) {
    const answer = await call('PUT', '/v1/queues/jobs/metadata', { body: '{}', headers: { 'Content-Type': type } })
    t.equal(answer.status, 400)
    t.equal(answer.json<ErrorBody>().title, 'Invalid Content-Type')
    t.equal((await call('PUT', '/v1/queues/jobs', { headers: { 'Content-Type': type } })).status, 204, 'no body')
    t.equal((await call('PUT', '/v1/queues/jobs', { body: '', headers: { 'Content-Type': type } })).status, 204, 'an empty body')
  }
  for (const type of ['text/plain', 'application/json; charset=utf-8', 'nonsense']) {
    t.equal((await call('PUT', '/v1/queues/jobs/metadata', { body: '{}', headers: { 'Content-Type': type } })).status, 204, type)
  }
})

t.test('a client that does not take JSON gets a 406', async t => {
  for (const accept of ['application/json', '*/*', 'application/*', 'text/html, application/json;q=0.1', 'text/html;q=0.5, */*;q=0.1', 'APPLICATION/JSON', '']) {
    t.equal((await call('GET', '/v1/queues/jobs/stats', { headers: { Accept: accept } })).status, 200, accept)
  }
  for (const accept of ['application/xml', 'plain/text', 'text/html', 'application/json;q=0', 'application/json-home', 'nonsense']) {
    for (const path of ['/', '/v1', '/v1/health', '/v1/queues', '/v1/queues/jobs', '/v1/queues/jobs/messages']) {
      t.equal((await call('GET', path, { headers: { Accept: accept } })).status, 406, `${accept} ${path}`)
    }
  }
})

t.test('a Client-ID must be a UUID, even where none is needed', async t => {
  for (const client of ['30387f0039da4a8b9d3f5a6f0e1c77aa', '30387f00-39da-4a8b-9d3f-5a6f0e1c77aa', '{30387F00-39DA-4A8B-9D3F-5A6F0E1C77AA}', 'urn:uuid:30387f00-39da-4a8b-9d3f-5a6f0e1c77aa']) {
    t.equal((await call('GET', '/v1/queues/jobs/messages', { client })).status, 204, client)
  }
  for (const client of ['', '1234', '0xdeadbeef', `${CLIENT}0`, CLIENT.slice(1), `${CLIENT}, ${CLIENT}`]) {
    for (const path of ['/v1', '/v1/health', '/v1/queues', '/v1/queues/jobs', '/v1/queues/jobs/messages']) {
      const answer = await call('GET', path, { client })
      t.equal(answer.status, 400, `${client} ${path}`)
      t.equal(answer.text, '{"description":"Malformed hexadecimal UUID.","title":"Wrong UUID value"}')
    }
  }
  t.equal((await call('GET', '/v1/queues/jobs', { client: null, headers: { 'Client-ID': [CLIENT, CLIENT] } })).status, 400, 'sent twice')
})

t.test('the texts that one client compares letter by letter', async t => {
  const answer = await call('GET', '/v1/queues/jobs/messages', { client: null })
  t.equal(answer.text, '{"description":"The \\"Client-ID\\" header is required.","title":"Missing header"}')
  t.equal(answer.headers['content-type'], 'application/json')
  t.equal(answer.headers.vary, 'Accept')
})

t.test('a project is 1 to 256 characters of any kind', async t => {
  t.equal((await call('PUT', '/v1/queues/jobs', { project: 'JAM Project' })).status, 201)
  t.equal((await call('PUT', '/v1/queues/jobs', { project: 'p'.repeat(256) })).status, 201)
  t.equal((await call('PUT', '/v1/queues/jobs', { project: 'a, b' })).status, 201)
  t.equal((await call('PUT', '/v1/queues/jobs', { project: 'JAM Project'.repeat(24) })).status, 400)
  t.equal((await call('GET', '/v1/queues', { project: 'p'.repeat(257) })).status, 204, 'nothing can be in it')
  t.equal((await call('GET', '/v1/health', { project: 'p'.repeat(257) })).status, 204)
  for (const path of ['/v1', '/v1/health', '/v1/queues', '/v1/queues/jobs']) {
    t.equal((await call('GET', path, { project: '' })).json<ErrorBody>().title, 'Empty project header not allowed', path)
  }
  const twice = await call('PUT', '/v1/queues/jobs', { project: null, headers: { 'X-Project-ID': [PROJECT, 'other'] } })
  t.equal(twice.status, 400, 'sent twice')
})

t.test('a bad queue name is refused before anything is looked up', async t => {
  const paths = ['', '/metadata', '/stats', '/messages', '/messages/x', '/claims/x']
  for (const name of ['Nice-Bo@t', '@$@^qw', '%C3%A9', 'a%2Fb', 'a.b', '..', '%2e%2e', '%00', '%zz', 'a%20b', 'a'.repeat(65)]) {
    for (const path of paths) {
      const answer = await call('GET', `/v1/queues/${name}${path}`)
      t.equal(answer.status, 400, `${name}${path}`)
      t.equal(answer.text, '{"description":"The format of the submitted queue name or project id is not valid.","title":"Invalid queue identification"}')
    }
  }
})

t.test('query parameters are read as forms are', async t => {
  await call('PUT', '/v1/queues/query')
  await call('POST', '/v1/queues/query/messages', { body: '[{"ttl":60,"body":1},{"ttl":60,"body":2}]' })
  const list = (query: string) => call('GET', `/v1/queues/query/messages?${query}`)
  const count = async (query: string) => (await list(query)).json<{ messages: unknown[] }>().messages.length
  t.equal(await count('echo=true&limit='), 2, 'a blank one is absent')
  t.equal(await count('echo=true&limit=1'), 1)
  t.equal(await count('echo=true&limit=x&limit=1'), 1, 'the last one counts')
  t.equal(await count('echo=true&limit=1&limit='), 1, 'a blank one does not')
  t.equal(await count('echo=true&limit=%2B1'), 1, 'a sign')
  t.equal(await count('echo=true&limit=01&color=blue&__proto__=1'), 1, 'unknown ones are ignored')
  for (const yes of ['true', 'True', 'yes', '1', 'on']) t.equal(await count(`echo=${yes}`), 2, yes)
  for (const no of ['false', 'False', 'no', '0', 'off', '']) t.equal((await list(`echo=${no}`)).status, 204, no)
  for (const name of ['echo', 'include_claimed']) {
    for (const bad of ['TRUE', 'ja', '2', 'null']) {
      t.equal((await list(`${name}=${bad}`)).text,
        `{"description":"The \\"${name}\\" parameter is invalid. The value of the parameter must be \\"true\\" or \\"false\\".","title":"Invalid parameter"}`)
    }
  }
  for (const bad of ['x', '1.5', '0x10', '1e1', '-', ' 1']) {
    t.equal((await list(`limit=${encodeURIComponent(bad)}`)).text, '{"description":"The \\"limit\\" parameter is invalid. The value must be an integer.","title":"Invalid parameter"}')
  }
  for (const bad of ['0', '-1', '21', '9'.repeat(400), `-${'9'.repeat(400)}`]) {
    t.equal((await list(`limit=${bad}`)).text, '{"description":"Limit must be at least 1 and may not be greater than 20.","title":"Invalid API request"}')
  }
})

t.test('header names leave in lower case', async t => {
  const answers = [
    await call('GET', '/'), await call('GET', '/v1'), await call('PUT', '/v1/queues/jobs'), await call('GET', '/v1/queues'), await call('GET', '/nope'),
    await call('HEAD', '/v1/queues/jobs'), await call('PATCH', '/v1/queues/jobs'), await call('GET', '/v1/queues/B@d'), await call('GET', '/v1/queues/jobs/messages'),
  ]
  for (const { names } of answers) {
    t.same(names, names.map(name => name.toLowerCase()))
    for (const name of ['date', 'connection', 'keep-alive', 'x-openstack-request-id']) t.ok(names.includes(name), name)
  }
  const closed = await raw('GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(closed, /^HTTP\/1\.1 204 No Content\r\n/)
  t.match(closed, /\r\nconnection: close\r\n/)
  t.notMatch(closed, /\r\n[^\r\n:]*[A-Z][^\r\n:]*:/)
  const old = await raw('GET /v1/queues/jobs/stats HTTP/1.0\r\n\r\n')
  t.match(old, /\r\nconnection: close\r\n/)
  t.notMatch(old, /\r\n[^\r\n:]*[A-Z][^\r\n:]*:/)
})

t.test('answers without a body say so', async t => {
  const empty = await call('DELETE', '/v1/queues/none')
  t.equal(empty.status, 204)
  t.equal(empty.headers['content-type'], undefined)
  t.equal(empty.headers['content-length'], undefined)
  t.equal((await call('PUT', '/v1/queues/brand-new')).headers['content-length'], '0')
  const refused = await call('HEAD', '/v1/queues/B@d')
  t.equal(refused.status, 400)
  t.equal(refused.text, '')
})

t.test('each answer has a request id of its own', async t => {
  const given = 'req-3fd36e1e-7d4c-4ef3-9f10-3b8f5b9a7a01'
  const answers = [await call('GET', '/'), await call('GET', '/nope', { headers: { 'X-OpenStack-Request-ID': given } }), await call('GET', '/v1/queues/B@d', { headers: { 'X-OpenStack-Request-ID': 'mine' } })]
  const ids = answers.map(({ headers }) => headers['x-openstack-request-id'])
  for (const id of ids) t.match(id, /^req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(new Set([...ids, given]).size, 4)
  t.equal(service.logged.find(line => line['request_id'] === ids[1])?.['global_request_id'], given)
  t.equal(service.logged.find(line => line['request_id'] === ids[2])?.['global_request_id'], undefined, 'an ill-formed one')
})

t.test('the access log has one line for each answer, without secrets', async t => {
  const path = '/v1/queues/jobs/messages/0123456789abcdef01234567'
  const answer = await call('DELETE', `${path}?claim_id=5ec2e7`, { body: 'hush', headers: { 'X-Auth-Token': 't0p5ecret', Authorization: 'Basic 5ec2e7' } })
  const id = answer.headers['x-openstack-request-id']
  const lines = service.logged.filter(line => line['request_id'] === id)
  t.equal(lines.length, 1)
  t.match(lines[0], { project: PROJECT, method: 'DELETE', path, status: 400, bytes: Buffer.byteLength(answer.text) })
  t.type(lines[0]?.['ms'], 'number')
  t.notMatch(JSON.stringify(service.logged), /5ec2e7|t0p5ecret|hush/)
})

t.test('references come from the path alone, never from the Host header', async t => {
  const answer = await call('PUT', '/v1/queues/jobs', { headers: { Host: 'evil.example' } })
  t.equal(answer.headers.location, '/v1/queues/jobs')
  const absolute = await raw(`GET http://evil.example/v1/queues?limit=1 HTTP/1.1\r\nhost: x\r\nx-project-id: ${PROJECT}\r\nconnection: close\r\n\r\n`)
  t.match(absolute, /^HTTP\/1\.1 200 /)
  t.match(absolute, /\r\ncontent-location: \/v1\/queues\?limit=1\r\n/)
  t.notMatch(absolute, /evil/)
})

t.test('a request that cannot be read as one has its line too', async t => {
  const answer = await service.raw('NONSENSE\r\n\r\n')
  const id = /x-openstack-request-id: (\S+)/.exec(answer)?.[1]
  t.match(service.logged.filter(line => line['request_id'] === id), [{ status: 400, msg: 'request' }])
})
