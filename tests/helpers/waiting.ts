/** Speaking to a booted service that lets requests wait. */
import { connect } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.ts'
import { boot, CLIENT, OTHER_CLIENT, PROJECT, type Answer, type BootOptions, type Service } from './boot.ts'

/** The API versions, as in their paths. */
export const VERSIONS = ['v1', 'v1.1', 'v2'] as const
export type Version = (typeof VERSIONS)[number]

export const TYPE = { 'Content-Type': 'application/json' }
export const CLAIM = JSON.stringify({ ttl: 60, grace: 60 })
/** Longer than any test waits for what is to wake it, in seconds. */
export const LONG = 15

interface Shown {
  readonly href: string
  readonly body: number
}

/** A service and short ways to speak to it in one version. */
export class Client {
  readonly service: Service
  readonly version: Version

  constructor(service: Service, version: Version) {
    this.service = service
    this.version = version
  }

  async post(bodies: readonly number[], { queue = 'jobs', delay = 0, client = OTHER_CLIENT } = {}): Promise<void> {
    const messages = bodies.map(body => ({ ttl: 300, body, ...delay === 0 ? {} : { delay } }))
    const body = JSON.stringify(this.version === 'v1' ? messages : { messages })
    const { status, text } = await this.service.call('POST', `/${this.version}/queues/${queue}/messages`, { body, headers: TYPE, client })
    if (status !== 201) throw new Error(`a post was answered with ${String(status)} ${text}`)
  }

  claim(parameters: string, { queue = 'jobs', body = CLAIM } = {}): Promise<Answer> {
    return this.service.call('POST', `/${this.version}/queues/${queue}/claims?${parameters}`, { body, headers: TYPE })
  }

  list(parameters: string, { queue = 'jobs', client = CLIENT } = {}): Promise<Answer> {
    return this.service.call('GET', `/${this.version}/queues/${queue}/messages?${parameters}`, { client })
  }

  pop(parameters: string): Promise<Answer> {
    return this.service.call('DELETE', `/${this.version}/queues/jobs/messages?${parameters}`)
  }

  bodies(answer: Answer): number[] {
    if (answer.status === 204) return []
    const shown = answer.json<readonly Shown[] | { readonly messages: readonly Shown[] }>()
    return ('messages' in shown ? shown.messages : shown).map(({ body }) => body)
  }
}

/** Boots a service with a queue `jobs`. */
export async function start(t: Test, version: Version, options?: BootOptions): Promise<Client> {
  const service = await boot(t, options)
  await service.call('PUT', `/${version}/queues/jobs`)
  return new Client(service, version)
}

/** Resolves when so many requests wait. */
export async function waiting({ service: { waiters } }: Client, count: number): Promise<void> {
  await until(`${String(count)} requests wait`, () => waiters.open >= count)
}

/** Opens a connection, sends a request on it, and hangs up when it is told to. */
export function dial({ service: { url } }: Client, path: string, verb: string, body = ''): { hangUp(): Promise<void> } {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(`${verb} ${path} HTTP/1.1\r\nhost: x\r\nclient-id: ${CLIENT}\r\nx-project-id: ${PROJECT}\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`)
  return {
    hangUp: () => new Promise(resolve => {
      socket.once('close', () => { resolve() })
      socket.destroy()
    }),
  }
}
