/** Pools, flavors and the report of health in v1.1 and v2: api-v1.md 13.15 to 13.17, api-v2.md 3 and 11. */
import t, { type Test } from 'tap'
import { PATCH_TYPE } from '../../../lib/model/json-patch.ts'
import { openFaulty } from '../../../lib/storage/faulty/faulty.ts'
import { boot, PROJECT, type Service } from '../../helpers/boot.ts'
import { openPooled } from '../../storage/pooling/fixture.ts'

interface Admin extends Service {
  readonly folder: string
  readonly tick: (seconds: number) => void
  send(verb: string, path: string, body?: unknown): ReturnType<Service['call']>
}

/** A service of an administrator with pools in folders. */
async function admin(t: Test, pools: NonNullable<Parameters<typeof openPooled>[1]>['pools'] = {}): Promise<Admin> {
  const stores = await openPooled(t, { pools })
  const service = await boot(t, { stores, parts: { adminMode: true, pooling: true, pools: stores.pools } })
  return { ...service, folder: stores.folder, tick: stores.tick, send: (verb, path, body) => service.call(verb, path, body === undefined ? {} : { body: JSON.stringify(body) }) }
}

t.test('paths of administrators are there with what they need', async t => {
  for (const prefix of ['/v1.1', '/v2']) {
    for (const [adminMode, pooling, pools, health] of [[true, true, 200, 200], [true, false, 404, 200], [false, true, 404, 404]] as const) {
      const { call } = await boot(t, { parts: { adminMode, pooling } })
      t.equal((await call('GET', `${prefix}/pools`)).status, pools)
      t.equal((await call('GET', `${prefix}/flavors`)).status, pools)
      t.equal((await call('GET', `${prefix}/health`)).status, health)
      const { resources } = (await call('GET', prefix === '/v2' ? '/v2/' : prefix)).json<{ resources: Record<string, Record<string, unknown>> }>()
      t.same(['rel/pools', 'rel/pool', 'rel/flavors', 'rel/flavor'].filter(name => name in resources).length, pools === 200 ? 4 : 0)
      t.equal(resources['rel/health']?.['href'], health === 200 ? `${prefix}/health` : undefined)
    }
  }
})

t.test('pools in v1.1 have a flavor and links without an end, and a change answers nothing', async t => {
  const { send, folder } = await admin(t)
  t.equal((await send('GET', '/v1.1/pools')).text, '{"links":[],"pools":[]}')
  const uri = `lmdb://${folder}/one`
  t.equal((await send('PUT', '/v1.1/pools/one', { uri, weight: 10, group: 'g', options: {} })).status, 201)
  const listed = await send('GET', '/v1.1/pools?limit=1')
  t.same([listed.headers['content-location'], listed.text],
    ['/v1.1/pools?limit=1', `{"links":[{"rel":"next","href":"/v1.1/pools?limit=1&marker=one"}],"pools":[{"href":"/v1.1/pools/one","name":"one","weight":10,"uri":"${uri}","flavor":"g"}]}`])
  const shown = await send('GET', '/v1.1/pools/one')
  t.same([shown.headers['content-location'], shown.json<{ flavor: string }>().flavor], [undefined, 'g'])
  const patched = await send('PATCH', '/v1.1/pools/one', { weight: 5, flavor: 'f', color: 1 })
  t.same([patched.status, patched.text], [200, ''])
  t.match((await send('GET', '/v1.1/pools/one')).json(), { weight: 5, flavor: 'f' })
  const nothing = await send('PATCH', '/v1.1/pools/one', { color: 1 })
  t.same([nothing.status, nothing.json<{ description: string }>().description], [400, 'One of `uri`, `weight`,or `options` needs to be specified'])
  t.equal((await send('GET', '/v1.1/pools?limit=1000000')).status, 200, 'the limit has no range')
})

t.test('pools in v2 answer a change with what they are, and their limit has a range', async t => {
  const { send, folder } = await admin(t)
  const uri = `lmdb://${folder}/one`
  const put = await send('PUT', '/v2/pools/one', { uri, weight: 10, flavor: 'f', options: { a: 1 } })
  t.same([put.status, put.headers.location], [201, '/v2/pools/one'])
  t.equal((await send('PUT', '/v2/pools/one', { uri, weight: 10, group: 'f' })).status, 400, 'no other member')
  const patched = await send('PATCH', '/v2/pools/one', { weight: 5, flavor: '', group: 'x' })
  t.same([patched.status, patched.json()], [200, { href: '/v2/pools/one', name: 'one', weight: 5, uri, flavor: null }])
  t.same((await send('GET', '/v2/pools?detailed=True')).json<{ pools: unknown[] }>().pools, [{ href: '/v2/pools/one', name: 'one', weight: 5, uri, flavor: null, options: { a: 1 } }])
  t.equal((await send('GET', '/v2/pools')).headers['content-location'], '/v2/pools')
  for (const limit of ['0', '21', '-1']) t.equal((await send('GET', `/v2/pools?limit=${limit}`)).status, 400)
  const taken = await send('PUT', '/v2/pools/two', { uri, weight: 1 })
  t.same([taken.status, taken.text], [409, '{"description":"The database URI is in use by another pool.","title":"Resource conflict"}'])
  t.equal((await send('GET', '/v2/pools/two')).text, '{"description":"Pool two does not exist","title":"Not found"}')
  t.equal((await send('DELETE', '/v2/pools/two')).status, 204)
})

t.test('a flavor of v2 is a list of pools', async t => {
  const { send } = await admin(t, { a: {}, b: {} })
  t.equal((await send('GET', '/v2/flavors')).text, '{"links":[],"flavors":[]}')
  const put = await send('PUT', '/v2/flavors/gold', { pool_list: ['a', 'b'], capabilities: { x: 1 } })
  t.same([put.status, put.headers.location, put.text], [201, '/v2/flavors/gold', ''])
  const entry = { href: '/v2/flavors/gold', name: 'gold', pool_list: ['a', 'b'] }
  const { capabilities, ...shown } = (await send('GET', '/v2/flavors/gold')).json<{ capabilities: string[] }>()
  t.same(shown, entry)
  t.ok(capabilities.includes('CLAIMS'))
  t.same((await send('GET', '/v2/flavors')).json(), { links: [{ rel: 'next', href: '/v2/flavors?marker=gold' }], flavors: [entry] })
  t.same((await send('GET', '/v2/flavors?detailed=true')).json<{ flavors: unknown[] }>().flavors, [{ ...entry, capabilities }])
  t.equal((await send('GET', '/v2/pools/a')).json<{ flavor: string }>().flavor, 'gold')

  const forbidden = await send('DELETE', '/v2/pools/a')
  t.equal(forbidden.status, 204, 'there is another pool')
  t.equal((await send('DELETE', '/v2/pools/b')).status, 403, 'the last one stays')

  const patched = await send('PATCH', '/v2/flavors/gold', { pool_list: ['b'], capabilities: 'x' })
  t.same([patched.status, patched.json()], [200, { ...entry, pool_list: ['b'], capabilities }])
  const unknown = await send('PUT', '/v2/flavors/test-flavor', { pool_list: ['mypool'] })
  t.same(unknown.json(), { title: 'Unable to create', description: 'Flavor test-flavor could not be created, error:Pool mypool does not exist' })
  const empty = await send('PUT', '/v2/flavors/none', { pool_list: [] })
  t.same([empty.status, empty.json()], [400, { title: 'Unable to create', description: 'Bad Request' }])
  for (const body of [{}, { pool_list: 'b' }, { pool_list: null }, { pool_list: ['b'], x: 1 }, []]) t.equal((await send('PUT', '/v2/flavors/none', body)).status, 400, JSON.stringify(body))
  t.equal((await send('PATCH', '/v2/flavors/gold', { capabilities: {} })).status, 400)
  t.same((await send('GET', '/v2/flavors/none')).json(), { title: 'Not found', description: 'Flavor none does not exist' })
  t.equal((await send('GET', '/v2/flavors?limit=21')).status, 400)
  for (const round of [1, 2]) t.equal((await send('DELETE', '/v2/flavors/gold')).status, 204, `delete ${round}`)
  t.equal((await send('GET', '/v2/pools/b')).json<{ flavor: null }>().flavor, null, 'its pools are free')
})

t.test('a flavor of v1.1 is a group of pools', async t => {
  const { send } = await admin(t, { a: { group: 'fast' }, b: {} })
  t.equal((await send('GET', '/v1.1/flavors')).text, '{"links":[],"flavors":[]}')
  for (const [name, body] of [['one', { pool: 'fast' }], ['two', { pool_group: 'fast', capabilities: { x: 1.5 } }], ['three', { pool_list: ['b'], capabilities: {} }], ['four', { pool_list: null, capabilities: {} }]] as const) {
    const put = await send('PUT', `/v1.1/flavors/${name}`, body)
    t.same([put.status, put.headers.location], [201, `/v1.1/flavors/${name}`], name)
  }
  const entry = { href: '/v1.1/flavors/two', name: 'two', pool: 'fast', project: PROJECT }
  t.same((await send('GET', '/v1.1/flavors/two')).json(), entry)
  t.same((await send('GET', '/v1.1/flavors/two?detailed=true')).json(), { ...entry, capabilities: { x: 1.5 } })
  t.equal((await send('GET', '/v1.1/flavors?limit=2')).json<{ flavors: unknown[] }>().flavors.length, 2)
  for (const body of [{}, { capabilities: {} }, { pool: 1 }, { pool: 'fast', capabilities: 1 }, { pool: 'nowhere' }]) {
    t.equal((await send('PUT', '/v1.1/flavors/bad', body)).status, 400, JSON.stringify(body))
  }
  const patched = await send('PATCH', '/v1.1/flavors/two', { capabilities: {} })
  t.same([patched.status, patched.text], [200, ''])
  t.equal((await send('PATCH', '/v1.1/flavors/two', {})).status, 400)
  t.equal((await send('PATCH', '/v1.1/flavors/bad', { capabilities: {} })).status, 404)
  t.equal((await send('DELETE', '/v1.1/flavors/two')).status, 204)
})

t.test('a queue may ask for a flavor that exists', async t => {
  const { send, call } = await admin(t, { a: {}, b: { group: 'gold' } })
  await send('PUT', '/v2/flavors/gold', { pool_list: ['b'] })
  for (const prefix of ['/v1.1', '/v2']) {
    t.equal((await send('PUT', `${prefix}/queues/good`, { _flavor: 'gold' })).status, prefix === '/v1.1' ? 201 : 204)
    t.equal((await send('PUT', `${prefix}/queues/bad`, { _flavor: 'tin' })).text, '{"description":"Flavor tin does not exist","title":"Invalid API request"}')
  }
  t.equal((await send('POST', '/v2/queues/good/messages', { messages: [{ body: 1 }] })).status, 201)
  const patch = (value: string) => call('PATCH', '/v2/queues/good', { body: `[{"op":"replace","path":"/metadata/_flavor","value":"${value}"}]`, headers: { 'Content-Type': PATCH_TYPE } })
  t.equal((await patch('tin')).text, '{"description":"Flavor tin does not exist","title":"Invalid request body"}')
  t.equal((await patch('gold')).status, 200)
})

t.test('a dead-letter queue is made in the pool of its queue, and one in another pool is refused', async t => {
  const { send, tick } = await admin(t, { a: { weight: 0 }, b: { group: 'gold' } })
  await send('PUT', '/v2/flavors/gold', { pool_list: ['b'] })
  await send('PUT', '/v2/queues/work', { _flavor: 'gold', _max_claim_count: 1, _dead_letter_queue: 'work.dead' })
  await send('POST', '/v2/queues/work/messages', { messages: [{ body: 'x' }] })
  t.equal((await send('POST', '/v2/queues/work/claims', { ttl: 60 })).status, 201)
  tick(60)
  await send('POST', '/v2/queues/work/claims', { ttl: 60 })
  t.match((await send('GET', '/v2/queues/work.dead/messages?echo=true')).json(), { messages: [{ body: 'x' }] }, 'although no pool takes queues without a flavor')
  await send('PATCH', '/v2/pools/a', { weight: 1 })
  await send('PUT', '/v2/queues/elsewhere')
  const put = await send('PUT', '/v2/queues/work', { _dead_letter_queue: 'elsewhere' })
  t.same([put.status, put.json<{ description: string }>().description], [400, '_dead_letter_queue must lie in the same pool as the queue.'])
})

t.test('health is tried, store by store', async t => {
  const pooled = await admin(t, { a: {} })
  const shape = { storage_reachable: true, operation_status: { create_queue: { succeeded: true, seconds: Number, ref: null }, delete_queue: { succeeded: true } } }
  for (const prefix of ['/v1.1', '/v2']) {
    t.match((await pooled.send('GET', `${prefix}/health`)).json(), { catalog_reachable: true, a: shape })
    const { call } = await boot(t, { parts: { adminMode: true } })
    const alone = await call('GET', `${prefix}/health`)
    t.equal(alone.status, 200)
    t.match(alone.json(), shape)
    t.same(Object.keys(alone.json<{ operation_status: object }>().operation_status),
      ['create_queue', 'post_messages', 'claim_messages', 'list_messages', 'delete_messages', 'delete_claim', 'bulk_delete_messages', 'delete_queue'])
    t.equal((await call('GET', `${prefix}/health`, { headers: { Accept: 'application/xml' } })).status, 406)
    const ill = await boot(t, { stores: openFaulty(), parts: { adminMode: true } })
    const report = (await ill.call('GET', `${prefix}/health`)).json<{ storage_reachable: boolean; operation_status: { create_queue: { succeeded: boolean; ref: string } } }>()
    t.match(report, { storage_reachable: false, operation_status: { create_queue: { succeeded: false } } })
    t.match(JSON.stringify(ill.logged), report.operation_status.create_queue.ref, 'the reference is in the log')
  }
})
