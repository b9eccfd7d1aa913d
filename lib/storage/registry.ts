/** The drivers by name, each loaded when it is used, so that an unused backend is never loaded. */
import type { Clock } from '../clock.ts'
import { MarconiError } from '../errors.ts'
import { Problems } from '../problems.ts'
import { cachedControl, REMEMBERED_MS, uncached } from './cache.ts'
import type { ControlStore, DataStore, Stores } from './contract.ts'
import type { PoolBackends } from './directory.ts'
import type { LmdbOptions } from './lmdb/options.ts'
import type { MongodbMessageOptions, MongodbOptions } from './mongodb/options.ts'
import type { DriverOptions } from './options.ts'
import { poolDrivers } from './pool-schemes.ts'
import { allPools } from './pooling/choice.ts'
import { pooledControl, type Placement } from './pooling/control.ts'
import { pooledData, type PooledParts } from './pooling/data.ts'
import { PoolStores } from './pooling/stores.ts'
import { HeldTenures, type Tenure, type Tenures } from './tenures.ts'

/** What the drivers are told. */
export interface StorageOptions {
  readonly DEFAULT: { readonly pooling: boolean; readonly unreliable: boolean }
  readonly drivers: DriverOptions
  readonly 'drivers:message_store:lmdb': LmdbOptions
  readonly 'drivers:message_store:mongodb': MongodbMessageOptions
  readonly 'drivers:management_store:mongodb': MongodbOptions
  readonly 'pooling:catalog': Placement
}

type StoreName = 'message store' | 'control store'

interface Driver {
  /** Several nodes may share the store: queues are remembered, to spare the way to it. */
  readonly isShared?: true
  openData(clock: Clock): DataStore | Promise<DataStore>
  openControl(): ControlStore | Promise<ControlStore>
  /** Takes the store for this server, before any store is opened for requests. */
  takeTenure?(): Promise<Tenure>
  /** Makes what one of the stores needs in its database, and checks what is there. Without it there is nothing to make. */
  sync?(store: StoreName): Promise<void>
}

const DRIVERS: Readonly<Record<DriverOptions['message_store'], (options: StorageOptions) => Promise<Driver>>> = {
  async lmdb({ 'drivers:message_store:lmdb': { path, durability } }) {
    const [{ openControl, openData }, { holdFolder, makeFolder }] = await Promise.all([import('./lmdb/open.ts'), import('./lmdb/folder.ts')])
    const options = { path, durability }
    makeFolder(path)
    return {
      openData: clock => openData(options, clock),
      openControl: () => openControl(options),
      takeTenure: () => holdFolder(options),
    }
  },
  async mongodb({ DEFAULT, 'drivers:message_store:mongodb': messages, 'drivers:management_store:mongodb': management }) {
    const { openControl, openData } = await import('./mongodb/open.ts')
    return {
      isShared: true,
      openData: () => openData(messages, DEFAULT),
      openControl: () => openControl(management, DEFAULT),
      // Whoever opens them makes their indexes.
      sync: async store => {
        const opened = await (store === 'message store' ? openData(messages, DEFAULT) : openControl(management, DEFAULT))
        await opened.close()
      },
    }
  },
  faulty: () => import('./faulty/faulty.ts'),
}

/** What this process shares with others, and whom it tells what goes wrong. */
export interface StorageContext {
  readonly clock: Clock
  readonly tenures: Tenures
  readonly tell: PooledParts['tell']
}

/** The stores that are open. */
export interface OpenedStores extends Stores {
  /** Those of the pools. Without pooling no queue lies in them, but they can be prepared. */
  readonly pools: PoolBackends
  /** How long a process may go by what it knows of a queue, in milliseconds. */
  readonly rememberedMs: number
  /** What is behind the message store, for the log; null if there is nothing to tell. */
  readonly about: string | null
  close(): Promise<void>
}

/** Opens the stores that the options name. */
export async function openStores(options: StorageOptions, context: StorageContext): Promise<OpenedStores> {
  const [messages, queues] = await Promise.all([
    DRIVERS[options.drivers.message_store](options), DRIVERS[options.drivers.management_store](options),
  ])
  const [home, control] = await Promise.all([messages.openData(context.clock), queues.openControl()])
  const catalogue = queues.isShared ? cachedControl(control, context.clock) : uncached(control)
  const { clock, tenures, tell } = context
  const drivers = poolDrivers({ lmdb: options['drivers:message_store:lmdb'], mongodb: options['drivers:message_store:mongodb'], tolerance: options.DEFAULT, clock, tenures, isControlShared: queues.isShared ?? false })
  const pools = new PoolStores(control, drivers, clock)
  const close = async () => { await Promise.all([control.close(), home.close(), pools.close()]) }
  const rememberedMs = queues.isShared ? REMEMBERED_MS : 0
  if (options.DEFAULT.pooling) {
    const placement = options['pooling:catalog']
    const placing = pooledControl(catalogue, placement)
    const data = pooledData({ catalogue: placing, home, pools, hasVirtualPool: placement.enable_virtual_pool, tell, clock })
    return { control: placing, data, pools, rememberedMs, about: home.about ?? null, close }
  }
  try {
    await refuseForgottenPools(control)
  } catch (error) {
    await close()
    throw error
  }
  return { control: catalogue, data: home, pools, rememberedMs, about: home.about ?? null, close }
}

/** Without pooling, queues that lie in pools would look empty, and what is posted to them would lie elsewhere. */
async function refuseForgottenPools(control: ControlStore): Promise<void> {
  try {
    for (const { name } of await allPools(control)) {
      if (await control.countQueuesIn(name) > 0) throw new Problems([`queues lie in pool ${name}: set [DEFAULT] pooling = true`])
    }
  } catch (error) {
    // A store that is out of reach fails each request by itself.
    if (!(error instanceof MarconiError)) throw error
  }
}

/** Makes and checks what the stores need in their databases. A line for each store. */
export async function syncStores(options: StorageOptions): Promise<readonly string[]> {
  const stores = [['message store', options.drivers.message_store], ['control store', options.drivers.management_store]] as const
  const lines: string[] = []
  for (const [what, name] of stores) {
    const driver = await DRIVERS[name](options)
    await driver.sync?.(what)
    lines.push(`${what} ${name}: ${driver.sync === undefined ? 'nothing to do' : 'in order'}`)
  }
  return lines
}

/** Takes the message store for one server, whatever the number of its processes. */
export async function takeTenure(options: StorageOptions): Promise<Tenure> {
  const driver = await DRIVERS[options.drivers.message_store](options)
  return (await driver.takeTenure?.()) ?? { release: async () => undefined }
}

/** Takes the folders of pools for one server, as they are used. */
export function takeTenures(options: StorageOptions): HeldTenures {
  return new HeldTenures(async path => {
    const { holdFolder } = await import('./lmdb/folder.ts')
    return holdFolder({ path, durability: options['drivers:message_store:lmdb'].durability })
  })
}
