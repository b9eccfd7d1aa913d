/** Single requests: for what a row needs before it is measured, and to see what real answers look like. */
import { Agent, request } from 'node:http'
import { fire, HEADERS } from './generator.ts'
import type { Answer } from './koa.ts'
import { posting } from './traffic.ts'

/** Headers that Node writes on an answer by itself, so that a yardstick has them anyway. */
const NODES_OWN = new Set(['date', 'connection', 'keep-alive', 'content-length'])
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** Sends one request; the answer is as a yardstick needs it. */
export function ask(url: string, method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, agent, headers: { ...HEADERS, 'content-length': Buffer.byteLength(body) } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      response.on('error', reject)
      response.on('end', () => {
        const headers = Object.entries(response.headersDistinct).filter(([name]) => !NODES_OWN.has(name))
        resolve({ status: response.statusCode ?? 0, headers: headers.map(([name, values]) => [name, values?.join(', ') ?? ''] as const), body: text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends one request that must succeed. */
export async function must(url: string, method: string, path: string, body = ''): Promise<Answer> {
  const answer = await ask(url, method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
  return answer
}

let queues = 0

/** Makes a fresh queue. */
export async function makeQueue(url: string): Promise<string> {
  const queue = `bench-${String(++queues).padStart(4, '0')}`
  await must(url, 'PUT', `/v1/queues/${queue}`)
  return queue
}

/** Posts in one go, beside each other. */
const SEEDERS = 8
const BIG_POST = 200

/** Puts messages into a queue: `count`, rounded up to what the posts come to. A message has 1 KiB unless its text is given. */
export async function seed(url: string, queue: string, count: number, text?: string): Promise<void> {
  const size = Math.max(1, Math.min(BIG_POST, Math.ceil(count / SEEDERS)))
  const { failures } = await fire(posting(queue, size, text), {
    url, connections: SEEDERS, seconds: 0, amount: Math.max(SEEDERS, Math.ceil(count / size)),
  })
  if (failures > 0) throw new Error(`${failures} posts failed while ${queue} was filled`)
}

/** Closes what is kept open. */
export function closeClient(): void {
  agent.destroy()
}
