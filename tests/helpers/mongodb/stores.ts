/** Stores on a MongoDB, for tests that open them without a server of ours around. */
import type { Test } from 'tap'
import type { Clock } from '../../../lib/clock.ts'
import type { Stores } from '../../../lib/storage/contract.ts'
import { openControl, openData } from '../../../lib/storage/mongodb/open.ts'
import { MONGODB_MESSAGE_OPTIONS, type MongodbMessageOptions } from '../../../lib/storage/mongodb/options.ts'
import { fixedTime } from '../../../lib/storage/mongodb/time.ts'
import type { MongoServer } from '../mongodb.ts'

/** The options as they are without a configuration, except where the database is. */
export function mongodbOptions(uri: string, database: string): MongodbMessageOptions {
  const defaults = Object.fromEntries(Object.entries(MONGODB_MESSAGE_OPTIONS).map(([name, option]) => [name, option.default])) as MongodbMessageOptions
  return { ...defaults, uri, database }
}

/** Any server will do for tests. */
export const ANY_SERVER = { unreliable: true } as const

/** Has a server keep everything there, as environment variables. */
export function mongodbEnvironment(uri: string, database: string): Record<string, string> {
  const stores = ['MESSAGE_STORE', 'MANAGEMENT_STORE']
  return Object.fromEntries(stores.flatMap(store => [
    [`MARCONI_DRIVERS__${store}`, 'mongodb'],
    [`MARCONI_DRIVERS_${store}_MONGODB__URI`, uri],
    [`MARCONI_DRIVERS_${store}_MONGODB__DATABASE`, database],
  ]))
}

/** Opens stores in a fresh database, with their own time or that of a clock. They are closed with the test. */
export async function openMongodb(t: Test, server: MongoServer, clock?: Clock): Promise<Stores> {
  return openMongodbAt(t, server.uri, server.database(t), clock)
}

/** Opens stores in a database, likewise. */
export async function openMongodbAt(t: Test, uri: string, database: string, clock?: Clock): Promise<Stores> {
  const options = mongodbOptions(uri, database)
  const [control, data] = await Promise.all([
    openControl(options, ANY_SERVER), openData(options, ANY_SERVER, clock === undefined ? undefined : fixedTime(clock)),
  ])
  t.teardown(() => Promise.all([control.close(), data.close()]))
  return { control, data }
}
