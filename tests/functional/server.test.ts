/** marconi-server as an operator meets it: its command line, its complaints, its log, and how it goes down. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Http, type MessageShape } from '../helpers/http.ts'
import { runToEnd, startServer, temporaryFolder, type Ended, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const FAULTY = { MARCONI_DRIVERS__MESSAGE_STORE: 'faulty', MARCONI_DRIVERS__MANAGEMENT_STORE: 'faulty' }

/** The lines of a text; the last one must be ended too. */
function lines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

/** That a program said no in one line for people. */
function isOneComplaint(t: Test, { code, stdout, stderr }: Ended, exitCode: number, ...mentions: readonly string[]): void {
  t.equal(code, exitCode, 'the exit code tells')
  t.equal(stdout, '', 'nothing on standard output')
  t.match(stderr, /^marconi-server: [^\n]+\n$/, 'one line on standard error')
  for (const mention of mentions) t.ok(stderr.includes(mention), `it mentions ${mention}: ${stderr.trim()}`)
  t.notMatch(stderr, /^ {4}at /m)
}

function configFile(t: Test, text: string): string {
  const file = join(temporaryFolder(t), 'marconi.conf')
  writeFileSync(file, text)
  return file
}

t.test('--help, --version and --check-config print and end', async t => {
  const help = await runToEnd(t, ['--help'])
  t.equal(help.code, 0)
  for (const flag of ['--config-file', '--check-config', '--bind', '--port', '--data-dir', '--workers', '--version']) t.ok(help.stdout.includes(flag), flag)

  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
  t.match(await runToEnd(t, ['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })

  const checked = await runToEnd(t, ['--check-config', '--config-file', configFile(t, '[drivers:transport:wsgi]\nport = 4711\n')])
  t.match(checked, { code: 0, stderr: '' })
  t.match(checked.stdout, /^port *= *4711\b/m)
})

t.test('a bad command line is one line and exit code 2', async t => {
  isOneComplaint(t, await runToEnd(t, ['--nonsense']), 2, '--nonsense')
  isOneComplaint(t, await runToEnd(t, ['surplus']), 2)
  isOneComplaint(t, await runToEnd(t, ['--config-file']), 2, '--config-file')
})

t.test('every mistake in a configuration file is told with file, group and option', async t => {
  const one = configFile(t, '[drivers:transport:wsgi]\nprot = 4711\n')
  isOneComplaint(t, await runToEnd(t, ['--config-file', one]), 1, one, 'drivers:transport:wsgi', 'prot')

  const several = configFile(t, '[DEFAULT]\nworkers = many\n[drivers:message_store:lmdb]\ndurability = perhaps\n[nothing]\nx = 1\n')
  const ended = await runToEnd(t, ['--check-config', '--config-file', several])
  t.equal(ended.code, 1)
  t.equal(lines(ended.stderr).length, 3)
  for (const [index, words] of [['DEFAULT', 'workers', 'many'], ['drivers:message_store:lmdb', 'durability', 'durable'], ['nothing']].entries()) {
    t.ok(lines(ended.stderr).some(line => [several, ...words].every(word => line.includes(word))), `mistake ${String(index)}: ${words.join(', ')}`)
  }
})

for (const workers of [1, 2]) {
  t.test(`a port in use is one line, with ${String(workers)} workers`, async t => {
    const other = createServer()
    await new Promise<void>(resolve => { other.listen(0, '127.0.0.1', resolve) })
    t.teardown(() => other.close())
    const { port } = other.address() as AddressInfo
    isOneComplaint(t, await runToEnd(t, ['--port', String(port), '--data-dir', temporaryFolder(t), '--workers', String(workers)]), 1, String(port))
  })

  t.test(`a second server on the same data is one line, with ${String(workers)} workers`, async t => {
    const server = await startServer(t, { dataDir: temporaryFolder(t), workers })
    const { dataDir } = server.options
    isOneComplaint(t, await runToEnd(t, ['--port', '0', '--data-dir', dataDir, '--workers', String(workers)]), 1, dataDir)
    t.equal((await new Http(server.url).get('/v1/health')).status, 204, 'the first one goes on')
  })

  t.test(`a server that was killed leaves nothing behind that hinders the next, with ${String(workers)} workers`, async t => {
    const server = await startServer(t, { dataDir: temporaryFolder(t), workers })
    await new Http(server.url).put('/v1/queues/kept')
    await server.kill()
    const next = await server.restart(t)
    t.equal((await new Http(next.url).get('/v1/queues/kept')).status, 204)
  })
}

t.test('a data folder that cannot be made is one line', async t => {
  const file = configFile(t, '')
  isOneComplaint(t, await runToEnd(t, ['--port', '0', '--data-dir', join(file, 'data'), '--workers', '1']), 1, file)
})

t.test('the line that says where the server listens names the store, the way to sign in and the workers', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  t.equal(server.stdout, `marconi-server: listening on ${server.url}, store lmdb (durable) in ${join(server.options.dataDir, 'store')}, auth none, 2 workers\n`)
  t.equal((await server.stop()).code, 0)
})

/** A request whose body is still on its way. The server has read its head. */
interface Upload {
  readonly socket: Socket
  /** All that came back, once the server has closed the connection. */
  readonly answer: Promise<string>
}

const BODY = JSON.stringify([{ ttl: 300, body: 'slow' }])

async function startUpload(t: Test, { url }: RunningServer): Promise<Upload> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => { socket.destroy() })
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => { received += text })
  socket.on('error', () => { received += '(the connection broke)' })
  const answer = new Promise<string>(resolve => { socket.once('close', () => { resolve(received) }) })
  socket.write([
    'POST /v1/queues/jobs/messages HTTP/1.1', 'Host: x', 'Client-ID: 30387f0039da4a8b9d3f5a6f0e1c77aa', 'X-Project-ID: p1',
    'Content-Type: application/json', `Content-Length: ${String(BODY.length)}`, 'Expect: 100-continue', '', '',
  ].join('\r\n'))
  await until('the server has read the head of the request', () => received.includes('100 Continue'))
  socket.write(BODY.slice(0, 5))
  return { socket, answer }
}

function isRefused({ url }: RunningServer): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => { resolve(true) })
  })
}

for (const workers of [1, 2]) {
  t.test(`SIGTERM finishes what runs, refuses what is new, and keeps the data, with ${String(workers)} workers`, async t => {
    const server = await startServer(t, { dataDir: temporaryFolder(t), workers })
    await new Http(server.url).put('/v1/queues/jobs')
    const { socket, answer } = await startUpload(t, server)
    server.signal('SIGTERM')
    await until('new connections are refused', () => isRefused(server))
    socket.write(BODY.slice(5))
    t.match(await answer, /HTTP\/1\.1 201 Created\r\n/, 'the running request has its answer')
    const { code, signal, stderr } = await server.ended
    t.match({ code, signal }, { code: 0, signal: null })
    t.match(stderr, /"status":201/, 'its line is in the log')

    const next = await server.restart(t)
    const messages = await new Http(next.url).list('jobs')
    t.match(messages.map(({ body }) => body), ['slow'])
  })

  t.test(`SIGTERM does not wait for a request that never ends, with ${String(workers)} workers`, async t => {
    const env = { MARCONI_DRIVERS_TRANSPORT_WSGI__DRAIN_TIMEOUT: '1' }
    const server = await startServer(t, { dataDir: temporaryFolder(t), workers, env })
    const { answer } = await startUpload(t, server)
    const begun = performance.now()
    const { code } = await server.stop()
    t.equal(code, 0)
    t.ok(performance.now() - begun < 8000, `it took ${String(Math.round(performance.now() - begun))} ms`)
    t.notMatch(await answer, /201 Created/)
  })
}

t.test('SIGTERM ends a server that has connections at rest at once', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  const clients = Array.from({ length: 8 }, () => new Http(server.url))
  await Promise.all(clients.map(http => http.get('/v1/health')))
  const begun = performance.now()
  t.equal((await server.stop()).code, 0)
  t.ok(performance.now() - begun < 5000, `it took ${String(Math.round(performance.now() - begun))} ms`)
  for (const http of clients) http.close()
})

t.test('the faulty store answers 503 to whatever needs it', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), env: FAULTY })
  t.match(server.stdout, /store faulty/)
  const http = new Http(server.url)
  for (const [method, path, body] of [
    ['PUT', '/v1/queues/jobs'], ['GET', '/v1/queues'], ['POST', '/v1/queues/jobs/messages', [{ ttl: 300, body: 1 }]],
    ['GET', '/v1/queues/jobs/messages'], ['POST', '/v1/queues/jobs/claims', { ttl: 60, grace: 60 }], ['GET', '/v1/health'],
  ] as const) {
    const { status, headers } = await http.call(method, path, body)
    t.equal(status, 503, `${method} ${path}`)
    t.match(headers['retry-after'], /^\d+$/)
  }
  http.close()
})

t.test('a worker that dies is replaced, and the rest serve on', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  const [victim = -1] = server.workers()
  process.kill(victim, 'SIGKILL')
  await until('another one serves', () => server.replacements === 1)
  await until('two processes answer', async () => {
    const http = new Http(server.url, { sockets: 16 })
    await Promise.all(Array.from({ length: 16 }, () => http.get('/v1/health')))
    http.close()
    return new Set(server.log.filter(({ msg }) => msg === 'request').map(({ pid }) => pid)).size === 2
  })
  t.equal(server.workers().length, 2)
  t.notOk(server.workers().includes(victim))
  t.match(server.log.filter(({ worker }) => worker === victim), [{ level: 50 }], 'the log tells of it')
  t.equal((await server.stop()).code, 0)
})

t.test('each request is one line of the log with its numbers, and never a body or a token', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t) })
  const http = new Http(server.url, { project: 'accounted' })
  const SECRETS = ['s3cret-t0ken', 's3cret-b0dy', 's3cret-metadata', 's3cret-br0ken']
  const token = { 'X-Auth-Token': 's3cret-t0ken', Authorization: 'Bearer s3cret-t0ken' }
  await http.call('PUT', '/v1/queues/jobs', undefined, token)
  await http.call('PUT', '/v1/queues/jobs/metadata', { key: 's3cret-metadata' }, token)
  const posted = await http.call('POST', '/v1/queues/jobs/messages', [{ ttl: 300, body: 's3cret-b0dy' }], token)
  const claimed = await http.call('POST', '/v1/queues/jobs/claims', { ttl: 60, grace: 60 }, token)
  t.equal(claimed.json<MessageShape[]>()[0]?.body, 's3cret-b0dy')
  await http.call('POST', '/v1/queues/jobs/messages', { 's3cret-br0ken': 1 }, token)
  http.close()
  const { stdout, stderr } = await server.stop()

  const requests = lines(stderr).map(line => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request')
  t.equal(requests.length, 5)
  const line = requests.find(({ request_id: id }) => id === posted.headers['x-openstack-request-id'])
  t.match(line, { project: 'accounted', method: 'POST', path: '/v1/queues/jobs/messages', status: 201, bytes: Buffer.byteLength(posted.text) })
  t.type(line?.['ms'], 'number')
  for (const secret of SECRETS) t.notOk((stdout + stderr).includes(secret), `${secret} is nowhere`)
})
