/** The row about waiting: how long a message is on its way from the answer to its post to a claim, by waiting and by asking again and again. */
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeQueue } from './client.ts'
import type { Curve, How } from './curves.ts'
import { HEADERS } from './generator.ts'
import { median, quantile } from './numbers.ts'
import { startServer } from './processes.ts'

const CLAIMERS = 50
const POSTS_A_SECOND = 500
const WORKERS = 2
/** How long a claimer waits, in seconds, and how often one asks that does not, in milliseconds. */
const WAIT = 20
const POLL_MS = 100
const CLAIM = JSON.stringify({ ttl: 300, grace: 60 })

/** Measures both ways in turn, on a server of their own with two workers. */
export async function measureWaits(folder: string, { seconds, rounds, tell }: How): Promise<Curve> {
  const server = await startServer(join(folder, 'waits'), { workers: WORKERS })
  const slices: [number[][], number[][]] = [[], []]
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const [index, way] of (['polling', 'waiting'] as const).entries()) {
        const slice = await new Run(server.url, await makeQueue(server.url), way).measure(seconds)
        if (round > 0) slices[index]?.push(slice)
        tell(`post to claim, round ${round}, ${way}: ${quantile(slice, 0.5).toFixed(2)} ms p50, ${quantile(slice, 0.99).toFixed(2)} ms p99`)
      }
    }
  } finally {
    await server.stop()
  }
  const values = slices.map(each => median(each.map(slice => quantile(slice, 0.5))))
  const p99 = slices.map(each => quantile(each.flat(), 0.99))
  const ratios = (slices[1]).map((slice, round) => quantile(slice, 0.5) / quantile(slices[0][round] ?? [], 0.5))
  return {
    name: 'post to claim, by waiting', of: 'ms p50', labels: [`polling every ${POLL_MS} ms`, 'waiting'],
    values: [values[0] ?? NaN, values[1] ?? NaN], p99: [p99[0] ?? NaN, p99[1] ?? NaN], ratio: median(ratios), ratios,
  }
}

/** One slice. */
class Run {
  readonly #url: string
  readonly #path: string
  readonly #way: 'polling' | 'waiting'
  readonly #agent = new Agent({ keepAlive: true })
  /** When each post was answered, and when its message was with a claimer. */
  readonly #answered = new Map<number, number>()
  readonly #claimed = new Map<number, number>()
  #isOver = false

  constructor(url: string, queue: string, way: 'polling' | 'waiting') {
    this.#url = url
    this.#path = `/v1/queues/${queue}`
    this.#way = way
  }

  /** The milliseconds of each message. One that was claimed before its post was answered took none. */
  async measure(seconds: number): Promise<number[]> {
    const claimers = Array.from({ length: CLAIMERS }, () => this.#claim())
    await sleep(200)
    const total = Math.round(seconds * POSTS_A_SECOND)
    const began = performance.now()
    const posts: Promise<void>[] = []
    for (let no = 0; no < total; no++) {
      const early = began + no * 1000 / POSTS_A_SECOND - performance.now()
      if (early > 1) await sleep(early)
      posts.push(this.#post(no))
    }
    await Promise.all(posts)
    while (this.#claimed.size < total) await sleep(10)
    this.#isOver = true
    // One more for each, so that nobody waits to the end of its time.
    await Promise.all(Array.from({ length: CLAIMERS }, (_, no) => this.#post(total + no)))
    await Promise.all(claimers)
    this.#agent.destroy()
    return Array.from({ length: total }, (_, no) => Math.max(0, (this.#claimed.get(no) ?? Infinity) - (this.#answered.get(no) ?? 0)))
  }

  async #post(no: number): Promise<void> {
    const { status } = await this.#ask(`${this.#path}/messages`, `[{"ttl":300,"body":${no}}]`)
    if (status !== 201) throw new Error(`a post was answered with ${status}`)
    this.#answered.set(no, performance.now())
  }

  async #claim(): Promise<void> {
    const isWaiting = this.#way === 'waiting'
    while (!this.#isOver) {
      const { status, text } = await this.#ask(`${this.#path}/claims?limit=1${isWaiting ? `&wait=${WAIT}` : ''}`, CLAIM)
      const now = performance.now()
      if (status === 201) this.#claimed.set((JSON.parse(text) as { body: number }[])[0]?.body ?? NaN, now)
      else if (!isWaiting) await sleep(POLL_MS)
    }
  }

  #ask(path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#url + path, { method: 'POST', agent: this.#agent, headers: { ...HEADERS, 'content-length': body.length } }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => { text += part })
        answer.once('end', () => { resolve({ status: answer.statusCode ?? 0, text }) })
      })
      sent.once('error', reject)
      sent.end(body)
    })
  }
}
