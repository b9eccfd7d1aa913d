/** Pools and shards, for administrators (api-v1.md 10 and 11). */
import t, { type Test } from 'tap'
import { storageUnavailable } from '../../../lib/errors.ts'
import type { JsonText } from '../../../lib/model/json.ts'
import type { Project, QueueName } from '../../../lib/model/names.ts'
import type { PoolName } from '../../../lib/model/pool.ts'
import { boot, NO_POOLS, PROJECT, type Service } from '../../helpers/boot.ts'

const GOOD = { uri: 'mongodb://db.example.org:27017', weight: 100, options: { ssl: true } }

function uri(index: number): string {
  return `mongodb://db${index}.example.org`
}

interface Admin extends Service {
  send(verb: string, path: string, body?: unknown): ReturnType<Service['call']>
}

/** A service of an administrator, who reaches every store but those at `nowhere`. */
async function admin(t: Test, { pooling = true, adminMode = true } = {}): Promise<Admin> {
  const probe = async (at: string) => { if (at.includes('nowhere')) throw storageUnavailable('on purpose', undefined) }
  const service = await boot(t, { parts: { adminMode, pooling, pools: { ...NO_POOLS, probe } } })
  return {
    ...service,
    send: (verb, path, body) => service.call(verb, path, body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}

t.test('pools are there with admin_mode and pooling, shards with admin_mode, neither without', async t => {
  for (const [pooling, adminMode, pools, shards] of [[true, true, 200, 204], [false, true, 404, 204], [true, false, 404, 404]] as const) {
    const { send } = await admin(t, { pooling, adminMode })
    t.equal((await send('GET', '/v1/pools')).status, pools)
    t.equal((await send('GET', '/v1/shards')).status, shards)
  }
})

t.test('a pool is registered, shown, overwritten and removed', async t => {
  const { send } = await admin(t)
  for (const round of [1, 2]) {
    const put = await send('PUT', '/v1/pools/fast', { ...GOOD, weight: round })
    t.same([put.status, put.headers.location, put.text], [201, '/v1/pools/fast', ''])
  }
  const shown = await send('GET', '/v1/pools/fast')
  t.equal(shown.status, 200)
  t.equal(shown.headers['content-location'], '/v1/pools/fast')
  t.same(shown.json(), { href: '/v1/pools/fast', name: 'fast', weight: 2, uri: GOOD.uri })
  t.same((await send('GET', '/v1/pools/fast?detailed=true')).json(), { href: '/v1/pools/fast', name: 'fast', weight: 2, uri: GOOD.uri, options: { ssl: true } })
  for (const round of [1, 2]) t.equal((await send('DELETE', '/v1/pools/fast')).status, 204, `delete ${round}`)
  const missing = await send('GET', '/v1/pools/fast')
  t.same([missing.status, missing.json()], [404, { title: 'Not found', description: 'Pool fast does not exist' }])
})

t.test('a shard has no name and no group, and options come back as they were', async t => {
  const { send } = await admin(t)
  const put = await send('PUT', '/v1/shards/one', '{"uri":"mongodb://h","weight":5,"options":{"n":1.0}}')
  t.same([put.status, put.headers.location], [201, '/v1/shards/one'])
  t.same((await send('GET', '/v1/shards/one')).json(), { href: '/v1/shards/one', weight: 5, uri: 'mongodb://h' })
  t.match((await send('GET', '/v1/shards/one?detailed=true')).text, '"options":{"n":1.0}')
  await send('PUT', '/v1/shards/two', { uri: 'mongodb://i', weight: 1 })
  t.match((await send('GET', '/v1/shards/two?detailed=true')).text, '"options":{}')
  t.equal((await send('DELETE', '/v1/shards/two')).status, 204)
  t.same((await send('PUT', '/v1/shards/two', { uri: 'mongodb://h', weight: 1 })).status, 400, 'old clients take 409 for success')
})

t.test('what does not describe a pool is refused', async t => {
  const { send } = await admin(t)
  const bad = [
    ...[-1, 4_294_967_297, 'big', null, 1.5, true].map(weight => ({ ...GOOD, weight })),
    ...[-1, 4_294_967_297, [], 'localhost:27017', '', 'mongodb://', `mongodb://${'h'.repeat(255)}`].map(uri => ({ ...GOOD, uri })),
    ...[-1, 'wee', [], null].map(options => ({ ...GOOD, options })),
    { weight: 1 }, { uri: GOOD.uri }, {}, [], { ...GOOD, name: 'x' }, { ...GOOD, group: 'x' }, '{', '', '7', '"x"',
  ]
  for (const collection of ['pools', 'shards']) {
    for (const body of bad) {
      const answer = await send('PUT', `/v1/${collection}/p`, body)
      t.same([answer.status, answer.json<{ title: string }>().title, answer.headers.location], [400, 'Invalid request body', undefined], JSON.stringify(body))
    }
    t.equal((await send('GET', `/v1/${collection}/p`)).status, 404)
  }
  t.equal((await send('PUT', '/v1/pools/p', '{')).json<{ description: string }>().description, 'JSON could not be parsed.')
  t.equal((await send('PUT', '/v1/pools/p')).json<{ description: string }>().description, 'JSON could not be parsed.')
  t.equal((await send('PUT', `/v1/pools/${'p'.repeat(65)}`, GOOD)).status, 400)
  t.equal((await send('PUT', '/v1/pools/p%00', GOOD)).status, 400)
  for (const weight of [0, 4_294_967_295]) t.equal((await send('PUT', '/v1/pools/p', { ...GOOD, weight })).status, 201)
})

t.test('a store that cannot be reached is refused, without the password in its address', async t => {
  const { send, logged } = await admin(t)
  for (const path of ['/v1/pools/p', '/v1/shards/p']) {
    const answer = await send('PUT', path, { ...GOOD, uri: 'mongodb://ann:s3cr@t@nowhere/x?authSource=admin' })
    t.same([answer.status, answer.json<{ description: string }>().description], [400, 'cannot connect to mongodb://***@nowhere/x?authSource=admin'])
  }
  t.notMatch(JSON.stringify(logged), 's3cr')
})

t.test('two pools do not share an address', async t => {
  const { send } = await admin(t)
  await send('PUT', '/v1/pools/a', { ...GOOD, uri: uri(1) })
  await send('PUT', '/v1/pools/b', { ...GOOD, uri: uri(2) })
  for (const [verb, path, body] of [['PUT', '/v1/pools/c', { ...GOOD, uri: uri(1) }], ['PATCH', '/v1/pools/b', { uri: uri(1) }]] as const) {
    const answer = await send(verb, path, body)
    t.same([answer.status, answer.json()], [409, { title: 'Resource conflict', description: 'The database URI is in use by another pool.' }])
  }
  t.equal((await send('PUT', '/v1/pools/a', { ...GOOD, uri: uri(3) })).status, 201)
  t.equal((await send('PUT', '/v1/pools/c', { ...GOOD, uri: uri(1) })).status, 201)
})

t.test('a change names at least one member, and others are passed over', async t => {
  const { send } = await admin(t)
  await send('PUT', '/v1/pools/p', GOOD)
  for (const body of [{}, { name: 'x', foo: 1 }]) {
    const answer = await send('PATCH', '/v1/pools/p', body)
    t.same([answer.status, answer.json()], [400, { title: 'Invalid request body', description: 'One of `uri`, `weight`, or `options` needs to be specified' }])
  }
  for (const body of [{ weight: -1 }, { uri: 'x' }, { options: [] }, '{', undefined]) t.equal((await send('PATCH', '/v1/pools/p', body)).status, 400)
  const changed = await send('PATCH', '/v1/pools/p', { weight: 7, foo: 'x', group: 'ignored' })
  t.same([changed.status, changed.text], [200, ''])
  t.same((await send('GET', '/v1/pools/p?detailed=1')).json(), { href: '/v1/pools/p', name: 'p', weight: 7, uri: GOOD.uri, options: { ssl: true } })
  t.equal((await send('PATCH', '/v1/shards/p', { uri: uri(9), options: {} })).status, 200)
  t.match((await send('GET', '/v1/shards/p?detailed=1')).json(), { weight: 7, uri: uri(9), options: {} })
  t.equal((await send('PATCH', '/v1/pools/unknown', { weight: 7 })).status, 404)
  t.equal((await send('PATCH', '/v1/pools/p', { uri: 'mongodb://nowhere' })).status, 400)
})

t.test('pools are listed by name, page by page', async t => {
  const { send } = await admin(t)
  for (let index = 0; index < 12; index++) await send('PUT', `/v1/pools/p${index}`, { ...GOOD, uri: uri(index), weight: index })
  const first = await send('GET', '/v1/pools')
  const page = first.json<{ pools: { name: string }[]; links: { rel: string; href: string }[] }>()
  t.same(page.pools.map(({ name }) => name), ['p0', 'p1', 'p10', 'p11', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'])
  t.same(page.links, [{ rel: 'next', href: '/v1/pools?marker=p7' }])
  t.equal(first.headers['content-location'], '/v1/pools')
  t.same((await send('GET', '/v1/pools?limit=2&detailed=true&marker=p7')).json(), {
    links: [{ rel: 'next', href: '/v1/pools?limit=2&detailed=true&marker=p9' }],
    pools: [8, 9].map(index => ({ href: `/v1/pools/p${index}`, name: `p${index}`, weight: index, uri: uri(index), options: { ssl: true } })),
  })
  t.same((await send('GET', '/v1/pools?marker=p9&limit=3')).json(), { links: [{ rel: 'next', href: '/v1/pools?limit=3&marker=p9' }], pools: [] })
  t.equal((await send('GET', '/v1/pools?limit=100000000000000000000')).json<{ pools: unknown[] }>().pools.length, 12, 'no limit is too high')
  t.equal((await send('GET', '/v1/pools?limit=-3')).json<{ pools: unknown[] }>().pools.length, 0)
  t.equal((await send('GET', '/v1/pools?limit=x')).status, 400)
  t.equal((await send('GET', '/v1/pools?detailed=x')).status, 400)
  const shards = await send('GET', '/v1/shards?marker=p7&limit=5')
  t.same([shards.headers['content-location'], shards.json()], ['/v1/shards?marker=p7&limit=5', { shards: [8, 9].map(index => ({ href: `/v1/shards/p${index}`, weight: index, uri: uri(index) })) }])
})

t.test('an empty list of pools has one link, one of shards no body', async t => {
  const { send } = await admin(t)
  t.same((await send('GET', '/v1/pools')).json(), { links: [{ rel: 'next', href: '/v1/pools' }], pools: [] })
  t.same((await send('GET', '/v1/shards')).text, '')
})

t.test('a name of any characters leads back to its pool', async t => {
  const { send } = await admin(t)
  const put = await send('PUT', '/v1/pools/a%20%22%C3%A9%3F', GOOD)
  t.same([put.status, put.headers.location], [201, '/v1/pools/a%20%22%C3%A9%3F'])
  t.same((await send('GET', '/v1/pools/a%20%22%C3%A9%3F')).json<{ name: string; href: string }>(), { href: '/v1/pools/a%20%22%C3%A9%3F', name: 'a "é?', weight: 100, uri: GOOD.uri })
  t.match((await send('GET', '/v1/pools')).json(), { links: [{ href: '/v1/pools?marker=a%20%22%C3%A9%3F' }] })
  t.equal((await send('GET', '/v1/pools/a%2fb')).status, 404)
})

t.test('a pool that holds queues is not removed', async t => {
  const { send, stores } = await admin(t)
  await send('PUT', '/v1/pools/p', GOOD)
  const created = await stores.control.createQueue(PROJECT as Project, 'q' as QueueName, { metadata: '{}' as JsonText, pool: 'p' as PoolName, atMost: 1 })
  for (const path of ['/v1/pools/p', '/v1/shards/p']) {
    const refused = await send('DELETE', path)
    t.same([refused.status, refused.json()], [403, { title: 'Unable to delete', description: 'This pool holds 1 queue; drain it first.' }])
  }
  if (created !== null) await stores.control.removeQueue(created.record)
  t.equal((await send('DELETE', '/v1/pools/p')).status, 204)
})
