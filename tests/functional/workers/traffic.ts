/**
 * Producers, consumers and observers of servers that share one store, while one of them may be killed: what they saw, and
 * whether it was right. Jobs in the queue `work` are to be handed out once each; the queue `feed` is read by its markers.
 */
import type { Test } from 'tap'
import { Http, idOf, type MessageShape, type PageShape, type Reply } from '../../helpers/http.ts'
import type { Outages } from '../crash/outages.ts'

interface Body {
  readonly producer: number
  readonly no: number
}

/** What many clients saw. */
interface Seen {
  /** Of each queue, the messages whose post was acknowledged. */
  readonly acknowledged: { readonly work: string[]; readonly feed: string[] }
  readonly handedOut: string[]
  /** What each observer read of the feed. */
  readonly feeds: readonly MessageShape[][]
  /** Requests whose answer was lost, by what they were. */
  readonly broken: { claim: number; delete: number }
}

const PRODUCERS = 16
const CONSUMERS = 4
const OBSERVERS = 3
const POSTS = 60
const CLAIM = 5

/** Posts that are sent in all. */
export const ALL_POSTS = PRODUCERS * POSTS

/** A client that goes on at the next server when its own breaks the connection. */
class Roamer {
  readonly #http: Http
  readonly #urls: readonly string[]
  readonly #outages: Outages | null
  #at: number

  constructor(urls: readonly string[], no: number, outages: Outages | null) {
    this.#urls = urls
    this.#outages = outages
    this.#at = no % urls.length
    this.#http = new Http(urls[this.#at] ?? '')
  }

  /** Sends a request; null if the connection broke, or the store could not be reached where that may be. */
  async attempt(method: string, path: string, body?: unknown): Promise<Reply | null> {
    try {
      const reply = await this.#http.call(method, path, body)
      return this.#outages?.note(reply) ? null : reply
    } catch {
      this.#at = (this.#at + 1) % this.#urls.length
      this.#http.url = this.#urls[this.#at] ?? ''
      return null
    }
  }

  close(): void {
    this.#http.close()
  }
}

/** The clients, at work from when they are made. */
export class Traffic {
  readonly #producers: Promise<unknown>
  readonly #consumers: Promise<unknown>
  readonly #observers: Promise<MessageShape[][]>
  readonly #acknowledged = { work: [] as string[], feed: [] as string[] }
  readonly #handedOut: string[] = []
  readonly #broken = { claim: 0, delete: 0 }
  #isProducing = true
  /** How many posts were acknowledged so far. */
  acknowledgements = 0

  /** Begins at servers on one store, in whose first both queues are made. Without `outages` the store must never be out of reach. */
  static async begin(urls: readonly string[], outages: Outages | null = null): Promise<Traffic> {
    const http = new Http(urls[0] ?? '')
    for (const queue of ['work', 'feed']) await http.put(`/v1/queues/${queue}`)
    http.close()
    return new Traffic(urls, outages)
  }

  private constructor(urls: readonly string[], outages: Outages | null) {
    const clients = <Result>(count: number, run: (client: Roamer, no: number) => Promise<Result>) => (
      Promise.all(Array.from({ length: count }, async (_, no) => {
        const client = new Roamer(urls, no, outages)
        const result = await run(client, no)
        client.close()
        return result
      }))
    )
    this.#observers = clients(OBSERVERS, client => this.#observe(client))
    this.#consumers = clients(CONSUMERS, client => this.#consume(client))
    this.#producers = clients(PRODUCERS, (client, no) => this.#produce(client, no))
  }

  /** What was seen, when everything was posted and read. */
  async end(): Promise<Seen> {
    await this.#producers
    this.#isProducing = false
    await this.#consumers
    return { acknowledged: this.#acknowledged, handedOut: this.#handedOut, broken: this.#broken, feeds: await this.#observers }
  }

  async #produce(client: Roamer, producer: number): Promise<void> {
    let no = 0
    for (let post = 0; post < POSTS; post++) {
      const queue = post % 2 === 0 ? 'work' : 'feed'
      const bodies = Array.from({ length: 1 + post % 3 }, () => ({ producer, no: no++ }) satisfies Body)
      const reply = await client.attempt('POST', `/v1/queues/${queue}/messages`, bodies.map(body => ({ ttl: 3600, body })))
      if (reply === null) continue
      if (reply.status !== 201) throw new Error(`a post was answered with ${String(reply.status)} ${reply.text}`)
      this.#acknowledged[queue].push(...reply.json<{ resources: string[] }>().resources.map(idOf))
      this.acknowledgements++
    }
  }

  async #consume(client: Roamer): Promise<void> {
    for (;;) {
      const isLast = !this.#isProducing
      const claim = await client.attempt('POST', `/v1/queues/work/claims?limit=${String(CLAIM)}`, { ttl: 300, grace: 60 })
      if (claim === null) this.#broken.claim++
      else if (claim.status === 201) await this.#finish(client, claim.json<MessageShape[]>())
      else if (isLast) return
    }
  }

  async #finish(client: Roamer, messages: readonly MessageShape[]): Promise<void> {
    for (const { href } of messages) {
      this.#handedOut.push(idOf(href))
      if (await client.attempt('DELETE', href) === null) this.#broken.delete++
    }
  }

  /** Pages through the feed by its markers until nothing more comes. */
  async #observe(client: Roamer): Promise<MessageShape[]> {
    const seen: MessageShape[] = []
    for (let path = '/v1/queues/feed/messages?echo=true&limit=9'; ;) {
      const isLast = !this.#isProducing
      const reply = await client.attempt('GET', path)
      if (reply?.status === 200) {
        const page = reply.json<PageShape>()
        seen.push(...page.messages)
        path = page.links[0]?.href ?? ''
      } else if (reply?.status === 204 && isLast) return seen
    }
  }
}

/** Checks what was seen: nothing handed out twice, nothing acknowledged lost, nothing missed, nothing out of order. */
export async function checkSeen(t: Test, url: string, { handedOut, acknowledged, broken, feeds }: Seen): Promise<void> {
  const http = new Http(url)
  t.equal(new Set(handedOut).size, handedOut.length, `${String(handedOut.length)} messages were handed out, none twice`)
  const left = (await http.list('work')).map(({ href }) => idOf(href))
  const known = new Set([...handedOut, ...left])
  t.same(acknowledged.work.filter(id => !known.has(id)), [], 'each acknowledged job was handed out or is still there')
  const stuck = left.filter(id => !handedOut.includes(id)).length
  t.ok(stuck <= broken.claim * CLAIM, `${String(stuck)} lie under ${String(broken.claim)} claims whose answer was lost`)
  t.ok(left.length - stuck <= broken.delete, 'what was deleted is gone')

  const feed = await http.list('feed')
  for (const [index, messages] of feeds.entries()) t.same(messages.map(({ href }) => href), feed.map(({ href }) => href), `observer ${String(index)} saw all ${String(feed.length)} messages in order`)
  const stored = new Set(feed.map(({ href }) => idOf(href)))
  t.same(acknowledged.feed.filter(id => !stored.has(id)), [], 'nothing that was acknowledged is lost')
  const certain = new Set(acknowledged.feed)
  for (let producer = 0; producer < PRODUCERS; producer++) {
    // What was not acknowledged may have been stored at any time.
    const numbers = feed.filter(({ href }) => certain.has(idOf(href))).map(({ body }) => body as Body).filter(body => body.producer === producer).map(({ no }) => no)
    t.same(numbers, [...numbers].sort((one, other) => one - other), `the order of producer ${String(producer)} is kept`)
  }
  http.close()
}
