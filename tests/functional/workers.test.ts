/** What holds in one process holds across several that serve one store, also when one of them is killed (decisions 31). */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/clock.ts'
import type { JsonText } from '../../lib/model/json.ts'
import type { ClientId } from '../../lib/model/names.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { Http, idOf, NoAnswer, type MessageShape, type PageShape, type Reply } from '../helpers/http.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { queue } from '../storage/contract/fixture.ts'
import type { Handout } from './workers/racer.ts'

const RACER = fileURLToPath(new URL('workers/racer.js', import.meta.url))

interface Body {
  readonly producer: number
  readonly no: number
}

/** What many clients saw. */
interface Run {
  /** Of each queue, the messages whose post was acknowledged. */
  readonly acknowledged: { readonly work: string[]; readonly feed: string[] }
  readonly handedOut: string[]
  /** Requests whose answer was lost, by what they were. */
  readonly broken: { claim: number; delete: number }
  acknowledgements: number
  producing: boolean
}

const PRODUCERS = 16
const POSTS = 60
const CLAIM = 5

/** Sends a request; null if the connection broke. */
async function attempt(request: Promise<Reply>): Promise<Reply | null> {
  try {
    return await request
  } catch {
    return null
  }
}

async function produce(url: string, producer: number, run: Run): Promise<void> {
  const http = new Http(url)
  let no = 0
  for (let post = 0; post < POSTS; post++) {
    const queue = post % 2 === 0 ? 'work' : 'feed'
    const bodies = Array.from({ length: 1 + post % 3 }, () => ({ producer, no: no++ }) satisfies Body)
    const reply = await attempt(http.post(`/v1/queues/${queue}/messages`, bodies.map(body => ({ ttl: 3600, body }))))
    if (reply === null) continue
    if (reply.status !== 201) throw new Error(`a post was answered with ${String(reply.status)} ${reply.text}`)
    run.acknowledged[queue].push(...reply.json<{ resources: string[] }>().resources.map(idOf))
    run.acknowledgements++
  }
  http.close()
}

async function consume(url: string, run: Run): Promise<void> {
  const http = new Http(url)
  for (;;) {
    const isLast = !run.producing
    const claim = await attempt(http.post(`/v1/queues/work/claims?limit=${String(CLAIM)}`, { ttl: 300, grace: 60 }))
    if (claim === null) run.broken.claim++
    else if (claim.status === 201) await finish(claim.json<MessageShape[]>())
    else if (isLast) break
  }
  http.close()

  async function finish(messages: readonly MessageShape[]): Promise<void> {
    for (const { href } of messages) {
      run.handedOut.push(idOf(href))
      if (await attempt(http.delete(href)) === null) run.broken.delete++
    }
  }
}

/** Pages through the feed by its markers until nothing more comes. */
async function observe(url: string, run: Run): Promise<MessageShape[]> {
  const http = new Http(url)
  const seen: MessageShape[] = []
  for (let path = '/v1/queues/feed/messages?echo=true&limit=9'; ;) {
    const isLast = !run.producing
    const reply = await attempt(http.get(path))
    if (reply?.status === 200) {
      const page = reply.json<PageShape>()
      seen.push(...page.messages)
      path = page.links[0]?.href ?? ''
    } else if (reply?.status === 204 && isLast) break
  }
  http.close()
  return seen
}

function servingPids(server: RunningServer): number[] {
  return [...new Set(server.log.filter(({ msg }) => msg === 'request').map(({ pid }) => Number(pid)))]
}

t.test('across three workers, one of them killed, each message is handed out once and observers miss nothing', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 3 })
  const { url } = server
  const http = new Http(url)
  for (const queue of ['work', 'feed']) await http.put(`/v1/queues/${queue}`)

  const run: Run = { acknowledged: { work: [], feed: [] }, handedOut: [], broken: { claim: 0, delete: 0 }, acknowledgements: 0, producing: true }
  const observers = Array.from({ length: 3 }, () => observe(url, run))
  const consumers = Array.from({ length: 4 }, () => consume(url, run))
  const producers = Array.from({ length: PRODUCERS }, (_, producer) => produce(url, producer, run))
  const victim = await until('three workers have served', () => run.acknowledgements > 60 && servingPids(server).length >= 3 && (servingPids(server)[0] ?? null))
  process.kill(victim, 'SIGKILL')
  t.ok(run.acknowledgements < PRODUCERS * POSTS, `killed after ${String(run.acknowledgements)} acknowledged posts`)
  await Promise.all(producers)
  run.producing = false
  await Promise.all(consumers)
  const seen = await Promise.all(observers)

  const { handedOut, acknowledged, broken } = run
  t.equal(new Set(handedOut).size, handedOut.length, `${String(handedOut.length)} messages were handed out, none twice`)
  const left = (await http.list('work')).map(({ href }) => idOf(href))
  const known = new Set([...handedOut, ...left])
  t.same(acknowledged.work.filter(id => !known.has(id)), [], 'each acknowledged job was handed out or is still there')
  const stuck = left.filter(id => !handedOut.includes(id)).length
  t.ok(stuck <= broken.claim * CLAIM, `${String(stuck)} lie under ${String(broken.claim)} claims whose answer was lost`)
  t.ok(left.length - stuck <= broken.delete, 'what was deleted is gone')

  const feed = await http.list('feed')
  for (const [index, messages] of seen.entries()) t.same(messages.map(({ href }) => href), feed.map(({ href }) => href), `observer ${String(index)} saw all ${String(feed.length)} messages in order`)
  const stored = new Set(feed.map(({ href }) => idOf(href)))
  t.same(acknowledged.feed.filter(id => !stored.has(id)), [], 'nothing that was acknowledged is lost')
  for (let producer = 0; producer < PRODUCERS; producer++) {
    const numbers = feed.map(({ body }) => body as Body).filter(body => body.producer === producer).map(({ no }) => no)
    t.same(numbers, [...numbers].sort((one, other) => one - other), `the order of producer ${String(producer)} is kept`)
  }
  http.close()
  await server.stop()
  const pids = servingPids(server)
  t.comment(`served by ${pids.join(', ')}; ${String(victim)} was killed`)
  t.ok(pids.length >= 3 && pids.includes(victim), 'at least three processes served, the killed one among them')
})

t.test('a client that connects while a worker dies is answered or cut off, never left waiting', async t => {
  const server = await startServer(t, { dataDir: temporaryFolder(t), workers: 2 })
  const waiting: string[] = []
  let isOver = false
  let answers = 0
  const clients = Array.from({ length: 16 }, async () => {
    // A connection for each request: the moment between accepting one and handing it to a worker is the dangerous one.
    const http = new Http(server.url, { timeoutMs: 4000 })
    while (!isOver) {
      try {
        await http.call('GET', '/v1', undefined, { Connection: 'close' })
        answers++
      } catch (error) {
        if (error instanceof NoAnswer) waiting.push(error.message)
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    http.close()
  })
  for (let kill = 0; kill < 4; kill++) {
    const before = answers
    await until('clients are served', () => answers > before + 200)
    const [victim = -1] = server.workers().slice(kill % 2)
    process.kill(victim, 'SIGKILL')
    await until('the worker is replaced', () => server.replacements === kill + 1)
  }
  isOver = true
  await Promise.all(clients)
  t.same(waiting, [], `of ${String(answers)} requests`)
})

/** Starts racers and kills one on the way; answers all that they were given, until each message was given out often enough. */
async function race(t: Test, path: string, queue: unknown, messages: number): Promise<Handout[]> {
  const handouts: Handout[] = []
  const racers = Array.from({ length: 4 }, () => fork(RACER, [path, JSON.stringify(queue)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  t.teardown(() => { for (const racer of racers) racer.kill('SIGKILL') })
  await Promise.all(racers.map(racer => new Promise(resolve => { racer.once('message', resolve) })))
  for (const racer of racers) {
    racer.on('message', (handout: Handout) => { handouts.push(handout) })
    racer.send('go')
  }
  const ended = racers.map(racer => new Promise<number | null>(resolve => { racer.once('exit', resolve) }))
  const victim = await until('all racers have been given something', () => new Set(handouts.map(({ pid }) => pid)).size === racers.length && (racers[0] ?? null))
  victim.kill('SIGKILL')
  await until('each message has been given out five times', () => new Set(handouts.map(({ claim }) => claim)).size > messages * 2 && minimum(handouts) >= 5, 40_000)
  for (const racer of racers) if (racer !== victim) racer.send('stop')
  t.same(await Promise.all(ended), [null, 0, 0, 0], 'one was killed, the others ended in order')
  return handouts
}

function byMessage(handouts: readonly Handout[]): Map<string, Handout[]> {
  const found = new Map<string, Map<string, Handout>>()
  for (const handout of handouts) {
    for (const id of handout.ids) {
      const claims = found.get(id) ?? new Map<string, Handout>()
      found.set(id, claims.set(handout.claim, handout))
    }
  }
  return new Map([...found].map(([id, claims]) => [id, [...claims.values()].sort((one, other) => one.from - other.from)]))
}

function minimum(handouts: readonly Handout[]): number {
  return Math.min(...[...byMessage(handouts).values()].map(list => list.length))
}

t.test('processes that race for claims that run out are never given a message that a live claim holds', async t => {
  const path = temporaryFolder(t)
  const options = { path, durability: 'none' } as const
  const control = await openControl(options)
  const data = await openData(options, systemClock)
  t.teardown(() => Promise.all([control.close(), data.close()]))
  const stores = { control, data }
  const record = await queue(stores, 'races')
  const messages = Array.from({ length: 12 }, (_, no) => ({ body: String(no) as JsonText, ttl: 3600, delay: 0 }))
  await data.commit([{ op: 'post', at: record, client: 'a'.repeat(32) as ClientId, messages }])

  const handouts = await race(t, path, record, messages.length)
  const each = byMessage(handouts)
  t.equal(each.size, messages.length, 'each message was given out')
  const overlaps = [...each].flatMap(([id, list]) => list.flatMap((handout, index) => {
    const before = list[index - 1]
    return before !== undefined && before.until > handout.from ? [{ id, before, handout }] : []
  }))
  t.same(overlaps, [], `${String(new Set(handouts.map(({ claim }) => claim)).size)} claims of ${String(new Set(handouts.map(({ pid }) => pid)).size)} processes do not overlap`)
})
