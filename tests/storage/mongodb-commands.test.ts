/** What each operation costs on MongoDB, counted in commands and documents, and whether all of it is found by indexes. */
import { MongoClient } from 'mongodb'
import t, { type Test } from 'tap'
import type { QueueKey, Stores } from '../../lib/storage/contract.ts'
import { makeIndexes, partitionsOf } from '../../lib/storage/mongodb/collections.ts'
import { controlCollections, prepareControl, mongodbControl } from '../../lib/storage/mongodb/control.ts'
import { guardFor } from '../../lib/storage/mongodb/guard.ts'
import { mongodbData } from '../../lib/storage/mongodb/data.ts'
import { UNKNOWN_LAPSES, type Lapses } from '../../lib/storage/mongodb/lapses.ts'
import { Store } from '../../lib/storage/mongodb/store.ts'
import { databaseTime } from '../../lib/storage/mongodb/time.ts'
import { mongo } from '../helpers/mongodb.ts'
import { CommandLog, type Seen } from '../helpers/mongodb/commands.ts'
import { MongoProxy } from '../helpers/mongodb/proxy.ts'
import { mongodbOptions } from '../helpers/mongodb/stores.ts'
import { missing } from '../helpers/require.ts'
import { until } from '../helpers/until.ts'
import { BOB, claim, claimed, claimId, commit, EVERYTHING, FREE, messages, post, posted, queue, remove } from './contract/fixture.ts'

const found = await mongo(t)

/** What is known to have run out: nothing, or anything may have. */
const NOTHING_LAPSED: Lapses = { mayBeIn: () => false, follow: () => () => undefined, close: () => undefined }

interface Counted extends Stores {
  readonly at: QueueKey
  readonly client: MongoClient
  /** Where it is. */
  readonly database: string
  /** The commands of an action, each of which has to be found by an index. */
  commands(action: () => Promise<unknown>): Promise<string>
}

async function open(t: Test, uri: string, database: string, lapses: Lapses): Promise<Counted> {
  const client = await new MongoClient(uri, { monitorCommands: true, writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } }).connect()
  const partitions = partitionsOf(client, database, 2)
  const collections = controlCollections(client, database)
  await Promise.all([makeIndexes(partitions), prepareControl(collections)])
  const time = await databaseTime(client.db('admin'))
  const store = new Store({ client, partitions, time, lapses, hasTransactions: true }, { attempts: 100, maxSleep: 10, jitter: 5 })
  t.teardown(async () => {
    time.close()
    await client.close()
  })
  const nothing = () => Promise.resolve()
  const guarded = guardFor(mongodbOptions('', database))
  const stores = { control: mongodbControl(client, collections, true, guarded, nothing), data: mongodbData(store, guarded, nothing) }
  const log = new CommandLog(client)
  return {
    ...stores, client, database,
    at: await queue(stores),
    async commands(action) {
      const seen = await log.of(action)
      for (const command of seen) await checkPlans(t, log, command)
      return seen.map(({ name, returned }) => returned === 0 ? name : `${name} of ${String(returned)}`).join(', ')
    },
  }
}

/** What a read may look at to return so many documents (decisions 24). A genuine server stops there; the stand-in counts as if it did. */
const bound = (returned: number) => 3 * returned + 20

async function checkPlans(t: Test, log: CommandLog, command: Seen): Promise<void> {
  for (const { what, stages, examined } of await log.plansOf(command)) {
    const plan = `${what}: ${stages.join(', ')}`
    t.ok(stages.some(stage => /IXSCAN|IDHACK|EXPRESS/.test(stage)) && !stages.includes('COLLSCAN'), plan)
    if (command.command['limit'] === undefined) continue
    t.notOk(stages.includes('SORT'), 'what is limited is found in order')
    t.ok((examined ?? 0) <= bound(command.returned), `${String(examined)} entries of an index for ${String(command.returned)} documents`)
  }
}

/** A test on a queue that this process has posted to. */
function test(title: string, run: (t: Test, stores: Counted) => Promise<void>, lapses: Lapses = NOTHING_LAPSED): void {
  void t.test(title, async t => {
    if (found.kind === 'missing') {
      missing(t, 'mongodb', found.reason)
      return
    }
    const stores = await open(t, found.server.uri, found.server.database(t), lapses)
    await posted(stores, stores.at, messages(1))
    await run(t, stores)
  })
}

test('a post of one message is one write', async (t, { at, data, commands }) => {
  for (let turn = 0; turn < 3; turn++) t.equal(await commands(() => data.commit([post(at, messages(1))])), 'update')
})

test('a post of several messages is one write and the commit of its transaction', async (t, { at, data, commands }) => {
  await data.commit([post(at, messages(3))])
  for (let turn = 0; turn < 3; turn++) t.equal(await commands(() => data.commit([post(at, messages(10))])), 'insert, commitTransaction')
})

test('posts to one queue that wait for each other are combined', async (t, stores) => {
  const { at, commands } = stores
  t.equal(await commands(() => Promise.all(Array.from({ length: 100 }, () => posted(stores, at, messages(1))))), 'update, update')
})

test('a page is one read, of the documents that it shows', async (t, stores) => {
  const { at, data, commands } = stores
  await posted(stores, at, messages(50))
  t.equal(await commands(() => data.read(at, { ...FREE, limit: 10 })), 'find of 10')
  t.equal(await commands(() => data.read(at, { ...FREE, limit: 10, notFrom: BOB })), 'find of 10')
  t.equal(await commands(() => data.read(at, { ...EVERYTHING, limit: 10 })), 'find of 10')
  t.equal(await commands(() => data.read(at, { ...EVERYTHING, delayed: false, limit: 10 })), 'find of 10')
})

test('a page where claims may have run out is one read too', async (t, stores) => {
  const { at, data, commands } = stores
  await posted(stores, at, messages(50))
  t.equal(await commands(() => data.read(at, { ...FREE, limit: 10 })), 'aggregate of 10')
}, UNKNOWN_LAPSES)

test('messages are got by id with one read', async (t, stores) => {
  const { at, data, commands } = stores
  const ids = await posted(stores, at, messages(10))
  t.equal(await commands(() => data.get(at, ids)), 'find of 10')
  t.equal(await commands(() => data.get(at, ids.slice(0, 1))), 'find of 1')
})

test('a claim is one read and one write', async (t, stores) => {
  const { at, commands } = stores
  await posted(stores, at, messages(50))
  t.equal(await commands(() => claimed(stores, claim(at, { limit: 10 }))), 'find of 10, update')
})

test('a claim where others may have run out is one read and one write too', async (t, stores) => {
  const { at, commands } = stores
  await posted(stores, at, messages(50))
  t.equal(await commands(() => claimed(stores, claim(at, { limit: 10 }))), 'aggregate of 10, update')
}, UNKNOWN_LAPSES)

test('claims on one queue that wait for each other share their reads', async (t, stores) => {
  const { at, commands } = stores
  await posted(stores, at, messages(199))
  const seen = await commands(() => Promise.all(Array.from({ length: 20 }, () => claimed(stores, claim(at, { limit: 10 })))))
  t.equal((seen.match(/find/g) ?? []).length, 2)
  t.equal((seen.match(/update/g) ?? []).length, 20)
})

test('a claim reads once more only if others took some of what it had found', async (t, stores) => {
  const { at } = stores
  if (found.kind === 'missing') return
  await posted(stores, at, messages(14))
  const proxy = await MongoProxy.start(t, found.server.uri)
  const slow = await open(t, proxy.uri, stores.database, NOTHING_LAPSED)
  slow.client.once('commandSucceeded', () => { proxy.slow(Infinity) })
  let ids: readonly string[] = []
  const commands = slow.commands(async () => { ids = (await claimed(slow, claim(at, { limit: 10 }))).map(({ id }) => id) })
  await until('it has read', () => proxy.isSlow)
  const others = (await claimed(stores, claim(at, { limit: 5 }))).map(({ id }) => id)
  proxy.slow(0)
  t.equal(await commands, 'find of 10, update, find of 5')
  t.equal(new Set([...ids, ...others]).size, 10)
})

test('a claim is renewed, read and released with one command each', async (t, stores) => {
  const { at, data, commands } = stores
  await posted(stores, at, messages(9))
  const id = claimId()
  await claimed(stores, claim(at, { id, limit: 10 }))
  t.equal(await commands(() => data.claim(at, id)), 'find of 10')
  t.equal(await commands(() => commit(stores, { op: 'renew', at, claim: id, ttl: 100, grace: 60 })), 'update')
  t.equal(await commands(() => commit(stores, { op: 'release', at, claim: id })), 'update')
})

test('messages are deleted with one write, however many', async (t, stores) => {
  const { at, commands } = stores
  const ids = await posted(stores, at, messages(20))
  t.equal(await commands(() => commit(stores, remove(at, ids.slice(0, 1)))), 'update')
  t.equal(await commands(() => commit(stores, remove(at, ids.slice(1, 2), { kind: 'unclaimed' }))), 'update')
  t.equal(await commands(() => commit(stores, remove(at, ids.slice(2, 12)))), 'update')
  const id = claimId()
  const held = await claimed(stores, claim(at, { id, limit: 3 }))
  t.equal(await commands(() => commit(stores, remove(at, held.map(each => each.id), { kind: 'held_by', claim: id }))), 'update')
})

test('messages are popped with one read and one write', async (t, stores) => {
  const { at, commands } = stores
  await posted(stores, at, messages(20))
  t.equal(await commands(() => commit(stores, { op: 'pop', at, limit: 10 })), 'find of 10, update')
})

test('counting a queue is one read of one document', async (t, { at, data, commands }) => {
  t.equal(await commands(() => data.stats(at)), 'aggregate of 1')
})

test('a queue is looked up with one read and made with three commands', async (t, { at, control, commands }) => {
  t.equal(await commands(() => control.queue(at.project, at.queue)), 'find of 1')
  t.equal(await commands(() => control.listQueues(at.project, '', 10)), 'find of 1')
  t.equal(await commands(() => queue({ control }, 'new')), 'find, findAndModify, insert')
})

test('what is claimed and delayed in front costs nothing', async (t, stores) => {
  const { at, data, commands } = stores
  await posted(stores, at, messages(500, { delay: 600 }))
  await posted(stores, at, messages(500))
  for (let taken = 0; taken < 501; taken += 250) await claimed(stores, claim(at, { limit: 250 }))
  await posted(stores, at, messages(50))
  t.equal(await commands(() => data.read(at, { ...FREE, limit: 10 })), 'find of 10')
  t.equal(await commands(() => claimed(stores, claim(at, { limit: 10 }))), 'find of 10, update')
})
