import { createHash } from 'node:crypto'
import type { ControlStore, DataStore } from '../contract.ts'
import { connect, type Connection, type Tolerance } from './client.ts'
import { makeIndexes, partitionsOf } from './collections.ts'
import { controlCollections, prepareControl, mongodbControl } from './control.ts'
import { mongodbData } from './data.ts'
import { guardFor } from './guard.ts'
import { watchLapses } from './lapses.ts'
import type { MongodbMessageOptions, MongodbOptions } from './options.ts'
import { Store } from './store.ts'
import { databaseTime, type StoreTime } from './time.ts'

const shared = new Map<string, { readonly connection: Promise<Connection>; users: number }>()

/** One connection pool a process for one address, whoever uses it. */
async function connectOnce(options: MongodbOptions, tolerance: Tolerance): Promise<Connection> {
  // Hashed, because the address may hold a password.
  const key = createHash('sha256').update(JSON.stringify({ ...options, database: '', ...tolerance })).digest('hex')
  const entry = shared.get(key) ?? { connection: connect(options, tolerance), users: 0 }
  shared.set(key, entry)
  entry.users++
  const leave = () => {
    if (--entry.users === 0) shared.delete(key)
    return entry.users === 0
  }
  try {
    const connection = await entry.connection
    return { ...connection, close: async () => { if (leave()) await connection.close() } }
  } catch (error) {
    leave()
    throw error
  }
}

/** Opens a message store and makes its indexes. `time` takes the place of the database's clock in tests. */
export async function openData(options: MongodbMessageOptions, tolerance: Tolerance, time?: StoreTime): Promise<DataStore> {
  const { client, abilities, close } = await connectOnce(options, tolerance)
  try {
    const partitions = partitionsOf(client, options.database, options.partitions)
    await makeIndexes(partitions)
    const storeTime = time ?? await databaseTime(client.db('admin'))
    const lapses = watchLapses(partitions, storeTime)
    const retries = { attempts: options.max_attempts, maxSleep: options.max_retry_sleep, jitter: options.max_retry_jitter }
    const store = new Store({ client, partitions, time: storeTime, lapses, hasTransactions: abilities.transactions }, retries)
    const about = `MongoDB ${abilities.version}, ${abilities.transactions ? 'with transactions and change streams' : 'a lone server without transactions and change streams'}`
    const data = mongodbData(store, guardFor(options), async () => {
      store.watches.close()
      lapses.close()
      storeTime.close()
      await close()
    })
    return { ...data, about }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens a control store and makes its indexes. */
export async function openControl(options: MongodbOptions, tolerance: Tolerance): Promise<ControlStore> {
  const { client, abilities, close } = await connectOnce(options, tolerance)
  try {
    const collections = controlCollections(client, options.database)
    await prepareControl(collections)
    return mongodbControl(client, collections, abilities.transactions, guardFor(options), close)
  } catch (error) {
    await close()
    throw error
  }
}
