/** Requests that mean no good, or that are no requests: each is answered with a 4xx or cut off, and nothing hangs. */
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { MAX_DISCARDED } from '../../lib/transport/http/body.ts'
import { boot, CLIENT, PROJECT } from '../helpers/boot.ts'

const { call, raw, url, logged } = await boot(t)

const HEAD = `host: x\r\nx-project-id: ${PROJECT}\r\nclient-id: ${CLIENT}\r\n`
const POST = `POST /v1/queues/jobs/messages HTTP/1.1\r\n${HEAD}`
const CLOSE = 'connection: close\r\n'

await call('PUT', '/v1/queues/jobs')

t.test('bytes that are no UTF-8 are no JSON', async t => {
  for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22]]) {
    const body = Buffer.concat([Buffer.from('[{"ttl":60,"body":'), Buffer.from(bytes), Buffer.from('}]')])
    const answer = await call('POST', '/v1/queues/jobs/messages', { body })
    t.equal(answer.text, '{"description":"Request body could not be parsed.","title":"Invalid request body"}')
  }
})

t.test('characters may be split between chunks', async t => {
  const text = Buffer.from('[{"ttl":60,"body":"é😀"}]')
  const chunks = [...text].map(byte => Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]))
  t.match(await raw(`${POST}${CLOSE}transfer-encoding: chunked\r\n\r\n`, ...chunks, '0\r\n\r\n'), /^HTTP\/1\.1 201 /)
})

t.test('a body without a length or of no bytes is none', async t => {
  const empty = /\r\n\r\n{"description":"Request body can not be empty","title":"Invalid request body"}$/
  t.match(await raw(`${POST}${CLOSE}\r\n`), empty)
  t.match(await raw(`${POST}${CLOSE}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`), empty)
  t.match(await raw(`${POST}${CLOSE}content-length: 0\r\n\r\n`), /could not be parsed/)
})

t.test('a sender may ask whether its body is welcome', async t => {
  const answer = await raw(`${POST}${CLOSE}expect: 100-continue\r\ncontent-length: 25\r\n\r\n`, '[{"ttl":60,"body":"abc"}]')
  t.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
})

t.test('lengths that are none, or two', async t => {
  for (const lengths of ['content-length: x\r\n', 'content-length: -1\r\n', 'content-length: 1e3\r\n', 'content-length: 1\r\ncontent-length: 2\r\n',
    'content-length: 2\r\ntransfer-encoding: chunked\r\n', 'transfer-encoding: gzip\r\n', 'content-length: 99999999999999999999999999\r\n']) {
    const answer = await raw(`${POST}${lengths}\r\n[]`)
    t.match(answer, /^HTTP\/1\.1 400 /, lengths)
    t.match(answer, /\r\nconnection: close\r\n/, lengths)
  }
  t.match(await raw(`${POST}transfer-encoding: chunked\r\n\r\nxyz\r\n`), /^HTTP\/1\.1 400 /, 'a chunk size that is none')
})

t.test('what is no HTTP gets a JSON 400', async t => {
  for (const bytes of ['GARBAGE\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n',
    'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n', 'GET / HTTP/1.1\r\nhost: x\r\nx: \x01\r\n\r\n', 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n']) {
    const answer = await raw(bytes)
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, JSON.stringify(bytes))
    t.match(answer, /\r\ncontent-type: application\/json\r\n/)
    t.match(answer, /\r\nx-openstack-request-id: req-/)
    t.notMatch(answer, /\r\n[^\r\n:]*[A-Z][^\r\n:]*: .*\r\n\r\n/s)
    t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), { title: 'Bad Request', description: String })
  }
  t.match(await raw(`GET /v1/health HTTP/1.1\r\n${HEAD}expect: miracles\r\n\r\n`), /^HTTP\/1\.1 417 /)
})

t.test('headers and addresses may be long, but not endless', async t => {
  t.equal((await call('GET', '/v1/health', { headers: { 'X-Long': 'a'.repeat(16_384) } })).status, 204)
  t.equal((await call('GET', `/v1/queues?marker=${'a'.repeat(16_000)}`)).status, 200)
  for (const bytes of [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`]) {
    t.match(await raw(bytes), /^HTTP\/1\.1 431 /)
  }
})

t.test('paths with tricks are unknown or bad', async t => {
  for (const [path, status] of [
    ['/v1/../v1/queues', 404], ['/v1/queues/../queues', 404], ['/v1/./queues', 404], ['/v1/queues/..', 400], ['/v1/queues/%2e%2e/messages', 400], ['/v1/queues/a%2fmessages', 400],
    ['/v1%2fqueues', 404], ['/v1/queues/jobs%00', 400], ['/v1/queues/jobs%0a', 400], ['/v1/queues/jobs;x=1', 400], ['/v1/queues/__proto__', 404], ['/v1/queues/constructor/stats', 404],
    ['/v1/queues/jobs/messages/%E0%A4%A', 404], ['/v1/queues/jobs/claims/__proto__', 404], ['/v1/queues/jobs?%', 204], ['/v1/queues?%E0%A4%A=%zz', 200], ['/v1/queues/jobs#x', 204], ['*', 404],
  ] as const) {
    t.equal((await call('GET', path)).status, status, path)
  }
})

t.test('__proto__ in documents is a member like any other', async t => {
  const post = (body: string) => call('POST', '/v1/queues/jobs/messages', { body })
  t.equal((await post('[{"__proto__":{"ttl":60,"body":1}}]')).status, 400, 'nothing is inherited')
  t.equal((await post('[{"ttl":60,"body":1,"__proto__":{"x":1}}]')).status, 201)
  t.equal((await call('POST', '/v1/queues/jobs/claims', { body: '{"__proto__":{"ttl":60,"grace":60}}' })).status, 400)
  t.equal(({} as Record<string, unknown>)['x'], undefined)
})

t.test('an oversized body is refused so that its sender can read why', async t => {
  const over = /^HTTP\/1\.1 400 [^]*Message collection size is too large/
  const mega = Buffer.alloc(1024 * 1024, 0x20)
  t.match(await raw(`${POST}content-length: ${mega.length}\r\n\r\n`, mega, `GET / HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`), /^HTTP\/1\.1 400 [^]*too large[^]*HTTP\/1\.1 300 /, 'and may go on')
  t.match(await raw(`${POST}${CLOSE}transfer-encoding: chunked\r\n\r\n${mega.length.toString(16)}\r\n`, mega, '\r\n0\r\n\r\n'), over, 'chunked')
  t.match(await raw(`${POST}content-length: 1000000000000\r\n\r\n`, ...Array<Buffer>(MAX_DISCARDED / mega.length + 2).fill(mega)), over, 'cut off after a while')
  t.match(await raw(`PUT /v1/queues/jobs HTTP/1.1\r\n${HEAD}content-length: 1000000000000\r\n\r\n`, ...Array<Buffer>(MAX_DISCARDED / mega.length + 2).fill(mega)), /^HTTP\/1\.1 204 /,
    'an endless body that nobody reads, too')
})

t.test('the next request on a connection is not read from an unread body', async t => {
  const inner = `DELETE /v1/queues/jobs HTTP/1.1\r\n${HEAD}\r\n`
  const answer = await raw(`POST /v1/queues/jobs/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`, `GET /nope HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`)
  t.match(answer, /^HTTP\/1\.1 400 [^]*HTTP\/1\.1 404 /)
  t.equal((await call('GET', '/v1/queues/jobs')).status, 204)
})

t.test('a sender that stops halfway is let go', async t => {
  const half = (text: string, end: (socket: Socket) => void) => new Promise<string>(resolve => {
    const { hostname, port } = new URL(url)
    let answer = ''
    const socket = connect(Number(port), hostname)
    socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
    socket.on('error', () => { /* a reset is an end too */ })
    socket.on('close', () => { resolve(answer) })
    socket.write(text, () => { end(socket) })
  })
  for (const text of [`${POST}content-length: 100\r\n\r\n[{"ttl"`, `${POST}transfer-encoding: chunked\r\n\r\n5\r\n[{"t`, POST, 'GE']) {
    t.match(await half(text, socket => socket.end()), /^HTTP\/1\.1 400 [^]*connection: close/, text)
    t.equal(await half(text, socket => socket.destroy()), '', text)
  }
})

t.test('a sender that is too slow is let go', async t => {
  const slow = await boot(t, { requestTimeout: 200 })
  const texts = ['', 'GET / HT', POST, `${POST}content-length: 100\r\n\r\n[{"ttl"`, `${POST}transfer-encoding: chunked\r\n\r\n5\r\n[{"t`]
  for (const answer of await Promise.all(texts.map(text => slow.raw(text)))) t.match(answer, /^HTTP\/1\.1 408 [^]*connection: close/)
  t.match(await slow.raw(`POST /v1/queues HTTP/1.1\r\n${HEAD}content-length: 100\r\n\r\n`), /^HTTP\/1\.1 405 /, 'an answer does not wait for a body that nobody wants')
})

t.test('the server took no harm', async t => {
  t.equal((await call('GET', '/v1/health')).status, 204)
  t.same(logged.filter(({ level }) => level === 50), [], 'it met no defect')
})
