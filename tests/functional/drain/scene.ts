/** The scene of a pool that is drained while several workers serve its queues, and the drain is killed again and again (decisions 31). */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { Http, idOf, type MessageShape, type PageShape } from '../../helpers/http.ts'
import { manage, startManage } from '../../helpers/manage.ts'
import { Random } from '../../helpers/random.ts'
import { startServer, temporaryFolder, type RunningServer } from '../../helpers/server.ts'

/** Where the scene plays. */
export interface Place {
  /** Options of the server and of whoever drains, as environment variables, besides pooling and admin mode. */
  readonly env: Readonly<Record<string, string>>
  /** The address of a pool. */
  readonly uriOf: (dataDir: string, pool: string) => string
  /** How often the drain is killed, and after how many milliseconds at least and at most. */
  readonly kills: { readonly times: number; readonly after: readonly [number, number] }
  /** Whether a post may be told to try again: where processes race for the end of a queue, one may lose too often. */
  readonly refusals: 'none' | 'posts'
}

const PRODUCERS = 6
const CONSUMERS = 4
const OBSERVERS = 2
/** Queues that lie there, and their messages. */
const BULK = 30
const BULK_MESSAGES = 400

interface Body {
  readonly producer: number
  readonly no: number
}

/** What the clients saw. */
interface Run {
  readonly acknowledged: { readonly work: string[]; readonly feed: string[] }
  readonly handedOut: string[]
  /** Answers that should not have been. */
  readonly odd: string[]
  producing: boolean
  /** Whether all that will be posted is posted. */
  isPosted: boolean
}

async function produce(url: string, producer: number, run: Run, refusals: Place['refusals']): Promise<void> {
  const http = new Http(url)
  for (let no = 0; run.producing;) {
    const queue = no % 2 === 0 ? 'work' : 'feed'
    const bodies = Array.from({ length: 1 + no % 3 }, () => ({ producer, no: no++ }) satisfies Body)
    const reply = await http.post(`/v1/queues/${queue}/messages`, bodies.map(body => ({ ttl: 3600, body })))
    if (reply.status === 201) run.acknowledged[queue].push(...reply.json<{ resources: string[] }>().resources.map(idOf))
    else if (reply.status !== 503 || refusals === 'none') run.odd.push(`a post: ${String(reply.status)} ${reply.text}`)
    // So much that there is always something under way, and not so much that reading it all takes long.
    await sleep(10)
  }
  http.close()
}

async function consume(url: string, run: Run): Promise<void> {
  const http = new Http(url)
  for (;;) {
    const isLast = run.isPosted
    const claim = await http.post('/v1/queues/work/claims?limit=5', { ttl: 3600, grace: 60 })
    if (claim.status === 204 && isLast) break
    if (claim.status !== 201 && claim.status !== 204) run.odd.push(`a claim: ${String(claim.status)} ${claim.text}`)
    for (const { href } of claim.status === 201 ? claim.json<MessageShape[]>() : []) {
      run.handedOut.push(idOf(href))
      const removal = await http.delete(href)
      if (removal.status !== 204) run.odd.push(`a delete: ${String(removal.status)} ${removal.text}`)
    }
  }
  http.close()
}

/** Pages through the feed by its markers until nothing more comes. */
async function observe(url: string, run: Run): Promise<string[]> {
  const http = new Http(url)
  const seen: string[] = []
  for (let path = '/v1/queues/feed/messages?echo=true&limit=9'; ;) {
    const isLast = run.isPosted
    const reply = await http.get(path)
    if (reply.status === 200) {
      const page = reply.json<PageShape>()
      seen.push(...page.messages.map(({ href }) => idOf(href)))
      path = page.links[0]?.href ?? ''
    } else if (reply.status !== 204) run.odd.push(`a page: ${String(reply.status)} ${reply.text}`)
    else if (isLast) break
  }
  http.close()
  return seen
}

/** Starts to drain a pool and kills it after a while. */
async function drainAndKill(dataDir: string, pool: string, env: Place['env'], afterMs: number): Promise<NodeJS.Signals | null> {
  const { child, finished } = startManage(['pool', 'drain', pool, '--data-dir', dataDir], { env })
  const timer = setTimeout(() => { child.kill('SIGKILL') }, afterMs)
  const { signal } = await finished
  clearTimeout(timer)
  return signal
}

/** A server with queues that all lie in pool `a`. */
async function filled(t: Test, env: Place['env'], uriOf: Place['uriOf']): Promise<{ readonly server: RunningServer; readonly http: Http; readonly dataDir: string }> {
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, { dataDir, workers: 3, env })
  const http = new Http(server.url, { sockets: 8 })
  await http.put('/v1/pools/a', { uri: uriOf(dataDir, 'a'), weight: 1 })
  for (const queue of ['work', 'feed']) await http.put(`/v1/queues/${queue}`)
  await Promise.all(Array.from({ length: BULK }, async (_, index) => {
    await http.put(`/v1/queues/bulk${String(index)}`)
    await http.post(`/v1/queues/bulk${String(index)}/messages`, Array.from({ length: BULK_MESSAGES }, (_, body) => ({ ttl: 3600, body })))
  }))
  for (const pool of ['b', 'c']) await http.put(`/v1/pools/${pool}`, { uri: uriOf(dataDir, pool), weight: 1 })
  return { server, http, dataDir }
}

/** Plays it: clients of the pool lose nothing, get nothing twice, and see no queue out of order. */
export async function playDrain(t: Test, place: Place): Promise<void> {
  const env = { MARCONI_DEFAULT__POOLING: 'true', MARCONI_DEFAULT__ADMIN_MODE: 'true', ...place.env }
  const { server, http, dataDir } = await filled(t, env, place.uriOf)
  const { url } = server
  const random = new Random()
  t.comment(`MARCONI_TEST_SEED=${String(random.seed)}`)
  const run: Run = { acknowledged: { work: [], feed: [] }, handedOut: [], odd: [], producing: true, isPosted: false }
  const producers = Array.from({ length: PRODUCERS }, (_, producer) => produce(url, producer, run, place.refusals))
  const consumers = Array.from({ length: CONSUMERS }, () => consume(url, run))
  const observers = Array.from({ length: OBSERVERS }, () => observe(url, run))

  let kills = 0
  for (let kill = 0; kill < place.kills.times; kill++) if (await drainAndKill(dataDir, 'a', env, random.between(...place.kills.after)) === 'SIGKILL') kills++
  t.ok(kills > 0, `it was killed ${String(kills)} times`)
  t.match(await manage(['pool', 'drain', 'a', '--data-dir', dataDir], { env }), { code: 0, stdout: 'pool a holds no queues\n' })
  t.match(await manage(['pool', 'drain', 'b', '--data-dir', dataDir], { env }), { code: 0, stdout: 'pool b holds no queues\n' }, 'and another after it')
  run.producing = false
  await Promise.all(producers)
  run.isPosted = true
  await Promise.all(consumers)
  const seen = await Promise.all(observers)

  t.same(run.odd, [], 'every request was carried out')
  const { handedOut, acknowledged } = run
  t.equal(new Set(handedOut).size, handedOut.length, `${String(handedOut.length)} messages were handed out, none twice`)
  t.same([...handedOut].sort(), [...acknowledged.work].sort(), 'each job was handed out')
  t.same(await http.list('work'), [], 'and what was deleted is gone')
  const feed = await http.list('feed')
  const ids = feed.map(({ href }) => idOf(href))
  for (const [index, list] of seen.entries()) t.same(list, ids, `observer ${String(index)} saw all ${String(ids.length)} messages in order`)
  t.same([...ids].sort(), [...acknowledged.feed].sort(), 'nothing is lost and nothing is there twice')
  for (let producer = 0; producer < PRODUCERS; producer++) {
    const numbers = feed.map(({ body }) => body as Body).filter(body => body.producer === producer).map(({ no }) => no)
    t.same(numbers, [...numbers].sort((one, other) => one - other), `the order of producer ${String(producer)} is kept`)
  }
  const expected = Array.from({ length: BULK_MESSAGES }, (_, index) => index)
  for (let index = 0; index < BULK; index++) t.same((await http.list(`bulk${String(index)}`)).map(({ body }) => body), expected, `bulk${String(index)}`)

  const { stdout } = await manage(['pool', 'list', '--json', '--data-dir', dataDir], { env })
  t.same(stdout.trim().split('\n').map(line => JSON.parse(line) as { queues: number }).map(({ queues }) => queues), [0, 0, BULK + 2])
  http.close()
  const pids = [...new Set(server.log.filter(({ msg }) => msg === 'request').map(({ pid }) => Number(pid)))]
  t.ok(pids.length >= 3, `served by ${pids.join(', ')}`)
  await server.stop()
}
