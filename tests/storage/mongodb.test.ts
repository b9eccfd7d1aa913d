import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { MONGODB_MESSAGE_OPTIONS, type MongodbMessageOptions } from '../../lib/storage/mongodb/options.ts'
import { openControl, openData } from '../../lib/storage/mongodb/open.ts'
import { fixedTime } from '../../lib/storage/mongodb/time.ts'
import { HandClock } from '../helpers/clock.ts'
import { claimContract } from './contract/claims.ts'
import type { Open } from './contract/fixture.ts'
import { messageContract } from './contract/messages.ts'
import { queueContract } from './contract/queues.ts'
import { usageContract } from './contract/usage.ts'

const defaults = Object.fromEntries(Object.entries(MONGODB_MESSAGE_OPTIONS).map(([name, option]) => [name, option.default])) as MongodbMessageOptions
const uri = process.env['MARCONI_TEST_MONGODB'] ?? ''

const open: Open = async t => {
  const clock = new HandClock()
  const database = `t${randomBytes(6).toString('hex')}`
  const options = { ...defaults, uri, database }
  const control = await openControl(options, { unreliable: true })
  const data = await openData(options, { unreliable: true }, fixedTime(clock))
  t.teardown(async () => {
    await Promise.all([control.close(), data.close()])
    const client = await new MongoClient(uri).connect()
    for (const name of ['', '_messages_p0', '_messages_p1']) await client.db(database + name).dropDatabase()
    await client.close()
  })
  return { control, data, tick: seconds => { clock.tick(seconds) } }
}

queueContract(t, open)
messageContract(t, open)
claimContract(t, open)
usageContract(t, open)
