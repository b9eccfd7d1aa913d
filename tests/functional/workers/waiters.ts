/**
 * Producers and workers of servers that share one store, where the workers wait with `wait` and hang up now and then, while one
 * server process may be killed: what became of each message, and whether anybody slept while messages were free.
 */
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { Http, idOf, type MessageShape, type Reply } from '../../helpers/http.ts'
import { until } from '../../helpers/until.ts'

const WORKERS = 12
const OBSERVERS = 4
const QUITTERS = 4
const PRODUCERS = 3
const CLIENT = '30387f0039da4a8b9d3f5a6f0e1c77aa'
/** How long a worker waits, in seconds: so long that whoever is not woken shows. */
const WAIT = 10
/** The longest time from the answer to a post until its message is with somebody, in milliseconds, on a machine that does other things too. */
const PATIENCE_MS = 4_000
const JOBS = '/v1/queues/jobs'

/** What is known of one message. */
interface Fate {
  posted: number
  taken: number
}

/** The clients, at work from when they are made until `end`. */
export class WaitingTraffic {
  readonly #urls: readonly string[]
  readonly #fates = new Map<string, Fate>()
  readonly #doubled: string[] = []
  readonly #running: Promise<void>[]
  readonly #producing: Promise<void>[]
  readonly #seen = Array.from({ length: OBSERVERS }, (): string[] => [])
  #isOver = false
  #isProducing = true
  /** Claims whose answer was lost, and how often somebody hung up. */
  brokenClaims = 0
  hangUps = 0

  /** Begins; it ends with the test, whatever becomes of that. */
  static async begin(t: Test, urls: readonly string[]): Promise<WaitingTraffic> {
    const http = new Http(urls[0] ?? '')
    await http.put(JOBS)
    http.close()
    const traffic = new WaitingTraffic(urls)
    t.teardown(() => {
      traffic.#isProducing = false
      traffic.#isOver = true
    })
    return traffic
  }

  private constructor(urls: readonly string[]) {
    this.#urls = urls
    const each = (count: number, run: (no: number) => Promise<void>) => Array.from({ length: count }, (_, no) => run(no))
    this.#running = [...each(WORKERS, no => this.#work(no)), ...each(OBSERVERS, no => this.#observe(no)), ...each(QUITTERS, no => this.#quit(no))]
    this.#producing = each(PRODUCERS, no => this.#produce(no))
  }

  /** How many messages were taken so far. */
  get taken(): number {
    return [...this.#fates.values()].filter(({ taken }) => taken > 0).length
  }

  get posted(): number {
    return [...this.#fates.values()].filter(({ posted }) => posted > 0).length
  }

  /** Ends the traffic and checks what was seen. `kills` server processes were killed on the way. */
  async check(t: Test, kills: number): Promise<void> {
    this.#isProducing = false
    await Promise.all(this.#producing)
    const http = new Http(this.#urls[0] ?? '')
    // A claim that was made for a connection that broke holds its messages: at most one for each.
    const open = () => [...this.#fates].filter(([, { posted, taken }]) => posted > 0 && taken === 0).map(([id]) => id)
    await until('nobody sleeps while messages are free', async () => {
      const { status, text } = await http.get(`${JOBS}/messages?echo=true`)
      if (status !== 204 && status !== 200) throw new Error(text)
      return status === 204
    }, PATIENCE_MS * 2)
    this.#isOver = true
    // Whoever waits still is woken by these.
    await until('all are woken', async () => {
      await http.post(`${JOBS}/messages`, [{ ttl: 300, body: 0 }])
      return Promise.race([Promise.all(this.#running).then(() => true), sleep(50).then(() => false)])
    })
    t.same(this.#doubled, [], `of ${String(this.posted)} messages, ${String(this.taken)} were taken, none twice`)
    const left = new Set((await http.list('jobs')).map(({ href }) => idOf(href)))
    t.same(open().filter(id => !left.has(id)), [], 'none is lost')
    t.ok(open().length <= this.brokenClaims + this.hangUps, `${String(open().length)} lie under claims of ${String(this.brokenClaims)} broken and ${String(this.hangUps)} ended connections`)
    const late = [...this.#fates.values()].filter(({ posted, taken }) => posted > 0 && taken > 0).map(({ posted, taken }) => taken - posted).sort((one, other) => one - other)
    const worst = late.at(-1) ?? Infinity
    t.comment(`from the answer to the post until the claim: median ${(late[late.length >> 1] ?? NaN).toFixed(1)} ms, worst ${worst.toFixed(1)} ms; ${String(kills)} killed`)
    t.ok(worst < PATIENCE_MS, 'nobody was left asleep')
    for (const seen of this.#seen) t.equal(new Set(seen).size, seen.length, `an observer saw ${String(seen.length)} messages, none twice`)
    http.close()
  }

  async #produce(no: number): Promise<void> {
    const http = this.#client(no)
    while (this.#isProducing) {
      const reply = await attempt(() => http.post(`${JOBS}/messages`, Array.from({ length: 1 + randomInt(3) }, () => ({ ttl: 300, body: no }))))
      if (reply?.status === 201) for (const href of reply.json<{ resources: string[] }>().resources) this.#fate(idOf(href)).posted = performance.now()
      await sleep(randomInt(30))
    }
    http.close()
  }

  /** Claims and deletes, and waits when there is nothing. */
  async #work(no: number): Promise<void> {
    const http = this.#client(no)
    while (!this.#isOver) {
      const reply = await attempt(() => http.post(`${JOBS}/claims?limit=1&wait=${String(WAIT)}`, { ttl: 300, grace: 60 }))
      if (reply === null) this.brokenClaims++
      if (reply?.status !== 201) continue
      for (const { href } of reply.json<MessageShape[]>()) {
        const fate = this.#fate(idOf(href))
        if (fate.taken > 0) this.#doubled.push(href)
        fate.taken = performance.now()
        await attempt(() => http.delete(href))
      }
    }
    http.close()
  }

  /** Pages through the queue, waiting at its end. Deleted messages may be missing, but nothing comes twice. */
  async #observe(no: number): Promise<void> {
    const http = this.#client(no)
    for (let path = `${JOBS}/messages?echo=true&include_claimed=true&limit=20`; !this.#isOver;) {
      const reply = await attempt(() => http.get(`${path}&wait=${String(WAIT)}`))
      if (reply?.status !== 200) continue
      const page = reply.json<{ messages: MessageShape[]; links: { href: string }[] }>()
      this.#seen[no]?.push(...page.messages.map(({ href }) => idOf(href)))
      path = page.links[0]?.href ?? path
    }
    http.close()
  }

  /** Begins to wait for a claim and hangs up, again and again. */
  async #quit(no: number): Promise<void> {
    const body = JSON.stringify({ ttl: 300, grace: 60 })
    while (!this.#isOver) {
      const { hostname, port } = new URL(this.#urls[no % this.#urls.length] ?? '')
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(`POST ${JOBS}/claims?limit=1&wait=${String(WAIT)} HTTP/1.1\r\nhost: x\r\nx-project-id: p1\r\nclient-id: ${CLIENT}\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`)
      await sleep(randomInt(60))
      socket.destroy()
      this.hangUps++
    }
  }

  #client(no: number): Http {
    return new Http(this.#urls[no % this.#urls.length] ?? '', { timeoutMs: (WAIT + 10) * 1000 })
  }

  #fate(id: string): Fate {
    const fate = this.#fates.get(id) ?? { posted: 0, taken: 0 }
    this.#fates.set(id, fate)
    return fate
  }
}

/** Null if the connection broke. */
async function attempt(ask: () => Promise<Reply>): Promise<Reply | null> {
  try {
    return await ask()
  } catch {
    await sleep(20)
    return null
  }
}
