/** Several servers on one database, one of them killed on the way, keep what one server keeps (decisions 31). */
import { MongoClient } from 'mongodb'
import t, { type Test } from 'tap'
import { mongo, type MongoServer } from '../helpers/mongodb.ts'
import { mongodbEnvironment, openMongodbAt } from '../helpers/mongodb/stores.ts'
import { missing } from '../helpers/require.ts'
import { startServer, temporaryFolder, type RunningServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { Outages } from './crash/outages.ts'
import { checkRace } from './workers/race.ts'
import { ALL_POSTS, checkSeen, Traffic } from './workers/traffic.ts'

const SERVERS = 4
/** Processes know the database's time to within half a round trip, which takes long on a busy machine. A claim lives for 1000 ms. */
const BLUR_MS = 100

const found = await mongo(t)
if (found.kind === 'ready' && 'process' in found) await tidyUpSoon(found.server.uri)

function test(title: string, run: (t: Test, server: MongoServer) => Promise<void>): void {
  void t.test(title, async t => {
    if (found.kind === 'missing') missing(t, 'mongodb', found.reason)
    else await run(t, found.server)
  })
}

/** Has the database give up soon what a process leaves behind that dies within a transaction; a genuine one keeps its minute, and posts wait. */
async function tidyUpSoon(uri: string): Promise<void> {
  const client = new MongoClient(uri)
  await client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 5 })
  await client.close()
}

/** How many requests a server has answered. */
function served({ log }: RunningServer): number {
  return log.filter(({ msg }) => msg === 'request').length
}

test('across four servers, one of them killed, each message is handed out once and observers miss nothing', async (t, { uri, database }) => {
  const env = mongodbEnvironment(uri, database(t))
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => startServer(t, { dataDir: temporaryFolder(t), env })))
  const outages = new Outages()
  const traffic = await Traffic.begin(servers.map(({ url }) => url), outages)
  await until('all servers are at work', () => traffic.acknowledgements > 200 && servers.every(server => served(server) > 50))
  const [victim, ...others] = servers
  if (victim === undefined) throw new Error('there are servers')
  await victim.kill()
  t.ok(traffic.acknowledgements < ALL_POSTS, `killed after ${String(traffic.acknowledgements)} of ${String(ALL_POSTS)} posts`)
  const seen = await traffic.end()
  await checkSeen(t, others[0]?.url ?? '', seen)
  t.same(outages.faults, [], `${String(outages.count)} requests were told to try again`)
  for (const server of others) t.equal((await server.stop()).code, 0)
  t.comment(`served by processes ${servers.map(({ pid }) => pid).join(', ')}; ${String(victim.pid)} was killed`)
})

test('processes that race for claims that run out are never given a message that a live claim holds', async (t, { uri, database }) => {
  const name = database(t)
  await checkRace(t, await openMongodbAt(t, uri, name), { driver: 'mongodb', uri, database: name }, BLUR_MS)
})
