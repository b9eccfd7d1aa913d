/** Pools on MongoDB are drained under load: from the embedded store, and between databases. */
import t, { type Test } from 'tap'
import { mongo, type MongoServer } from '../helpers/mongodb.ts'
import { mongodbEnvironment } from '../helpers/mongodb/stores.ts'
import { missing } from '../helpers/require.ts'
import { playDrain } from './drain/scene.ts'

const UNRELIABLE = { MARCONI_DEFAULT__UNRELIABLE: 'true' }

const found = await mongo(t)

function test(title: string, play: (t: Test, server: MongoServer) => Promise<void>): void {
  void t.test(title, async t => {
    if (found.kind === 'missing') missing(t, 'mongodb', found.reason)
    else await play(t, found.server)
  })
}

/** The address of a pool whose databases begin with `name`. */
function poolAt(uri: string, name: string): string {
  const [address = '', query] = uri.split('?')
  return `${address.replace(/([^/])\/?$/, '$1')}/${name}${query === undefined ? '' : `?${query}`}`
}

test('queues move from the embedded store to MongoDB and back out of it while clients use them', async (t, server) => {
  const name = server.database(t)
  const uriOf = (dataDir: string, pool: string) => pool === 'b' ? poolAt(server.uri, name) : `lmdb://${dataDir}/${pool}`
  await playDrain(t, { env: UNRELIABLE, uriOf, kills: { times: 4, after: [500, 3000] }, refusals: 'posts' })
})

test('queues move between databases while clients of several processes use them', async (t, server) => {
  const name = server.database(t)
  const uriOf = (_dataDir: string, pool: string) => poolAt(server.uri, `${name}_${pool}`)
  await playDrain(t, { env: { ...UNRELIABLE, ...mongodbEnvironment(server.uri, name) }, uriOf, kills: { times: 2, after: [3000, 9000] }, refusals: 'posts' })
})
