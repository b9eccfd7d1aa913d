/** Claims, and deleting what they hold: api-v1.md 8.2 and 9. */
import t from 'tap'
import { boot, PROJECT, type Answer } from '../../helpers/boot.ts'

const { call, clock } = await boot(t)

interface Message { readonly href: string; readonly ttl: number; readonly age: number; readonly body: unknown }

const TERMS = '{"ttl": 60, "grace": 60}'
const UNKNOWN = 'f'.repeat(24)
const claims = (queue: string) => `/v1/queues/${queue}/claims`
const claim = (queue: string, query = '', body = TERMS) => call('POST', claims(queue) + query, { body, client: null })
const idOf = (href = '') => href.slice(href.lastIndexOf('/') + 1)
const claimIdOf = (answer: Answer) => idOf(answer.headers.location)

async function filled(queue: string, count: number, ttl = 300): Promise<string[]> {
  await call('PUT', `/v1/queues/${queue}`)
  const body = JSON.stringify(Array.from({ length: count }, (_, body) => ({ ttl, body })))
  return (await call('POST', `/v1/queues/${queue}/messages`, { body })).json<{ resources: string[] }>().resources
}

t.test('a claim answers the oldest messages as a bare array', async t => {
  const hrefs = await filled('create', 3)
  clock.tick(61)
  const answer = await claim('create', '?limit=2', '{"ttl": 120, "grace": 60, "limit": null}')
  t.equal(answer.status, 201)
  t.match(answer.headers.location, /^\/v1\/queues\/create\/claims\/[0-9a-f]{24}$/)
  t.equal(answer.headers['content-type'], 'application/json')
  const id = claimIdOf(answer)
  t.same(answer.json(), [0, 1].map(body => ({ href: `${hrefs[body]}?claim_id=${id}`, ttl: 300, age: 61, body })))
  const rest = await claim('create')
  t.same(rest.json<Message[]>().map(({ body }) => body), [2])
  const none = await claim('create')
  t.equal(none.status, 204)
  t.equal(none.text, '')
  t.equal(none.headers.location, undefined)
})

t.test('a claim has 10 messages unless told, at most 20', async t => {
  await filled('limit', 45)
  t.equal((await claim('limit')).json<Message[]>().length, 10)
  t.equal((await claim('limit', '?limit=20')).json<Message[]>().length, 20)
  for (const limit of ['0', '21', '-1', '9'.repeat(99)]) {
    t.equal((await claim('limit', `?limit=${limit}`)).text, '{"description":"Limit must be at least 1 and may not be greater than 20.","title":"Invalid API request"}')
  }
})

t.test('claiming from a missing queue is a 204', async t => {
  t.equal((await claim('missing')).status, 204)
})

t.test('the body of a claim is checked, in order', async t => {
  await filled('terms', 1)
  const parse = 'Request body could not be parsed.'
  const type = 'Document type not supported.'
  const ttl = 'The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.'
  const grace = 'The grace for a claim may not exceed 43200 seconds, and must be at least 60 seconds long.'
  const cases: [string, string][] = [
    ['', parse], [' ', parse], ['.', parse], ['[', parse], ['"fail"', parse], ['null', parse], ['[]', type],
    ['{}', 'Missing "ttl" field.'], ['{"grace":60}', 'Missing "ttl" field.'], ['{"ttl":1}', 'Missing "grace" field.'],
    ['{"ttl":60.5,"grace":60}', 'The value of the "ttl" field must be a int.'], ['{"ttl":null,"grace":60}', 'The value of the "ttl" field must be a int.'],
    ['{"ttl":1,"grace":"60"}', 'The value of the "grace" field must be a int.'],
    ['{"ttl":59,"grace":60}', ttl], ['{"ttl":43201,"grace":60}', ttl], ['{"ttl":-1,"grace":0}', ttl],
    ['{"ttl":60,"grace":59}', grace], ['{"ttl":60,"grace":43201}', grace], ['{"ttl":60,"grace":-60}', grace],
    ['{"ttl":60,"grace":9223372036854775808}', 'JSON contains integer that is too large.'],
  ]
  for (const [body, description] of cases) {
    for (const queue of ['terms', 'missing']) {
      const answer = await claim(queue, '', body)
      t.equal(answer.status, 400, body)
      t.equal(answer.json<{ description: string }>().description, description, body)
    }
  }
  const say = async (query: string, body: string) => (await claim('terms', query, body)).json<{ description: string }>().description
  t.match(await say('?limit=x', '['), /must be an integer/, 'the form of the limit comes first')
  t.equal(await say('?limit=0', '['), parse)
  t.equal(await say('?limit=0', '{"ttl":1,"grace":1}'), ttl)
  t.match(await say('?limit=0', '{"ttl":60,"grace":1}'), /^Limit must be/)
  t.equal((await claim('terms', '', '{"ttl":43200,"grace":43200}')).status, 201, 'the upper ends')
})

t.test('the body of a claim has its limit at the exact byte', async t => {
  const exact = TERMS + ' '.repeat(65_536 - TERMS.length)
  t.equal((await claim('missing', '', exact)).status, 204)
  t.equal((await claim('missing', '', `${exact} `)).text, '{"description":"Claim request body is too large. Max size 65536","title":"Invalid API request"}')
  t.equal((await call('PATCH', `${claims('missing')}/x`, { body: `${exact} ` })).status, 400)
})

t.test('getting a claim', async t => {
  const hrefs = await filled('get', 2)
  const made = await claim('get', '', '{"ttl": 120, "grace": 60}')
  const path = made.headers.location ?? ''
  clock.tick(19)
  const answer = await call('GET', `${path}?x=1`, { client: null })
  t.equal(answer.status, 200)
  t.equal(answer.headers['content-location'], `${path}?x=1`)
  t.same(Object.keys(answer.json<object>()), ['href', 'ttl', 'age', 'messages'])
  t.same(answer.json(), { href: path, ttl: 120, age: 19, messages: hrefs.map((href, body) => ({ href: `${href}?claim_id=${idOf(path)}`, ttl: 300, age: 19, body })) })
  t.equal((await call('GET', path.toUpperCase().replace('/V1/QUEUES/GET/CLAIMS/', '/v1/queues/get/claims/'))).status, 200, 'in capitals')
})

t.test('a claim that is not there', async t => {
  await filled('absent', 1)
  const made = await claim('absent')
  const held = claimIdOf(made)
  for (const [queue, id, project] of [['absent', 'invalid', PROJECT], ['absent', UNKNOWN, PROJECT], ['missing', UNKNOWN, PROJECT], ['absent', held, 'other'], ['other', held, PROJECT]] as const) {
    const path = `${claims(queue)}/${id}`
    const text = `{"description":"Claim ${id} does not exist in queue ${queue} for project ${project}","title":"Not found"}`
    t.equal((await call('GET', path, { project })).text, text)
    t.equal((await call('PATCH', path, { project, body: TERMS })).text, text)
    t.equal((await call('DELETE', path, { project })).status, 204)
    t.equal((await call('PATCH', path, { project, body: '{}' })).status, 400, 'the body comes first')
  }
  t.equal((await call('GET', `${claims('absent')}/${held}`)).status, 200, 'nobody else released it')
})

t.test('renewing starts the age anew and moves the end', async t => {
  await filled('renew', 1)
  const path = (await claim('renew')).headers.location ?? ''
  clock.tick(50)
  t.match((await call('GET', path)).json(), { age: 50, ttl: 60 })
  const renewed = await call('PATCH', path, { body: '{"ttl":100}' })
  t.equal(renewed.status, 204)
  t.equal(renewed.text, '')
  t.equal(renewed.headers.location, undefined)
  t.match((await call('GET', path)).json(), { age: 0, ttl: 100 })
  clock.tick(99.9)
  t.equal((await call('GET', path)).status, 200)
  clock.tick(0.1)
  t.equal((await call('GET', path)).status, 404)
  t.equal((await call('PATCH', path, { body: '{"ttl":100}' })).status, 404, 'too late')
})

t.test('the body of a renewal', async t => {
  await filled('renewal', 1)
  const path = (await claim('renewal')).headers.location ?? ''
  for (const body of ['', '{}', '[]', '"x"', '{"grace":60}', '{"ttl":59}', '{"ttl":43201}', '{"ttl":"60"}', '{"ttl":null}', '{"ttl":60,"grace":null}', '{"ttl":60,"grace":1.5}']) {
    t.equal((await call('PATCH', path, { body })).status, 400, body)
  }
  for (const grace of ['0', '1', '-1', '43201', '9223372036854775807', '-9223372036854775808']) {
    t.equal((await call('PATCH', path, { body: `{"ttl":60,"grace":${grace}}` })).status, 204, grace)
    t.equal((await call('GET', path)).json<{ messages: Message[] }>().messages.length, 1)
  }
})

t.test('releasing frees the messages at once', async t => {
  await filled('release', 2)
  const path = (await claim('release')).headers.location ?? ''
  t.equal((await call('GET', '/v1/queues/release/messages?echo=true')).status, 204)
  t.equal((await call('DELETE', path)).status, 204)
  t.equal((await call('GET', path)).status, 404)
  t.equal((await call('DELETE', path)).status, 204, 'again')
  t.equal((await call('GET', '/v1/queues/release/messages?echo=true')).json<{ messages: Message[] }>().messages.length, 2)
  t.equal((await claim('release')).json<Message[]>().length, 2)
})

t.test('a claim lengthens the lives of what it holds', async t => {
  const cases: [ttl: number, grace: number, life: number][] = [[777, 60, 837], [121, 60, 181], [60, 60, 120], [60, 61, 121], [63, 60, 123]]
  for (const [index, [ttl, grace, life]] of cases.entries()) {
    const [href = ''] = await filled(`life-${index}`, 1, 120)
    const made = await claim(`life-${index}`, '', JSON.stringify({ ttl, grace }))
    t.match(made.json(), [{ ttl: life }])
    await call('DELETE', made.headers.location ?? '')
    t.match((await call('GET', href)).json(), { ttl: life }, 'the longer life stays after a release')
  }
})

t.test('an expired claim frees its messages', async t => {
  const [href = ''] = await filled('expire', 1)
  const first = await claim('expire')
  clock.tick(60)
  t.equal((await call('GET', first.headers.location ?? '')).status, 404)
  t.equal((await call('GET', '/v1/queues/expire/messages?echo=true')).status, 200)
  const second = await claim('expire')
  t.equal(second.status, 201)
  t.equal((await call('DELETE', `${href}?claim_id=${claimIdOf(first)}`)).status, 403, 'it is another worker\'s now')
})

t.test('deleting one message leaves the rest of the claim, deleting all ends it', async t => {
  const hrefs = await filled('drain', 2)
  const path = (await claim('drain')).headers.location ?? ''
  t.equal((await call('DELETE', `${hrefs[0]}?claim_id=${idOf(path)}`)).status, 204)
  t.equal((await call('GET', path)).json<{ messages: Message[] }>().messages.length, 1)
  t.equal((await call('DELETE', `/v1/queues/drain/messages?ids=${idOf(hrefs[1])}`)).status, 204)
  t.equal((await call('GET', path)).status, 404)
  t.equal((await call('PATCH', path, { body: TERMS })).status, 404)
})

t.test('table 8.2: deleting one message', async t => {
  const refusal = (description: string) => `{"description":"${description}","title":"Unable to delete"}`
  const CLAIMED = refusal('This message is claimed; it cannot be deleted without a valid claim ID.')
  const FREE = refusal('A claim was specified, but the message is not currently claimed.')
  const LAPSED = refusal('The specified claim does not exist or has expired.')
  const [a = '', b = '', c = '', d = ''] = await filled('table', 4)
  const held = claimIdOf(await claim('table', '?limit=1'))
  const other = claimIdOf(await claim('table', '?limit=1'))
  const check = async (row: string, href: string, query: string, status: number, text = '') => {
    const answer = await call('DELETE', href + query, { client: null })
    t.equal(answer.status, status, row)
    t.equal(answer.text, text, row)
    if (status !== 204 && !href.includes(UNKNOWN)) t.equal((await call('GET', href)).status, 200, `${row}: kept`)
  }
  await check('1', '/v1/queues/table/messages/invalid', '', 204)
  await check('1 before 2', '/v1/queues/table/messages/invalid', '?claim_id=invalid', 204)
  await check('2', a, '?claim_id=invalid', 400, LAPSED)
  await check('2 before 3', `/v1/queues/table/messages/${UNKNOWN}`, '?claim_id=invalid', 400, LAPSED)
  await check('3', `/v1/queues/table/messages/${UNKNOWN}`, '', 204)
  await check('3, with a claim', `/v1/queues/table/messages/${UNKNOWN}`, `?claim_id=${held}`, 204)
  await check('3, missing queue', `/v1/queues/missing/messages/${UNKNOWN}`, `?claim_id=${held}`, 204)
  await check('4', a, '', 403, CLAIMED)
  await check('4, blank claim', a, '?claim_id=', 403, CLAIMED)
  await check('5', c, '', 204)
  t.equal((await call('GET', c)).status, 404)
  await check('7', a, `?claim_id=${other}`, 403, CLAIMED)
  await check('7, unknown claim', a, `?claim_id=${UNKNOWN}`, 403, CLAIMED)
  await check('8, never claimed', d, `?claim_id=${held}`, 400, FREE)
  await check('8, never was', d, `?claim_id=${UNKNOWN}`, 400, FREE)
  await check('6', a, `?claim_id=${held.toUpperCase()}`, 204)
  t.equal((await call('GET', a)).status, 404)
  await check('3, deleted', a, `?claim_id=${held}`, 204)
  await call('DELETE', `${claims('table')}/${other}`)
  await check('8, released', b, `?claim_id=${other}`, 400, FREE)
  const again = claimIdOf(await claim('table', '?limit=1'))
  clock.tick(60)
  await check('9', b, `?claim_id=${again}`, 400, LAPSED)
  await check('5, expired claim', b, '', 204)
})

t.test('two workers never get the same message', async t => {
  await filled('race', 40)
  const made = await Promise.all(Array.from({ length: 8 }, () => claim('race', '?limit=5')))
  const bodies = made.flatMap(answer => answer.json<Message[]>().map(({ body }) => body as number))
  t.same(bodies.sort((x, y) => x - y), Array.from({ length: 40 }, (_, index) => index))
})
