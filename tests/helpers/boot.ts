/** A booted service over real sockets: a free port, a store of its own, a clock that is turned by hand. */
import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { pino } from 'pino'
import type { Test } from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { storageUnavailable } from '../../lib/errors.ts'
import { LIMIT_OPTIONS, type Limits } from '../../lib/model/limits.ts'
import { UNLIMITED } from '../../lib/quota/quota.ts'
import { Buckets, LeasedRate } from '../../lib/quota/rate.ts'
import { OpenWaits } from '../../lib/quota/waits.ts'
import { Waiters } from '../../lib/service/waiters.ts'
import type { Stores } from '../../lib/storage/contract.ts'
import type { PoolBackends } from '../../lib/storage/directory.ts'
import { createApp, type AppParts } from '../../lib/transport/http/app.ts'
import { noAuthentication } from '../../lib/transport/http/auth/none.ts'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import { CORS_OPTIONS, type CorsOptions } from '../../lib/transport/http/middleware/cors-options.ts'
import { listen, type Listening } from '../../lib/transport/http/server.ts'
import { HandClock } from './clock.ts'
import { openStores } from './stores.ts'

/** The limits as they are without a configuration. */
export const DEFAULT_LIMITS = Object.fromEntries(Object.entries(LIMIT_OPTIONS).map(([name, option]) => [name, option.default])) as Limits

/** No pools, and none can be reached. */
export const NO_POOLS: PoolBackends = {
  pools: async () => [],
  use: refuse,
  probe: refuse,
  capabilities: () => [],
}

function refuse(): Promise<never> {
  return Promise.reject(storageUnavailable('there are no pools', undefined))
}

/** An application without authentication, quotas and rates. */
export const DEFAULT_PARTS = {
  limits: DEFAULT_LIMITS,
  auth: noAuthentication(),
  policy: null,
  quotas: { of: () => UNLIMITED },
  rate: new LeasedRate(new Buckets(systemClock), systemClock),
  rateLimitStatus: '503',
  adminMode: false,
  clock: systemClock,
  signing: { secret_key: '' },
  checksums: false,
  canEncrypt: false,
  pools: NO_POOLS,
  pooling: false,
  cors: Object.fromEntries(Object.entries(CORS_OPTIONS).map(([name, option]) => [name, option.default])) as CorsOptions,
  versions: DIALECTS.map(({ id }) => id),
} as const

export const PROJECT = '5f1c'
export const CLIENT = '30387f0039da4a8b9d3f5a6f0e1c77aa'
export const OTHER_CLIENT = '5ab2c7de-0d15-4f5e-9d3e-7b6a6a9d2f10'

/** Nobody has waited yet in such an application. */
export function waitersOf({ stores, quotas = DEFAULT_PARTS.quotas, limits = DEFAULT_LIMITS }: Pick<AppParts, 'stores'> & Partial<Pick<AppParts, 'quotas' | 'limits'>>): Waiters {
  return new Waiters(stores, quotas, new OpenWaits().share(), limits)
}

/** What a call sends besides its method and path. */
export interface Given {
  readonly body?: string | Buffer
  readonly headers?: Record<string, string | string[]>
  /** `X-Project-ID`; null sends none. */
  readonly project?: string | null
  /** `Client-ID`; null sends none. */
  readonly client?: string | null
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Header names as they were on the wire. */
  readonly names: readonly string[]
  readonly text: string
  json<Shape>(): Shape
}

/** A booted service. */
export interface Service {
  readonly url: string
  readonly stores: Stores
  readonly clock: HandClock
  /** The lines of its log, parsed. */
  readonly logged: readonly Record<string, unknown>[]
  readonly server: Listening
  readonly waiters: Waiters
  call(verb: string, path: string, given?: Given): Promise<Answer>
  /** Writes bytes to a connection and answers all that comes until the server closes it. */
  raw(...bytes: readonly (string | Buffer)[]): Promise<string>
}

/** How to boot it, where not as usual. */
export interface BootOptions {
  readonly stores?: Stores
  readonly limits?: Partial<Limits>
  readonly requestTimeout?: number
  readonly bind?: string
  /** Parts of the application that shall not be as usual. */
  readonly parts?: Partial<AppParts>
}

/** Boots a service for one test, or for a file of them. It ends with the test. */
export async function boot(t: Test, options: BootOptions = {}): Promise<Service> {
  const clock = new HandClock()
  const stores = options.stores ?? await openStores(t, clock)
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { logged.push(JSON.parse(line) as Record<string, unknown>) } })
  const parts = { ...DEFAULT_PARTS, stores, log, limits: { ...DEFAULT_LIMITS, ...options.limits }, ...options.parts }
  const waiters = waitersOf(parts)
  const app = createApp({ waiters, ...parts })
  const server = await listen(app, { bind: options.bind ?? '127.0.0.1', port: 0, requestTimeout: options.requestTimeout ?? 10_000, log })
  const agent = new Agent({ keepAlive: true })
  t.teardown(async () => {
    agent.destroy()
    const drained = server.drain(1_000)
    waiters.drain()
    await drained
  })
  return {
    url: server.url, stores, clock, logged, server, waiters,
    call: (verb, path, given = {}) => call(server.url, agent, verb, path, given),
    raw: (...bytes) => raw(server.url, bytes),
  }
}

function call(url: string, agent: Agent, verb: string, path: string, given: Given): Promise<Answer> {
  const { body, project = PROJECT, client = CLIENT } = given
  const headers: Record<string, string | string[]> = { ...given.headers }
  if (project !== null) headers['X-Project-ID'] ??= project
  if (client !== null) headers['Client-ID'] ??= client
  if (body !== undefined && headers['Transfer-Encoding'] === undefined) headers['Content-Length'] ??= String(Buffer.byteLength(body))
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    // the path goes out as it is written, without an URL object tidying it up
    const sent = request({ hostname, port, method: verb, path, headers, agent }, res => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      res.on('error', reject)
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const names = res.rawHeaders.filter((_, index) => index % 2 === 0)
        resolve({ status: res.statusCode ?? 0, headers: res.headers, names, text, json: <Shape>() => JSON.parse(text) as Shape })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function raw(url: string, bytes: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname)
    socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    socket.on('error', () => { /* a reset is an end too */ })
    socket.on('close', () => { resolve(Buffer.concat(chunks).toString('utf8')) })
    for (const part of bytes) socket.write(part)
  })
}
