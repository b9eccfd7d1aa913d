/** What a project may keep and how often it may ask holds for all workers of a real server together. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Http, type HttpOptions, type Reply } from '../helpers/http.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const WORKERS = 2
const RATE = 200
const BURST = 150
/** How many times its rate the busy project asks. */
const OVERLOAD = 5
const CONNECTIONS = 40
const FLOOD_MS = 3_000

function limits(given: Readonly<Record<string, number | string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [`MARCONI_QUOTAS__${name.toUpperCase()}`, String(value)]))
}

function start(t: Test, given: Readonly<Record<string, number | string>>): Promise<RunningServer> {
  return startServer(t, { dataDir: temporaryFolder(t), workers: WORKERS, env: limits(given) })
}

/** Clients with one connection each. */
function clients(t: Test, url: string, count: number, options: HttpOptions): readonly Http[] {
  const made = Array.from({ length: count }, () => new Http(url, options))
  t.teardown(() => { for (const http of made) http.close() })
  return made
}

/** Connects clients to a server, a tenth at least to each of its workers. What is asked for needs no token and counts for no rate. */
async function connected(t: Test, server: RunningServer, count: number, options: HttpOptions): Promise<readonly Http[]> {
  const answered = () => server.log.filter(({ path }) => path === '/').map(({ pid }) => pid)
  return until('each worker has a tenth of the connections', async () => {
    const before = answered().length
    const made = clients(t, server.url, count, options)
    await Promise.all(made.map(http => http.get('/')))
    const pids = await until('the log tells of all', () => answered().length === before + count && answered().slice(before))
    const shares = [...new Set(pids)].map(one => pids.filter(pid => pid === one).length)
    t.comment(`connections of the workers: ${shares.join(' and ')}`)
    return shares.length === WORKERS && Math.min(...shares) >= count / 10 && made
  })
}

/** One post of the flood. */
interface Posted {
  readonly no: number
  readonly reply: Reply
}

/** Each client posts at its own pace, whatever the answers are; a late one catches up. */
async function flood(made: readonly Http[], perSecond: number): Promise<{ readonly posts: readonly Posted[]; readonly seconds: number }> {
  const posts: Posted[] = []
  const began = performance.now()
  let no = 0
  let last = began
  await Promise.all(made.map(async (http, index) => {
    const everyMs = made.length * 1000 / perSecond
    for (let due = began + everyMs * index / made.length; due < began + FLOOD_MS; due += everyMs) {
      const early = due - performance.now()
      if (early > 0) await sleep(early)
      const mine = no++
      posts.push({ no: mine, reply: await http.post('/v1/queues/busy/messages', [{ ttl: 600, body: mine }]) })
      last = performance.now()
    }
  }))
  return { posts, seconds: (last - began) / 1000 }
}

t.test('a project that asks five times as often as it may gets its rate, and is told of all that is refused', async t => {
  const server = await start(t, { requests_per_second: RATE, burst: BURST })
  const made = await connected(t, server, CONNECTIONS, { project: 'busy' })
  const [other = new Http(server.url)] = clients(t, server.url, 1, { project: 'other' })
  await until('the queue is there', async () => (await made[0]?.put('/v1/queues/busy'))?.status === 201)
  await other.put('/v1/queues/busy')

  let isOver = false
  const flooding = flood(made, RATE * OVERLOAD).finally(() => { isOver = true })
  const waits: number[] = []
  while (!isOver) {
    const asked = performance.now()
    const { status } = await other.post('/v1/queues/busy/messages', [{ ttl: 600, body: 1 }])
    waits.push(performance.now() - asked)
    if (status !== 201) t.fail(`the other project got ${String(status)}`)
    await sleep(20)
  }
  const { posts, seconds } = await flooding

  const passed = posts.filter(({ reply }) => reply.status === 201)
  const refused = posts.filter(({ reply }) => reply.status !== 201).map(({ reply }) => reply)
  // One of the burst went for the queue; what the rate gave until the flood began filled it up again, or is within the 5 %.
  const expected = BURST + RATE * seconds
  const share = passed.length / expected
  t.comment(`${String(posts.length)} asked in ${seconds.toFixed(3)} s, ${String(passed.length)} passed of ${expected.toFixed(1)} expected: ${(share * 100).toFixed(2)} %`)
  t.ok(posts.length > expected * 2, 'far more was asked for')
  t.ok(Math.abs(share - 1) <= 0.05, 'burst + rate x seconds, within 5 %')

  const worst = [...waits].sort((one, two) => two - one)[0] ?? Infinity
  t.comment(`the other project asked ${String(waits.length)} times and waited ${worst.toFixed(1)} ms at most`)
  t.ok(waits.length > 20, 'the other project went on meanwhile')
  t.ok(worst < 1000, 'and did not wait')

  const text = `{"description":"The project may make ${String(RATE)} requests a second. Please try again in 1 second.","title":"Rate limit exceeded"}`
  t.same(new Set(refused.map(({ status, headers, text }) => `${String(status)} ${String(headers['retry-after'])} ${text}`)), new Set([`503 1 ${text}`]))

  const served = await until('the log tells of all', () => {
    const found = server.log.filter(({ path, project }) => path === '/v1/queues/busy/messages' && project === 'busy')
    return found.length === posts.length && found
  })
  t.equal(new Set(served.map(({ pid }) => pid)).size, WORKERS, 'each worker had a part in it')

  await server.stop()
  const [reader = new Http('')] = clients(t, (await server.restart(t, { env: {} })).url, 1, { project: 'busy' })
  const stored = (await reader.list('busy')).map(({ body }) => Number(body)).sort((one, two) => one - two)
  t.same(stored, passed.map(({ no }) => no).sort((one, two) => one - two), 'what was acknowledged is stored, what was refused is not')
})

t.test('with rate_limit_status = 429 a request beyond the rate gets that', async t => {
  const server = await start(t, { requests_per_second: 1, burst: 2, rate_limit_status: '429' })
  const made = clients(t, server.url, 8, { project: 'busy' })
  const answers = await Promise.all(made.map(http => http.get('/v1/queues')))
  const refused = answers.filter(({ status }) => status !== 204)
  t.ok(refused.length >= 5, `${String(refused.length)} of 8 were refused`)
  t.same(new Set(refused.map(({ status, headers }) => `${String(status)} ${String(headers['retry-after'])}`)), new Set(['429 1']))
})

/** Posts one message over each client at once, to several queues. */
async function postAll(made: readonly Http[], queues: number): Promise<{ readonly acknowledged: readonly number[]; readonly refused: readonly string[] }> {
  const answers = await Promise.all(made.map((http, no) => http.post(`/v1/queues/q${String(no % queues)}/messages`, [{ ttl: 600, body: no }])))
  return {
    acknowledged: answers.flatMap(({ status }, no) => status === 201 ? [no] : []),
    refused: answers.filter(({ status }) => status !== 201).map(({ status, text }) => `${String(status)} ${text}`),
  }
}

function tooMany(limit: number, used = limit): string {
  return `403 {"description":"The project may keep at most ${String(limit)} messages; it keeps ${String(used)}.","title":"Quota exceeded"}`
}

t.test('of a hundred posts at once to several queues exactly as many are stored as the project may keep', async t => {
  const server = await start(t, { messages: 50 })
  const queues = 3
  const made = await connected(t, server, 100, { project: 'p' })
  for (let queue = 0; queue < queues; queue++) await made[0]?.put(`/v1/queues/q${String(queue)}`)
  const { acknowledged, refused } = await postAll(made, queues)
  t.equal(acknowledged.length, 50)
  t.same([refused.length, new Set(refused)], [50, new Set([tooMany(50)])])
  const [reader = new Http('')] = made
  const stored: number[] = []
  for (let queue = 0; queue < queues; queue++) stored.push(...(await reader.list(`q${String(queue)}`)).map(({ body }) => Number(body)))
  t.same(stored.sort((one, two) => one - two), acknowledged)
})

t.test('a file of other limits for some projects is followed by every worker, and a bad one by none', async t => {
  const file = join(temporaryFolder(t), 'overrides.yaml')
  writeFileSync(file, 'small: {messages: 3}\n')
  const server = await start(t, { messages: 1000, overrides: file })
  const [small, large] = [await connected(t, server, 16, { project: 'small' }), clients(t, server.url, 16, { project: 'large' })]
  for (const made of [small, large]) await made[0]?.put('/v1/queues/q0')
  t.equal((await postAll(large, 1)).acknowledged.length, 16, 'others are held to what holds for all')
  const { acknowledged, refused } = await postAll(small, 1)
  t.same([acknowledged.length, new Set(refused)], [3, new Set([tooMany(3)])])

  let total = acknowledged.length
  async function followed(limit: number): Promise<void> {
    const began = performance.now()
    await until(`all say that the limit is ${String(limit)}`, async () => {
      const { acknowledged, refused } = await postAll(small, 1)
      total += acknowledged.length
      return refused.length === small.length && refused.every(text => text.includes(`at most ${String(limit)} messages`))
    })
    t.comment(`followed after ${((performance.now() - began) / 1000).toFixed(2)} s`)
  }

  writeFileSync(file, 'small: {messages: 6}\n')
  await followed(6)
  t.equal(total, 6)

  const complaints = () => server.log.filter(({ msg }) => msg === 'the file of quotas cannot be used; the former limits stay in force').map(({ pid }) => pid)
  writeFileSync(file, 'small: {messages: many}\n')
  await until('each worker complains', () => new Set(complaints()).size === WORKERS)
  t.same(new Set((await postAll(small, 1)).refused), new Set([tooMany(6)]), 'a bad file leaves the limits as they are')

  writeFileSync(file, 'small: {messages: 4}\n')
  await followed(4)
  t.equal(total, 6, 'a lower limit takes nothing away')
  t.equal(complaints().length, WORKERS, 'each worker complained once')
})
