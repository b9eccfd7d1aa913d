/** HTTP calls to Keystone: connections that stay open, bounded in time and in size, made again while nobody answers. */
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import nodeFetch from 'node-fetch'
import type { KeystoneOptions } from './options.ts'

/** What is asked. */
export interface Question {
  readonly method: 'GET' | 'POST'
  /** Below the address of the server. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What was answered, whatever its status. */
export interface Reply {
  readonly status: number
  /** The value of a header, by its name in lower case. */
  header(name: string): string | null
  /** The body as JSON; null if it is none. */
  json(): unknown
}

/** Nobody gave a usable answer. Its message says why, without a word of what was asked. */
export class Unreachable extends Error {
  /** Whether it is worth trying again at once. */
  readonly isPassing: boolean

  constructor(message: string, kind: 'passing' | 'lasting') {
    super(message)
    this.isPassing = kind === 'passing'
  }
}

/** A client of Keystone. */
export interface IdentityClient {
  /** Asks the servers in turn, the one that answered last first, until one answers. Rejects with `Unreachable`. */
  ask(servers: readonly string[], question: Question): Promise<Reply>
  /** Makes an attempt, and makes it again as often as is configured while it fails with what may pass. */
  persist<Result>(attempt: () => Promise<Result>): Promise<Result>
  close(): void
}

/** What a client needs beside its options, for tests to replace. */
export type Fetch = typeof nodeFetch

/** Larger answers are none of Keystone's: a token with a large catalogue has some tens of kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024
const MAX_SOCKETS = 32
/** The pause before a call is made again for the first time; then it doubles. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/** Makes a client. Throws if a file of certificates cannot be read. */
export function identityClient(options: KeystoneOptions, fetch: Fetch = nodeFetch): IdentityClient {
  const agents = agentsOf(options)
  const calls = new Set<AbortController>()
  let isClosed = false
  let favourite = ''

  async function call(server: string, { method, path, headers = {}, body }: Question): Promise<Reply> {
    const controller = new AbortController()
    const timer = setTimeout(() => { controller.abort() }, options.http_connect_timeout * 1000)
    calls.add(controller)
    try {
      const answer = await fetch(server.replace(/\/+$/, '') + path, {
        method, signal: controller.signal, redirect: 'manual', size: MAX_BYTES,
        agent: ({ protocol }) => protocol === 'https:' ? agents.https : agents.http,
        headers: { Accept: 'application/json', 'User-Agent': 'marconi', ...headers },
        ...body === undefined ? {} : { body },
      })
      const text = await answer.text()
      return { status: answer.status, header: name => answer.headers.get(name), json: () => parse(text) }
    } finally {
      clearTimeout(timer)
      calls.delete(controller)
    }
  }

  return {
    async ask(servers, question) {
      let reply: Reply | Unreachable = new Unreachable('no address of Keystone is known', 'lasting')
      const order = servers.includes(favourite) ? [favourite, ...servers.filter(server => server !== favourite)] : servers
      for (const server of order) {
        reply = await call(server, question).catch((error: unknown) => unreachable(server, error))
        // Another server of the same Keystone may do better than one that is out of order.
        if (reply instanceof Unreachable || reply.status >= 500) continue
        favourite = server
        return reply
      }
      if (reply instanceof Unreachable) throw reply
      return reply
    },
    async persist(attempt) {
      for (let left = options.http_request_max_retries, pause = FIRST_PAUSE_MS; ; left--, pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        try {
          return await attempt()
        } catch (error) {
          if (left <= 0 || isClosed || !(error instanceof Unreachable) || !error.isPassing) throw error
        }
        await sleep(pause)
      }
    },
    close() {
      isClosed = true
      for (const controller of calls) controller.abort()
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

function agentsOf({ cafile, certfile, keyfile, insecure }: KeystoneOptions): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  const common = { keepAlive: true, maxSockets: MAX_SOCKETS }
  return {
    http: new HttpAgent(common),
    https: new HttpsAgent({
      ...common,
      rejectUnauthorized: !insecure,
      ...cafile === '' ? {} : { ca: readFileSync(cafile) },
      ...certfile === '' ? {} : { cert: readFileSync(certfile) },
      ...keyfile === '' ? {} : { key: readFileSync(keyfile) },
    }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Says what went wrong by a code or a kind, never by a text that might quote what was sent. */
function unreachable(server: string, error: unknown): Unreachable {
  const { code, type, name } = (error instanceof Error ? error : {}) as { readonly code?: unknown; readonly type?: unknown; readonly name?: unknown }
  // Whoever has waited that long is not made to wait again.
  if (name === 'AbortError') return new Unreachable(`${server}: no answer in time`, 'lasting')
  return new Unreachable(`${server}: ${String([code, type, name].find(each => typeof each === 'string'))}`, 'passing')
}
