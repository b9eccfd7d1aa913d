/** The proxy that plays a replica set's troubles does what it says, as the package `mongodb` sees it. */
import { MongoClient, type Collection, type Document } from 'mongodb'
import t, { type Test } from 'tap'
import { ownMongo, type OwnMongo } from '../helpers/mongodb.ts'
import { MongoProxy } from '../helpers/mongodb/proxy.ts'
import { missing } from '../helpers/require.ts'
import { until } from '../helpers/until.ts'

const own = await ownMongo(t)

interface Behind {
  readonly proxy: MongoProxy
  readonly rows: Collection<Document & { _id: number }>
  /** What the driver learned of the server's state, in order. */
  readonly states: readonly string[]
}

async function behind(t: Test, { server }: OwnMongo & { kind: 'ready' }): Promise<Behind> {
  const proxy = await MongoProxy.start(t, server.uri)
  const client = new MongoClient(proxy.uri, { heartbeatFrequencyMS: 500, serverSelectionTimeoutMS: 5_000 })
  t.teardown(() => client.close())
  const states: string[] = []
  client.on('serverDescriptionChanged', ({ newDescription }) => { states.push(newDescription.type) })
  await client.connect()
  return { proxy, rows: client.db(server.database(t)).collection('rows'), states }
}

/** A test that needs a server of its own. */
function test(title: string, run: (t: Test, behind: Behind) => Promise<void>): void {
  void t.test(title, async t => {
    if (own.kind === 'missing') {
      missing(t, 'mongodb', own.reason)
      return
    }
    await run(t, await behind(t, own))
  })
}

test('commands pass, and the driver knows no other address', async (t, { proxy, rows, states }) => {
  await rows.insertOne({ _id: 1 })
  t.same(await rows.find().toArray(), [{ _id: 1 }])
  t.equal(proxy.passed('insert'), 1)
  t.same(states, ['RSPrimary'])
})

test('a step-down is told at once and refuses writes, until an election', async (t, { proxy, rows, states }) => {
  await rows.insertOne({ _id: 1 })
  proxy.stepDown()
  await until('the driver knows', () => states.at(-1) === 'RSSecondary')
  const writing = rows.insertOne({ _id: 2 })
  proxy.elect()
  await writing
  t.same(states, ['RSPrimary', 'RSSecondary', 'RSPrimary'])
  t.equal(await rows.countDocuments(), 2)
})

test('what runs when the primary steps down fails, and is carried out once all the same', async (t, { proxy, rows }) => {
  proxy.slow(Infinity)
  const writing = rows.insertOne({ _id: 1 })
  proxy.slow(0)
  proxy.stepDown()
  proxy.elect()
  await writing
  t.equal(await rows.countDocuments(), 1)
})

test('a write whose answer is lost is sent again and carried out once', async (t, { proxy, rows }) => {
  await rows.insertOne({ _id: 1, n: 0 })
  const losses = proxy.lose(1, ({ name }) => name === 'update')
  await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } })
  t.equal(losses.count, 1)
  t.equal(proxy.passed('update'), 2)
  t.same(await rows.findOne(), { _id: 1, n: 1 })
})

test('a cut refuses connections until it is mended', async (t, { proxy, rows, states }) => {
  await rows.insertOne({ _id: 1 })
  await proxy.cut()
  await until('the driver knows', () => states.at(-1) === 'Unknown')
  const reading = rows.findOne()
  await proxy.mend()
  t.same(await reading, { _id: 1 })
})

test('a slow primary answers late', async (t, { proxy, rows }) => {
  proxy.slow(200)
  const before = performance.now()
  await rows.insertOne({ _id: 1 })
  t.ok(performance.now() - before >= 200)
})
