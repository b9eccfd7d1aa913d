/** The drivers by name, each loaded when it is used, so that an unused backend is never loaded. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'
import type { ControlStore, DataStore, Stores } from './contract.ts'
import type { LmdbOptions } from './lmdb/options.ts'
import type { DriverOptions } from './options.ts'

/** What the drivers are told. */
export interface StorageOptions {
  readonly drivers: DriverOptions
  readonly 'drivers:message_store:lmdb': LmdbOptions
}

/** The sole right to serve a store, for a driver that has one server only. */
export interface Tenure {
  /** Leaves in order. */
  release(): Promise<void>
}

interface Driver {
  openData(clock: Clock): DataStore | Promise<DataStore>
  openControl(): ControlStore | Promise<ControlStore>
  /** Takes the store for this server, before any store is opened for requests. */
  takeTenure?(): Promise<Tenure>
}

const DRIVERS: Readonly<Record<DriverOptions['message_store'], (options: StorageOptions) => Promise<Driver>>> = {
  async lmdb({ 'drivers:message_store:lmdb': { path, durability } }) {
    const [{ openControl, openData }, { openEnvironment }, { takeTenure }] = await Promise.all([
      import('./lmdb/open.ts'), import('./lmdb/environment.ts'), import('./lmdb/tenure.ts'),
    ])
    const options = { path, durability }
    makeFolder(path)
    return {
      openData: clock => openData(options, clock),
      openControl: () => openControl(options),
      async takeTenure() {
        const env = await openEnvironment(options)
        const tenure = await takeTenure(env, path).catch(async (error: unknown) => {
          await env.close()
          throw error
        })
        return {
          async release() {
            await tenure.release()
            await env.close()
          },
        }
      },
    }
  },
  faulty: () => import('./faulty/faulty.ts'),
}

/** Opens the two stores that the options name. */
export async function openStores(options: StorageOptions, clock: Clock): Promise<Stores> {
  const [messages, queues] = await Promise.all([
    DRIVERS[options.drivers.message_store](options), DRIVERS[options.drivers.management_store](options),
  ])
  const [data, control] = await Promise.all([messages.openData(clock), queues.openControl()])
  return { data, control }
}

/** Takes the message store for one server, whatever the number of its processes. */
export async function takeTenure(options: StorageOptions): Promise<Tenure> {
  const driver = await DRIVERS[options.drivers.message_store](options)
  return (await driver.takeTenure?.()) ?? { release: async () => undefined }
}

/**
 * Makes a folder and those above it. Messages are nobody else's business on a shared machine. Level by level, since the recursive
 * form of Node never returns where a file system refuses without saying so, as /proc does.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
