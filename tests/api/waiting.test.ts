/** Long polls, in every API version: what wakes them, who is served, and when they end. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { quotaOf } from '../../lib/quota/quota.ts'
import { boot, CLIENT, OTHER_CLIENT, PROJECT, type Answer, type BootOptions, type Service } from '../helpers/boot.ts'
import { until } from '../helpers/until.ts'

const VERSIONS = ['v1', 'v1.1', 'v2'] as const
type Version = (typeof VERSIONS)[number]

const TYPE = { 'Content-Type': 'application/json' }
const CLAIM = JSON.stringify({ ttl: 60, grace: 60 })
/** Longer than any test waits for what is to wake it. */
const LONG = 15

interface Shown {
  readonly href: string
  readonly body: number
}

/** A service and short ways to speak to it in one version. */
class Client {
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

async function start(t: Test, version: Version, options?: BootOptions): Promise<Client> {
  const service = await boot(t, options)
  await service.call('PUT', `/${version}/queues/jobs`)
  return new Client(service, version)
}

/** Lets requests come to wait: what is sent after has no way to be answered before them. */
async function waiting(): Promise<void> {
  await sleep(80)
}

/** Opens a connection, sends a request on it, and hangs up when it is told to. */
function dial({ service: { url } }: Client, path: string, verb: string, body = ''): { hangUp(): Promise<void> } {
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

for (const version of VERSIONS) {
  t.test(`${version}: a claim that waits is answered by a post`, async t => {
    const client = await start(t, version)
    const claim = client.claim(`wait=${String(LONG)}`)
    await waiting()
    await client.post([1, 2])
    const answer = await claim
    t.equal(answer.status, 201)
    t.same(client.bodies(answer), [1, 2])
    t.match(answer.headers.location, /\/claims\/[0-9a-f]{24}$/)
  })

  t.test(`${version}: a listing that waits is answered by a post, after its marker and not by what it posted itself`, async t => {
    const client = await start(t, version)
    await client.post([1])
    const first = await client.list('')
    const next = first.json<{ links: { href: string }[] }>().links[0]?.href ?? ''
    const marker = new URL(next, 'http://x').searchParams.get('marker') ?? ''
    const list = client.list(`marker=${marker}&wait=${String(LONG)}`)
    const echo = client.list(`marker=${marker}&echo=true&wait=${String(LONG)}`)
    await waiting()
    await client.post([2], { client: CLIENT })
    t.same(client.bodies(await echo), [2])
    await client.post([3])
    t.same(client.bodies(await list), [3])
  })

  t.test(`${version}: what is there is answered at once, and an empty wait ends as if there had been none`, async t => {
    const client = await start(t, version)
    for (const ask of [() => client.claim('wait=0.05'), () => client.claim('')]) {
      const answer = await ask()
      t.same([answer.status, answer.text], [204, ''])
    }
    const [waited, plain] = [await client.list('wait=0.05'), await client.list('')]
    t.same([waited.status, waited.text, waited.headers['content-type']], [plain.status, plain.text, plain.headers['content-type']])
    await client.post([1])
    t.same(client.bodies(await client.list(`wait=${String(LONG)}`)), [1])
    t.same(client.bodies(await client.claim(`wait=${String(LONG)}`)), [1])
  })

  t.test(`${version}: a claim that waits is woken by a release and by the end of another claim`, async t => {
    const client = await start(t, version)
    await client.post([1])
    const held = (await client.claim('')).headers.location ?? ''
    const [first, second] = [client.claim(`wait=${String(LONG)}`), client.claim(`wait=${String(LONG)}`)]
    await waiting()
    await client.service.call('DELETE', new URL(held, client.service.url).pathname)
    const answers = await Promise.race([first, second])
    t.same(client.bodies(answers), [1])
    client.service.clock.tick(60)
    t.same((await Promise.all([first, second])).map(answer => client.bodies(answer)), [[1], [1]])
  })

  t.test(`${version}: a wait that cannot be is refused`, async t => {
    const client = await start(t, version)
    const text = '{"description":"The \\"wait\\" parameter is invalid. The value must be a number of seconds from 0 to 20.","title":"Invalid parameter"}'
    for (const wait of ['-1', '20.001', 'soon', '1e1', 'NaN', '0x1', '1.', '.5']) {
      for (const answer of [await client.claim(`wait=${wait}`), await client.list(`wait=${wait}`)]) t.same([answer.status, answer.text], [400, text], wait)
    }
    for (const wait of ['', '0', '0.0']) t.equal((await client.claim(`wait=${wait}`)).status, 204)
    const off = await start(t, version, { limits: { max_wait: 0 } })
    t.match(await off.claim('wait=1'), { status: 400, text: /from 0 to 0\./ })
    t.equal((await off.claim('wait=0')).status, 204)
  })

  t.test(`${version}: who has hung up takes no message`, async t => {
    const client = await start(t, version)
    const dialled = Array.from({ length: 5 }, () => dial(client, `/${version}/queues/jobs/claims?wait=${String(LONG)}`, 'POST', CLAIM))
    await waiting()
    const last = client.claim(`wait=${String(LONG)}`)
    await waiting()
    await Promise.all(dialled.map(one => one.hangUp()))
    await until('the server has noticed', () => client.service.logged.filter(({ msg, path }) => msg === 'request' && path === `/${version}/queues/jobs/claims`).length >= 5)
    await client.post([7])
    t.same(client.bodies(await last), [7])
  })
}

for (const version of ['v1.1', 'v2'] as const) {
  t.test(`${version}: a pop that waits is answered by a post`, async t => {
    const client = await start(t, version)
    const pop = client.pop(`pop=2&wait=${String(LONG)}`)
    await waiting()
    await client.post([1, 2, 3])
    t.same(client.bodies(await pop), [1, 2])
    t.same(client.bodies(await client.list('')), [3])
    const empty = [await client.pop('pop=5'), await client.pop('pop=5&wait=0.05'), await client.pop('pop=5')]
    t.same(empty.map(answer => client.bodies(answer)), [[3], [], []])
    t.equal(empty[1]?.text, empty[2]?.text)
    t.equal((await client.pop('pop=5&wait=21')).status, 400)
  })

  t.test(`${version}: who waits for a queue that does not exist is answered when it comes to be`, async t => {
    const client = await start(t, version)
    const [claim, list] = [client.claim(`wait=${String(LONG)}`, { queue: 'later' }), client.list(`include_claimed=true&wait=${String(LONG)}`, { queue: 'later' })]
    await waiting()
    await client.post([1], { queue: 'later' })
    t.same((await Promise.all([claim, list])).map(answer => client.bodies(answer)), [[1], [1]])
  })
}

t.test('who waits while the queue is deleted is answered from the one that takes its place', async t => {
  const client = await start(t, 'v2')
  const claim = client.claim(`wait=${String(LONG)}`)
  await waiting()
  await client.service.call('DELETE', '/v2/queues/jobs')
  await client.post([1])
  t.same(client.bodies(await claim), [1])
})

t.test('the end of a delay wakes, and a delayed message wakes at once who asks for those', async t => {
  const client = await start(t, 'v2')
  const [claim, list, early] = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`), client.list(`include_delayed=true&wait=${String(LONG)}`)]
  await waiting()
  await client.post([1], { delay: 30 })
  t.same(client.bodies(await early), [1])
  const plain = await client.list('')
  t.same(client.bodies(plain), [])
  client.service.clock.tick(30)
  t.same(client.bodies(await Promise.race([claim, list])), [1])
  t.same(client.bodies(await claim), [1])
})

t.test('dead letters wake who waits for them, and who waits in their old queue gets what stands behind them', async t => {
  const client = await start(t, 'v2')
  const { service } = client
  await service.call('PUT', '/v2/queues/work', { body: JSON.stringify({ _max_claim_count: 1, _dead_letter_queue: 'dead' }), headers: TYPE })
  await service.call('PUT', '/v2/queues/dead')
  await client.post([1], { queue: 'work' })
  await client.claim('', { queue: 'work' })
  const dead = client.claim(`wait=${String(LONG)}`, { queue: 'dead' })
  const work = client.claim(`limit=1&wait=${String(LONG)}`, { queue: 'work' })
  await waiting()
  service.clock.tick(60)
  t.same(client.bodies(await dead), [1])
  await client.post([2], { queue: 'work' })
  t.same(client.bodies(await work), [2])
})

t.test('those who wait are served in the order in which they came, one for one message', async t => {
  const client = await start(t, 'v1')
  const order: string[] = []
  const waits: Promise<unknown>[] = []
  for (const who of ['a', 'b', 'c', 'd']) {
    waits.push(client.claim(`limit=1&wait=${String(LONG)}`).then(answer => { order.push(`${who}${String(client.bodies(answer)[0])}`) }))
    await waiting()
  }
  for (const no of [1, 2, 3, 4]) {
    await client.post([no])
    await until('one is served', () => order.length === no)
  }
  t.same(order, ['a1', 'b2', 'c3', 'd4'])
  await Promise.all(waits)
})

t.test('many who wait get each message once', async t => {
  const client = await start(t, 'v1')
  const got: number[] = []
  const claims = Array.from({ length: 40 }, async () => {
    for (let round = 0; round < 5; round++) got.push(...client.bodies(await client.claim(`limit=1&wait=${String(LONG)}`)))
  })
  for (let no = 0; no < 200; no += 4) await client.post([no, no + 1, no + 2, no + 3])
  await Promise.all(claims)
  t.same(got.sort((a, b) => a - b), Array.from({ length: 200 }, (_, no) => no))
})

t.test('a server that goes down answers all who wait, and cuts nobody off', async t => {
  const client = await start(t, 'v2')
  const waits = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`), client.pop(`pop=1&wait=${String(LONG)}`)]
  await waiting()
  const drained = client.service.server.drain(10_000)
  client.service.waiters.drain()
  const answers = await Promise.all(waits)
  t.same(answers.map(({ status, text }) => [status, text]), [[204, ''], [200, '{"messages":[],"links":[]}'], [200, '{"messages":[]}']])
  t.ok(answers.every(({ headers }) => headers.connection === 'close'))
  t.equal(await drained, true)
})

t.test('a wait outlives the time that a request may take to arrive', async t => {
  const client = await start(t, 'v1', { requestTimeout: 300 })
  const claim = client.claim(`wait=${String(LONG)}`)
  await sleep(2500)
  await client.post([1])
  t.same(client.bodies(await claim), [1])
})

t.test('a wait ends with the token behind it', async t => {
  const now = 1_000_000
  const expires = now + 100
  const client = await start(t, 'v2', { parts: {
    clock: { now: () => now, at: () => () => undefined },
    auth: { close: () => undefined, middleware: (ctx, next) => {
      ctx.state.identity = { user: null, caller: { project: PROJECT as never, user: null, roles: [], isAdminProject: false, expires } }
      return next()
    } },
  } })
  const began = performance.now()
  t.equal((await client.claim(`wait=${String(LONG)}`)).status, 204)
  const lasted = performance.now() - began
  t.ok(lasted >= 90 && lasted < 5000, `${lasted.toFixed()} ms`)
})

t.test('a project has only so many waits open, and others are not held up by it', async t => {
  const quotas = { of: (project: string) => quotaOf({ queues: 0, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: project === PROJECT ? 2 : 0 }) }
  const client = await start(t, 'v1.1', { parts: { quotas } })
  const waits = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`)]
  await waiting()
  const refused = await client.claim('wait=1')
  t.same([refused.status, refused.text], [429, '{"description":"At most 2 requests of one project may wait at once. Please try again later, or without \\"wait\\".","title":"Too many waits"}'])
  t.equal((await client.claim('')).status, 204, 'without waiting it is answered')
  t.equal((await client.service.call('GET', '/v1.1/queues/jobs/messages?wait=0.05', { project: 'other' })).status, 200)
  await client.post([1])
  await Promise.all(waits)
  t.equal((await client.claim('wait=0.05')).status, 204, 'there is room again')

  const crowded = await start(t, 'v1', { limits: { max_waits: 1 } })
  const only = crowded.claim(`wait=${String(LONG)}`)
  await waiting()
  t.equal((await crowded.service.call('GET', '/v1/queues/jobs/messages?wait=1', { project: 'other' })).status, 429)
  await crowded.post([1])
  t.same(crowded.bodies(await only), [1])
})

t.test('who hangs up while a claim is made for it loses nothing', async t => {
  const client = await start(t, 'v2')
  const { service } = client
  const claims = () => service.logged.filter(({ msg, path }) => msg === 'request' && path === '/v2/queues/jobs/claims')
  let released = 0
  for (let round = 0; round < 20; round++) {
    const dialled = dial(client, '/v2/queues/jobs/claims?limit=1&wait=10', 'POST', CLAIM)
    await waiting()
    await Promise.all([client.post([round]), sleep(round / 10).then(() => dialled.hangUp())])
    const [{ status } = {}] = await until('the claim is over', () => claims().length > round && claims().slice(-1))
    if (status === 201) service.clock.tick(60)
    else released++
    const popped = await until('the message is free', async () => {
      const found = client.bodies(await client.pop('pop=1'))
      return found.length > 0 && found
    })
    t.same(popped, [round])
  }
  t.comment(`${String(released)} of 20 were released, or never claimed`)
})
