/** What was acknowledged survives that the database is killed under load, and service goes on by itself when it is back. */
import t from 'tap'
import { ownMongo } from '../helpers/mongodb.ts'
import { missing } from '../helpers/require.ts'
import { Trouble } from './crash/trouble.ts'

const ROUNDS = 5

t.test('acknowledged messages, claims and deletes survive SIGKILL of the database, and clients are told to try again meanwhile', async t => {
  // With its sync option: without, the stand-in loses what a genuine server keeps.
  const own = await ownMongo(t, { durability: 'durable' })
  if (own.kind === 'missing') {
    missing(t, 'mongodb', own.reason)
    return
  }
  const trouble = await Trouble.begin(t, own.server.uri, own.server.database(t))
  await trouble.play(ROUNDS, async () => {
    await own.process.kill()
    await trouble.told()
    await own.process.start()
  })
  await trouble.end()
})
