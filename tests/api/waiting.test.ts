/** Long polls, in every API version: what wakes them, and who is served. */
import t from 'tap'
import { CLIENT } from '../helpers/boot.ts'
import { until } from '../helpers/until.ts'
import { CLAIM, dial, LONG, start, TYPE, VERSIONS, waiting } from '../helpers/waiting.ts'

for (const version of VERSIONS) {
  t.test(`${version}: a claim that waits is answered by a post`, async t => {
    const client = await start(t, version)
    const claim = client.claim(`wait=${String(LONG)}`)
    await waiting(client, 1)
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
    await waiting(client, 2)
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
    await waiting(client, 2)
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
    await waiting(client, 5)
    const last = client.claim(`wait=${String(LONG)}`)
    await waiting(client, 6)
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
    await waiting(client, 1)
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
    await waiting(client, 2)
    await client.post([1], { queue: 'later' })
    t.same((await Promise.all([claim, list])).map(answer => client.bodies(answer)), [[1], [1]])
  })
}

t.test('who waits while the queue is deleted is answered from the one that takes its place', async t => {
  const client = await start(t, 'v2')
  const claim = client.claim(`wait=${String(LONG)}`)
  await waiting(client, 1)
  await client.service.call('DELETE', '/v2/queues/jobs')
  await client.post([1])
  t.same(client.bodies(await claim), [1])
})

t.test('the end of a delay wakes, and a delayed message wakes at once who asks for those', async t => {
  const client = await start(t, 'v2')
  const [claim, list, early] = [client.claim(`wait=${String(LONG)}`), client.list(`wait=${String(LONG)}`), client.list(`include_delayed=true&wait=${String(LONG)}`)]
  await waiting(client, 3)
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
  await waiting(client, 2)
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
    await waiting(client, waits.length)
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
