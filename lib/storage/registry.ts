/** The drivers by name, each loaded when it is used, so that an unused backend is never loaded. */
import { mkdirSync } from 'node:fs'
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
  openData(clock: Clock): DataStore
  openControl(): ControlStore
  /** Takes the store for this server, before any store is opened for requests. */
  takeTenure?(): Promise<Tenure>
}

const DRIVERS: Readonly<Record<DriverOptions['message_store'], (options: StorageOptions) => Promise<Driver>>> = {
  async lmdb({ 'drivers:message_store:lmdb': { path, durability } }) {
    const [{ openControl, openData }, { openEnvironment }, { takeTenure }] = await Promise.all([
      import('./lmdb/open.ts'), import('./lmdb/environment.ts'), import('./lmdb/tenure.ts'),
    ])
    const options = { path, durability }
    // Messages are nobody else's business on a shared machine.
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return {
      openData: clock => openData(options, clock),
      openControl: () => openControl(options),
      async takeTenure() {
        const env = openEnvironment(options)
        const tenure = await takeTenure(env, path)
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
  return { data: messages.openData(clock), control: queues.openControl() }
}

/** Takes the message store for one server, whatever the number of its processes. */
export async function takeTenure(options: StorageOptions): Promise<Tenure> {
  const driver = await DRIVERS[options.drivers.message_store](options)
  return (await driver.takeTenure?.()) ?? { release: async () => undefined }
}
