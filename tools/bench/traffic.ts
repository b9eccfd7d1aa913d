/** What is sent in each row. */
import type autocannon from 'autocannon'
import type { Traffic } from './generator.ts'

const TTL = 3600
/** Text of a body such that the whole JSON value has 1 KiB. */
const KIB = 'x'.repeat(1024 - 2)

function pathOf(queue: string): string {
  return `/v1/queues/${queue}`
}

/** A post of `count` messages, each with a body of `text`. */
export function postBody(count: number, text = KIB): string {
  const message = `{"ttl":${TTL},"body":${JSON.stringify(text)}}`
  return `[${Array.from({ length: count }, () => message).join(',')}]`
}

/** Posts `count` messages at a time. */
export function posting(queue: string, count: number, text?: string): Traffic {
  return { requests: [{ method: 'POST', path: `${pathOf(queue)}/messages`, body: postBody(count, text) }], messages: count }
}

/** Reads the first ten messages. */
export function paging(queue: string): Traffic {
  return { requests: [{ method: 'GET', path: `${pathOf(queue)}/messages?limit=10&echo=true` }], messages: 10 }
}

/** What a connection remembers between the requests of a unit. */
interface Memory { deleting?: string; sent?: number[]; queue?: string }

const ID = /\/messages\/([0-9a-f]+)\?claim_id=/g

/** The path that deletes what a claim answered; undefined if it answered nothing. */
function deletionOf(queue: string, answer: string): string | undefined {
  const ids = Array.from(answer.matchAll(ID), ([, id]) => id)
  return ids.length === 0 ? undefined : `${pathOf(queue)}/messages?ids=${ids.join(',')}`
}

const CLAIM_BODY = '{"ttl":300,"grace":60}'

/** Claims ten messages and deletes them: one unit of two requests. */
export function working(queue: string): Traffic {
  let isOver = false
  const requests: autocannon.Request[] = [
    {
      method: 'POST', path: `${pathOf(queue)}/claims?limit=10`, body: CLAIM_BODY,
      onResponse(status, body, context: Memory) {
        const path = status === 201 ? deletionOf(queue, body) : undefined
        if (path === undefined) isOver = true
        else context.deleting = path
      },
    },
    { method: 'DELETE', setupRequest: deleteClaimed },
  ]
  return { requests, messages: 10, isOver: () => isOver }
}

function deleteClaimed(request: autocannon.Request, { deleting }: Memory): autocannon.Request {
  return { ...request, path: deleting ?? '/v1/queues/none/messages?ids=0' }
}

/** Claims ten messages and releases them, each connection in a queue of its own: a unit of two requests. */
export function holding(queues: readonly string[]): Traffic {
  let taken = 0
  const requests: autocannon.Request[] = [
    {
      method: 'POST', body: CLAIM_BODY,
      setupRequest(request, context: Memory) {
        context.queue ??= queues[taken++ % queues.length] ?? ''
        return { ...request, path: `${pathOf(context.queue)}/claims?limit=10` }
      },
      onResponse(_status, _body, context: Memory, headers) {
        context.deleting = locationIn(headers)
      },
    },
    { method: 'DELETE', setupRequest: deleteClaimed },
  ]
  return { requests, messages: 10 }
}

/** Header names are as they came. */
function locationIn(headers: unknown): string {
  const all = typeof headers === 'object' && headers !== null ? Object.entries(headers) : []
  return String(all.find(([name]) => name.toLowerCase() === 'location')?.[1] ?? '')
}

/** Claims ten messages, deletes them and posts ten new ones, so that the queue stays as deep as it is. Only the claim is timed. */
export function turning(queue: string, text: string): Traffic {
  const work = working(queue)
  return { ...work, requests: [...work.requests, ...posting(queue, 10, text).requests], timed: 0 }
}

const SENT = /"sent":([0-9.]+)/g

/**
 * Each connection is a producer and a consumer: it posts ten messages, one at a time, claims the ten oldest, whoever posted them,
 * and deletes them. So the queue neither runs empty nor grows. Latencies are those from a post to the answer of the deletion.
 */
export function flowing(queue: string): Traffic {
  const latencies: number[] = []
  let isOver = false
  const filler = 'x'.repeat(1024 - '{"sent":123456.12345,"fill":""}'.length)
  const post: autocannon.Request = {
    method: 'POST', path: `${pathOf(queue)}/messages`,
    setupRequest: request => ({ ...request, body: `[{"ttl":${TTL},"body":{"sent":${performance.now().toFixed(5)},"fill":"${filler}"}}]` }),
  }
  const requests: autocannon.Request[] = [
    ...Array.from({ length: 10 }, () => post),
    {
      method: 'POST', path: `${pathOf(queue)}/claims?limit=10`, body: CLAIM_BODY,
      onResponse(status, body, context: Memory) {
        const path = status === 201 ? deletionOf(queue, body) : undefined
        if (path === undefined) isOver = true
        else context.deleting = path
        context.sent = Array.from(body.matchAll(SENT), ([, time]) => Number(time))
      },
    },
    {
      method: 'DELETE', setupRequest: deleteClaimed,
      onResponse(_status, _body, { sent = [] }: Memory) {
        const now = performance.now()
        for (const time of sent) latencies.push(now - time)
      },
    },
  ]
  return { requests, messages: 10, latencies, isOver: () => isOver }
}
