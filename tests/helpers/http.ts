/** A small HTTP client with connections that stay open, for tests of running servers. */
import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** No test waits longer for an answer, unless it says so. */
const TIMEOUT_MS = 15_000

/** What came back. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  json<Shape>(): Shape
}

/** How the client presents itself. */
export interface HttpOptions {
  readonly project?: string
  readonly client?: string
  /** The most connections it opens; the rest of its requests wait. */
  readonly sockets?: number
  /** How long it waits for an answer. */
  readonly timeoutMs?: number
}

/** The server kept a client waiting. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A message in an answer. */
export interface MessageShape {
  readonly href: string
  readonly ttl: number
  readonly age: number
  readonly body: unknown
}

/** A page of messages. */
export interface PageShape {
  readonly messages: readonly MessageShape[]
  readonly links: readonly { readonly rel: string; readonly href: string }[]
}

/** The id in a link to a message or a claim. */
export function idOf(href: string): string {
  return href.split('?')[0]?.split('/').at(-1) ?? ''
}

/** One client of a server. */
export class Http {
  readonly #agent: Agent
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  /** Where the server listens. It may be set anew after a restart. */
  url: string

  constructor(url: string, { project = 'p1', client = '30387f0039da4a8b9d3f5a6f0e1c77aa', sockets = 1, timeoutMs = TIMEOUT_MS }: HttpOptions = {}) {
    this.url = url
    this.#timeoutMs = timeoutMs
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets })
    this.#headers = { 'X-Project-ID': project, 'Client-ID': client }
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path)
  }

  put(path: string, body?: unknown): Promise<Reply> {
    return this.call('PUT', path, body)
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.call('POST', path, body)
  }

  patch(path: string, body: unknown): Promise<Reply> {
    return this.call('PATCH', path, body)
  }

  delete(path: string): Promise<Reply> {
    return this.call('DELETE', path)
  }

  /** Sends a request. It rejects if the connection breaks before the whole answer is there: what became of it is unknown. */
  call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const { hostname, port } = new URL(this.url)
    const all = { ...this.#headers, ...body === undefined ? {} : { 'Content-Type': 'application/json' }, 'Content-Length': String(Buffer.byteLength(text)), ...headers }
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers: all, agent: this.#agent }, answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => { chunks.push(chunk) })
        answer.once('error', reject)
        answer.once('end', () => {
          const received = Buffer.concat(chunks).toString()
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: received, json: <Shape>() => JSON.parse(received) as Shape })
        })
      })
      sent.once('error', reject)
      sent.setTimeout(this.#timeoutMs, () => { sent.destroy(new NoAnswer(`no answer to ${method} ${path} within ${String(this.#timeoutMs)} ms`)) })
      sent.end(text)
    })
  }

  /** Reads a queue to its end by following the links; all messages, whoever posted or claimed them. */
  async list(queue: string, parameters = 'echo=true&include_claimed=true&limit=20'): Promise<MessageShape[]> {
    const messages: MessageShape[] = []
    for (let path = `/v1/queues/${queue}/messages?${parameters}`; ;) {
      const { status, text, json } = await this.get(path)
      if (status === 204) return messages
      if (status !== 200) throw new Error(`GET ${path}: ${String(status)} ${text}`)
      const page = json<PageShape>()
      messages.push(...page.messages)
      path = page.links[0]?.href ?? ''
    }
  }

  /** Closes its connections; answers that are still to come are lost. */
  close(): void {
    this.#agent.destroy()
  }
}
