/** A tiny identity server, for what a real Keystone cannot be made to do: break, be slow, refuse the service itself. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino, type Logger } from 'pino'
import type { Test } from 'tap'
import { KEYSTONE_OPTIONS, type KeystoneOptions } from '../../lib/transport/http/auth/options.ts'

/** A call it has had. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What it answers instead of what it would. `hang` never answers, `break` closes the connection. */
export type Instead = { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> } | 'hang' | 'break' | null

/** The server. It ends with the test. */
export class IdentityServer {
  /** All calls so far, in their order. */
  readonly calls: Call[] = []
  /** What it says of tokens that it knows. */
  readonly tokens = new Map<string, object>()
  /** The tokens of its own callers that it still accepts. */
  readonly accepted = new Set<string>()
  /** Replaces answers. */
  instead: (call: Call) => Instead | Promise<Instead> = () => null
  /** How long tokens that it gives out live, in seconds, from the moment that `now` says. */
  life = 3600
  now: () => number = () => performance.timeOrigin + performance.now()
  /** The catalogue it hands out; identity at its own address if left out. */
  catalog: readonly object[] | null = null
  #server: Server | null = null
  #issued = 0

  get url(): string {
    return `http://127.0.0.1:${String((this.#server?.address() as AddressInfo).port)}`
  }

  count(method: string, path: string): number {
    return this.calls.filter(call => call.method === method && call.path.split('?')[0] === path).length
  }

  get logins(): number {
    return this.count('POST', '/v3/auth/tokens')
  }

  get validations(): number {
    return this.count('GET', '/v3/auth/tokens')
  }

  async start(t: Test, make: (listener: RequestListener) => Server = createServer): Promise<this> {
    const server = make((req, res) => {
      let body = ''
      req.setEncoding('utf8').on('data', (part: string) => { body += part }).on('end', () => {
        void this.#answer({ method: req.method ?? '', path: req.url ?? '', headers: req.headers, body }).then(answer => {
          if (answer === 'break') req.socket.destroy()
          else if (answer !== 'hang' && answer !== null) res.writeHead(answer.status, answer.headers).end(answer.body ?? '')
        })
      })
    })
    this.#server = server
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => new Promise(resolve => {
      server.close(resolve)
      server.closeAllConnections()
    }))
    return this
  }

  async #answer(call: Call): Promise<Instead> {
    this.calls.push(call)
    const instead = await this.instead(call)
    if (instead !== null) return instead
    const { pathname } = new URL(call.path, 'http://x')
    if (pathname === '/') return json(300, { versions: { values: [{ id: 'v2.0' }, { id: 'v3.14', links: [{ rel: 'self', href: 'http://not-to-be-reached/v3/' }] }] } })
    if (pathname !== '/v3/auth/tokens') return { status: 404 }
    return call.method === 'POST' ? this.#login() : this.#validate(call)
  }

  #login(): Instead {
    const token = `own-${String(++this.#issued)}`
    this.accepted.add(token)
    const own = { type: 'identity', endpoints: [{ interface: 'internal', region: 'RegionOne', url: this.url }] }
    return json(201, { token: { expires_at: new Date(this.now() + this.life * 1000).toISOString(), catalog: this.catalog ?? [own] } }, { 'X-Subject-Token': token })
  }

  #validate({ headers }: Call): Instead {
    if (!this.accepted.has(String(headers['x-auth-token']))) return { status: 401 }
    const known = this.tokens.get(String(headers['x-subject-token']))
    return known === undefined ? { status: 404 } : json(200, { token: known })
  }
}

function json(status: number, body: object, headers: Record<string, string> = {}): Instead {
  return { status, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } }
}

/** What Keystone says of a token of a member of a project. */
export function description(over: object = {}): object {
  return {
    user: { id: 'u1', name: 'demo' }, project: { id: 'p1', name: 'demo' }, roles: [{ id: 'r1', name: 'member' }, { id: 'r2', name: 'reader' }],
    expires_at: '2099-01-01T00:00:00.000000Z', ...over,
  }
}

/** Options for a service that can log in there. */
export function keystoneOptions(url: string, over: Partial<KeystoneOptions> = {}): KeystoneOptions {
  const defaults = Object.fromEntries(Object.entries(KEYSTONE_OPTIONS).map(([name, option]) => [name, option.default])) as unknown as KeystoneOptions
  return {
    ...defaults, auth_url: [url], username: 'marconi', password: 'the-password', user_domain_id: 'default', project_name: 'service', project_domain_name: 'Default',
    http_request_max_retries: 0, ...over,
  }
}

/** A log, and its lines. */
export function memoryLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, log: pino({ level: 'trace' }, { write: (line: string) => { lines.push(line) } }) }
}
