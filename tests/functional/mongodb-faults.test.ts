/** What clients meet while a replica set has trouble, which a proxy plays on the wire. */
import t, { type Test } from 'tap'
import { ownMongo } from '../helpers/mongodb.ts'
import { MongoProxy } from '../helpers/mongodb/proxy.ts'
import { missing } from '../helpers/require.ts'
import { until } from '../helpers/until.ts'
import { Trouble } from './crash/trouble.ts'

const own = await ownMongo(t)

const TIMES = 2

function test(title: string, scene: (proxy: MongoProxy, trouble: Trouble, t: Test) => Promise<void>): void {
  void t.test(title, async t => {
    if (own.kind === 'missing') {
      missing(t, 'mongodb', own.reason)
      return
    }
    const proxy = await MongoProxy.start(t, own.server.uri)
    const trouble = await Trouble.begin(t, proxy.uri, own.server.database(t))
    await trouble.play(TIMES, () => scene(proxy, trouble, t))
    await trouble.end()
  })
}

test('while there is no primary, clients are told to try again; with a new one, service goes on', async (proxy, trouble) => {
  proxy.stepDown()
  await trouble.told()
  proxy.elect()
})

test('a change of the primary loses and doubles nothing', async (proxy, trouble) => {
  for (let change = 0; change < 5; change++) {
    proxy.stepDown()
    proxy.elect()
    await trouble.served()
  }
})

test('while the database is cut off, clients are told to try again; then service goes on', async (proxy, trouble) => {
  await proxy.cut()
  await trouble.told()
  await proxy.mend()
})

test('connections that break lose and double nothing', async (proxy, trouble) => {
  for (let reset = 0; reset < 5; reset++) {
    proxy.reset()
    await trouble.served()
  }
})

test('a primary that answers late is waited for', async (proxy, trouble, t) => {
  const before = trouble.outages
  proxy.slow(50)
  await trouble.served()
  proxy.slow(0)
  t.equal(trouble.outages, before, 'nobody was told to try again')
})

test('a primary that does not answer is not waited for', async (proxy, trouble) => {
  proxy.slow(Infinity)
  await trouble.told()
  proxy.slow(0)
})

test('commands whose answers are lost are neither lost nor doubled', async proxy => {
  for (const command of ['insert', 'update', 'commitTransaction', 'find']) {
    const losses = proxy.lose(5, ({ name }) => name === command)
    await until(`answers of ${command} are lost`, () => losses.count === 5)
  }
})
