/** The examples of the OpenAPI document are true: each of its requests is sent, and answered as it says. */
import t, { type Test } from 'tap'
import type { PoolBackends } from '../../lib/storage/directory.ts'
import { DIALECTS } from '../../lib/transport/http/dialects.ts'
import type { Exchange } from '../../lib/transport/http/openapi/description.ts'
import { describeService, sectionsOf, type Served, type Section } from '../../lib/transport/http/openapi/document.ts'
import type { Described } from '../../lib/transport/http/openapi/operation.ts'
import { CLAIM, CLIENT, FLAVOR, MESSAGE, POOL, PROJECT, QUEUE } from '../../lib/transport/http/openapi/examples.ts'
import { boot, DEFAULT_LIMITS, NO_POOLS, type Service } from '../helpers/boot.ts'
import { HandClock } from '../helpers/clock.ts'

const SERVED: Served = { dialects: DIALECTS, limits: DEFAULT_LIMITS, canEncrypt: false, adminMode: true, pooling: true, isAuthenticated: false }

/** What is done, in an order in which each example has what it needs. A number is the seconds that pass. */
const STORY: readonly (string | number)[] = [
  'getHome', 'ping',
  'createQueue', 'getQueue', 'putMetadata', 'getMetadata', 'patchMetadata', 'listQueues', 'shareQueue',
  'postMessages', 12, 'listMessages', 'getMessages', 'getMessage', 'getStats', 'getQuota',
  'createClaim', 'getClaim', 'renewClaim', 'deleteClaim', 'popMessages',
  'postMessages', 'deleteMessage', 'deleteMessages', 'purgeQueue', 'deleteQueue',
  'putShard', 'listShards', 'getShard', 'patchShard', 'deleteShard',
  'putPool', 'listPools', 'getPool', 'patchPool',
  'putFlavor', 'listFlavors', 'getFlavor', 'patchFlavor', 'deleteFlavor', 'deletePool', 'checkHealth',
]

/** The ids that are given in the course of the story, in place of those of the examples. */
class Ids {
  #message = MESSAGE
  #claim = CLAIM

  learn(location: string | undefined): void {
    this.#message = /ids=(\w+)/.exec(location ?? '')?.[1] ?? this.#message
    this.#claim = /claims\/(\w+)/.exec(location ?? '')?.[1] ?? this.#claim
  }

  actual(text: string): string {
    return text.replaceAll(MESSAGE, this.#message).replaceAll(CLAIM, this.#claim)
  }
}

/** Pools that are there, whatever their address, and offer what a folder does. */
const POOLS: PoolBackends = { ...NO_POOLS, probe: async () => undefined, capabilities: () => ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'] }

const VALUES: Readonly<Record<string, string>> = { queue: QUEUE, message: MESSAGE, claim: CLAIM, project: PROJECT, pool: POOL, flavor: FLAVOR }

function addressOf(prefix: string, path: string, query: Exchange['query']): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => VALUES[name] ?? name)
  return prefix + filled + (query === undefined ? '' : `?${new URLSearchParams(query)}`)
}

async function live(t: Test, { call }: Service, ids: Ids, { prefix }: Section, { action: { verb, path }, description }: Described): Promise<void> {
  const { query, body, status, answer } = description.example
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = description.body?.type === undefined ? {} : { 'Content-Type': description.body.type }
  const given = await call(verb, ids.actual(addressOf(prefix, path, query)), { ...text, headers, project: PROJECT, client: CLIENT })
  ids.learn(given.headers.location)
  t.equal(given.status, status, `${verb} ${prefix}${path}: ${given.text}`)
  if (answer !== undefined) t.same(given.json(), JSON.parse(ids.actual(JSON.stringify(answer))), `${verb} ${prefix}${path}`)
}

for (const { id } of DIALECTS) {
  t.test(`the examples of API version ${id} are true`, async t => {
    const service = await boot(t, {
      parts: { adminMode: true, pooling: true, signing: { secret_key: 'test' }, clock: new HandClock(), pools: POOLS },
    })
    const ids = new Ids()
    const sections = sectionsOf(SERVED).filter(({ prefix }) => prefix === '' || prefix === `/v${id}`)
    for (const step of STORY) {
      if (typeof step === 'number') service.clock.tick(step)
      else for (const section of sections) {
        for (const described of section.described) if (described.description.name === step) await live(t, service, ids, section, described)
      }
    }
    const told = new Set(STORY)
    t.same(sections.flatMap(({ described }) => described.map(({ description }) => description.name)).filter(name => !told.has(name)), [])
  })
}

t.test('a service answers with its own document', async t => {
  const { call } = await boot(t, { parts: { versions: ['2'] } })
  const { status, headers, text } = await call('GET', '/openapi.json', { client: null, project: null, headers: { Accept: 'text/html' } })
  t.same([status, headers['content-type']], [200, 'application/json'])
  t.equal(text, JSON.stringify(describeService({ ...SERVED, dialects: DIALECTS.slice(-1), adminMode: false, pooling: false })))
})
