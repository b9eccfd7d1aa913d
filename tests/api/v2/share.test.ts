/** Making and using pre-signed URLs: api-v2.md 10. */
import { createHmac } from 'node:crypto'
import t from 'tap'
import type { Caller } from '../../../lib/model/caller.ts'
import { signatureOf } from '../../../lib/transport/http/auth/signed-url.ts'
import { boot, CLIENT, type Given } from '../../helpers/boot.ts'
import { HandClock } from '../../helpers/clock.ts'

const clock = new HandClock()
const SECRET = 'test'
const { call } = await boot(t, { parts: { signing: { secret_key: SECRET }, clock } })

interface Shared { readonly paths: string[]; readonly methods: string[]; readonly project: string; readonly expires: string; readonly signature: string }

const NOT_FOUND = '{"title":"404 Not Found"}'
const at = (seconds: number) => new Date(clock.now() + seconds * 1000).toISOString().slice(0, 19)
const share = (body: string, queue = 'sq') => call('POST', `/v2/queues/${queue}/share`, { body, project: 'p1' })

/** What a client sends with a signed URL. */
function headersOf({ paths, methods, project, expires, signature }: Shared): Record<string, string> {
  return { 'URL-Signature': signature, 'URL-Expires': expires, 'URL-Methods': methods.join(','), 'URL-Paths': paths.join(','), 'X-Project-ID': project }
}

t.test('the signatures are those of the reference', async t => {
  const vectors: [string, string][] = [
    ['{"expires":"2030-01-01T00:00:00"}', '9053d245d15bf598e2e7eb374974b8dd0e896e2bc1a54983386aa57c8bcdf348'],
    ['{"expires":"2030-01-01T00:00:00","methods":["POST","GET"],"paths":["subscriptions","messages","claims"]}', 'b8c4f7828d0294c422fa814c53f49b7192626a4291432d3e32bf3bd8ef2dcb1a'],
  ]
  for (const [body, signature] of vectors) t.equal((await share(body)).json<Shared>().signature, signature)
})

t.test('an answer holds all that a client has to send, and no more', async t => {
  const answer = await share('{}')
  t.equal(answer.status, 200)
  const expires = at(86_400)
  const grant = { paths: ['/v2/queues/sq/messages'], methods: ['GET'], project: 'p1', expires }
  t.equal(answer.text, JSON.stringify({ ...grant, signature: signatureOf(SECRET, grant) }))
  t.same((await share('{"methods":[],"paths":[]}')).json(), answer.json(), 'empty lists are the defaults')
  t.same((await share('{"methods":null,"paths":null,"expires":null}')).json(), answer.json())
  const both = (await share('{"methods":["PUT","DELETE"],"paths":["messages","claims"]}', 'a.b')).json<Shared>()
  t.same([both.methods, both.paths], [['DELETE', 'PUT'], ['/v2/queues/a.b/claims', '/v2/queues/a.b/messages']], 'in order')
})

t.test('expiry is any date in ISO 8601', async t => {
  const dates: Record<string, string> = {
    '2040-02-29T10:20:30': '2040-02-29T10:20:30', '2040-02-29T10:20:30.999999': '2040-02-29T10:20:30', '2040-02-29T10:20:30Z': '2040-02-29T10:20:30',
    '2040-02-29T01:20:30+02:00': '2040-02-28T23:20:30', '2040-02-29T10:20:30-0130': '2040-02-29T11:50:30', '2040-02-29 10:20': '2040-02-29T10:20:00', '2040-02-29': '2040-02-29T00:00:00',
  }
  for (const [given, shown] of Object.entries(dates)) t.equal((await share(JSON.stringify({ expires: given }))).json<Shared>().expires, shown, given)
})

t.test('what cannot be shared is refused', async t => {
  const api = (text: string) => `{"description":${JSON.stringify(text)},"title":"Invalid API request"}`
  const integer = (text: string) => api(`\`expires\` should be date format, for example 2016-01-01T00:00:00, not integer value: ${text}`)
  const cases: [string, string][] = [
    ['{"project_id":"p2","x":1}', api("Unknown keys: {'project_id', 'x'}")],
    ['{"paths":["stats"]}', api('There is no path "stats" to share; there are messages, claims, subscriptions.')],
    ['{"paths":"messages"}', api('`paths` should be a list of strings.')],
    ['{"methods":"GET"}', api('`methods` should be a list of strings.')],
    ['{"methods":[1]}', api('`methods` should be a list of strings.')],
    ['{"methods":["GET\\\\np2"]}', api('A method is a word of letters.')],
    ['{"methods":["GET,PUT"]}', api('A method is a word of letters.')],
    ['{"expires":"wrong"}', api("Unable to parse date string 'wrong'")],
    ['{"expires":"2040-02-30"}', api("Unable to parse date string '2040-02-30'")],
    ['{"expires":true}', api("Unable to parse date string 'true'")],
    ['{"expires":12345}', integer('12345')],
    ['{"expires":"12345"}', integer('12345')],
    [`{"expires":"${at(0)}"}`, api('`expires` is lower than the current time')],
    [`{"expires":"${at(-1)}"}`, api('`expires` is lower than the current time')],
    ['[]', '{"description":"Document type not supported.","title":"Invalid request body"}'],
    ['', '{"description":"Request body could not be parsed.","title":"Invalid request body"}'],
  ]
  for (const [body, text] of cases) {
    const answer = await share(body)
    t.same([answer.status, answer.text], [400, text], body)
  }
  const none = await boot(t)
  t.equal((await none.call('POST', '/v2/queues/sq/share', { body: '{}' })).text, api("The `key` can't be None"))
})

await call('POST', '/v2/queues/sq/messages', { body: '{"messages":[{"body":"shared"}]}', project: 'p1' })
const MINE = (await share('{"methods":["GET","POST","DELETE"],"paths":["messages"]}')).json<Shared>()
const use = (verb: string, path: string, over: Record<string, string | null> = {}, given: Given = {}) => {
  const headers = Object.entries({ ...headersOf(MINE), ...over }).filter((entry): entry is [string, string] => entry[1] !== null)
  return call(verb, path, { project: null, client: CLIENT, ...given, headers: Object.fromEntries(headers) })
}

t.test('a signed request does what it lists, and what is below', async t => {
  const listed = await use('GET', '/v2/queues/sq/messages?echo=true')
  t.equal(listed.status, 200)
  const { messages: [message] } = listed.json<{ messages: { href: string; body: string }[] }>()
  t.equal(message?.body, 'shared')
  t.equal((await use('GET', message?.href ?? '')).status, 200)
  t.equal((await use('POST', '/v2/queues/sq/messages', {}, { body: '{"messages":[{"body":1}]}' })).status, 201)
  t.equal((await use('GET', '/v2/queues/sq/messages', { 'URL-Methods': 'POST , GET,DELETE' })).status, 200, 'lists in any order')
  const rules = [await use('GET', '/v2/queues/sq/messages', {}, { client: null }), await use('GET', '/v2/queues/sq/messages', { Accept: 'text/html' })]
  t.same(rules.map(({ status }) => status), [400, 406], 'all other rules hold')
})

t.test('any failure is a 404 like that of an unknown path', async t => {
  const other: Shared = { ...MINE, project: 'p2' }
  const sign = (grant: Shared) => ({ ...headersOf(grant), 'URL-Signature': signatureOf(SECRET, grant) })
  const cases: [string, string, string, Record<string, string | null>][] = [
    ['a method that is not listed', 'PUT', '/v2/queues/sq/messages', {}],
    ['another path of the queue', 'GET', '/v2/queues/sq/claims/x', {}],
    ['the queue itself', 'GET', '/v2/queues/sq', {}],
    ['another queue', 'GET', '/v2/queues/other/messages', {}],
    ['a queue whose name begins so', 'GET', '/v2/queues/sq2/messages', {}],
    ['a path that begins so', 'GET', '/v2/queues/sq/messagesx', {}],
    ['a path that holds it', 'GET', '/v1/x/v2/queues/sq/messages', {}],
    ['the path in other letters', 'GET', '/v2/queues/s%71/messages', {}],
    ['a way out of it', 'GET', '/v2/queues/sq/messages/../claims', {}],
    ['another version', 'GET', '/v1/queues/sq/messages', {}],
    ['making more signatures', 'POST', '/v2/queues/sq/share', {}],
    ['no expiry', 'GET', '/v2/queues/sq/messages', { 'URL-Expires': null }],
    ['another expiry', 'GET', '/v2/queues/sq/messages', { 'URL-Expires': at(200_000) }],
    ['no methods', 'GET', '/v2/queues/sq/messages', { 'URL-Methods': null }],
    ['more methods', 'PUT', '/v2/queues/sq/messages', { 'URL-Methods': 'DELETE,GET,POST,PUT' }],
    ['no paths', 'GET', '/v2/queues/sq/messages', { 'URL-Paths': null }],
    ['another path listed', 'GET', '/v2/queues/other/messages', { 'URL-Paths': '/v2/queues/other/messages' }],
    ['no project', 'GET', '/v2/queues/sq/messages', { 'X-Project-ID': null }],
    ['another project', 'GET', '/v2/queues/sq/messages', headersOf(other)],
    ['an empty signature', 'GET', '/v2/queues/sq/messages', { 'URL-Signature': '' }],
    ['an empty signature alone', 'GET', '/v2/queues/sq/messages', { 'URL-Signature': '', 'URL-Expires': null, 'URL-Methods': null, 'URL-Paths': null }],
    ['a short signature', 'GET', '/v2/queues/sq/messages', { 'URL-Signature': MINE.signature.slice(2) }],
    ['a signature in capitals', 'GET', '/v2/queues/sq/messages', { 'URL-Signature': MINE.signature.toUpperCase() }],
    ['a signature that is none', 'GET', '/v2/queues/sq/messages', { 'URL-Signature': 'x'.repeat(64) }],
    ['a bad signature for the home document', 'GET', '/v2/', { 'URL-Signature': '' }],
    ['a signed expiry that is no date', 'GET', '/v2/queues/sq/messages', sign({ ...MINE, expires: 'never' })],
    ['a signed expiry that is past', 'GET', '/v2/queues/sq/messages', sign({ ...MINE, expires: at(-1) })],
    ['a signed expiry that is now', 'GET', '/v2/queues/sq/messages', sign({ ...MINE, expires: at(0) })],
    ['an empty signed path', 'GET', '/v2/queues/sq/messages', sign({ ...MINE, paths: [''] })],
    ['a pattern for a path', 'GET', '/v2/queues/sq/messages', sign({ ...MINE, paths: ['/v2/queues/.*/messages'] })],
  ]
  for (const [what, verb, path, over] of cases) {
    const answer = await use(verb, path, over)
    t.same([answer.status, answer.text], [404, NOT_FOUND], what)
  }
  const none = await boot(t, { parts: { clock } })
  const unsigned = { ...MINE, signature: createHmac('sha256', '').update(`${MINE.paths.join(',')}\\n${MINE.methods.join(',')}\\np1\\n${MINE.expires}`).digest('hex') }
  t.equal((await none.call('GET', '/v2/queues/sq/messages', { project: null, headers: headersOf(unsigned) })).status, 404, 'without a secret nothing is signed')
})

t.test('a signed request expires to the second', async t => {
  const { call: callLater } = await boot(t, { parts: { signing: { secret_key: SECRET }, clock } })
  const headers = headersOf((await share(JSON.stringify({ expires: at(10) }))).json<Shared>())
  t.equal((await callLater('GET', '/v2/queues/sq/messages', { project: null, headers })).status, 200)
  clock.tick(10)
  t.equal((await callLater('GET', '/v2/queues/sq/messages', { project: null, headers })).status, 404)
})

t.test('policy sees somebody of the project that signed, without roles', async t => {
  const seen: [string, Caller][] = []
  const policy = { allows: (rule: string, caller: Caller) => seen.push([rule, caller]) > 0, needsRoles: () => false }
  const { call } = await boot(t, { parts: { signing: { secret_key: SECRET }, clock, policy } })
  const headers = { ...headersOf((await share('{}')).json<Shared>()), 'X-Roles': 'admin', 'X-User-Id': 'root', 'X-Is-Admin-Project': 'True' }
  t.equal((await call('GET', '/v2/queues/sq/messages', { project: null, headers })).status, 200)
  t.match(seen, [['messages:get_all', { project: 'p1', user: null, roles: [], isAdminProject: false }]])
})
