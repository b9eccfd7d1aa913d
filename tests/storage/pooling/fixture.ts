/** Pools for tests: an LMDB control store, and LMDB folders as pools. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Pool } from '../../../lib/model/pool.ts'
import { uncached } from '../../../lib/storage/cache.ts'
import type { ControlStore, DataStore } from '../../../lib/storage/contract.ts'
import { makeFolder } from '../../../lib/storage/lmdb/folder.ts'
import { openControl, openData } from '../../../lib/storage/lmdb/open.ts'
import { poolDrivers } from '../../../lib/storage/pool-schemes.ts'
import { pooledControl } from '../../../lib/storage/pooling/control.ts'
import { pooledData } from '../../../lib/storage/pooling/data.ts'
import type { PoolDrivers } from '../../../lib/storage/pooling/drivers.ts'
import { PoolStores } from '../../../lib/storage/pooling/stores.ts'
import { BESIDE_THE_SERVER } from '../../../lib/storage/tenures.ts'
import { HandClock } from '../../helpers/clock.ts'
import { ANY_SERVER, mongodbOptions } from '../../helpers/mongodb/stores.ts'
import type { Fixture } from '../contract/fixture.ts'
import { pool } from '../contract/pools.ts'

/** A service's stores with pools, and what is behind them. */
export interface PooledFixture extends Fixture {
  /** The control store itself. */
  readonly raw: ControlStore
  readonly home: DataStore
  readonly pools: PoolStores
  readonly folder: string
  /** The pools whose sweeping failed. */
  readonly told: (string | null)[]
}

/** How the fixture is made. */
export interface PooledOptions {
  /** The pools by name, and how they differ from one of weight 1 with a folder of its own. */
  readonly pools?: Readonly<Record<string, Partial<Pool>>>
  readonly hasVirtualPool?: boolean
  /** Stands before the usual drivers. */
  readonly drivers?: (usual: PoolDrivers) => PoolDrivers
}

/** Opens a fresh control store and pools for one test. */
export async function openPooled(t: Test, { pools: given = { a: {} }, hasVirtualPool = false, drivers = usual => usual }: PooledOptions = {}): Promise<PooledFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'marconi-pools-'))
  const clock = new HandClock()
  const lmdb = { path: join(folder, 'home'), durability: 'none' } as const
  makeFolder(lmdb.path)
  const raw = await openControl(lmdb)
  const home = await openData(lmdb, clock)
  for (const [name, over] of Object.entries(given)) await raw.putPool(pool(name, { uri: `lmdb://${folder}/${name}`, ...over }))
  const pools = new PoolStores(raw, drivers(poolDrivers({ lmdb, mongodb: mongodbOptions('', 'unused'), tolerance: ANY_SERVER, clock, tenures: BESIDE_THE_SERVER, isControlShared: false })), clock)
  const control = pooledControl(uncached(raw), { enable_virtual_pool: hasVirtualPool })
  const told: (string | null)[] = []
  const data = pooledData({ catalogue: control, home, pools, hasVirtualPool, tell: name => { told.push(name) }, clock })
  t.teardown(async () => {
    await Promise.all([control.close(), data.close()])
    rmSync(folder, { recursive: true, force: true })
  })
  return { control, data, raw, home, pools, folder, told, tick: seconds => { clock.tick(seconds) } }
}
