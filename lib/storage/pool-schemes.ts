/** The drivers of pools, by the scheme of their addresses. Each is loaded when it is used. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import type { LmdbOptions } from './lmdb/options.ts'
import type { Tolerance } from './mongodb/client.ts'
import type { MongodbMessageOptions } from './mongodb/options.ts'
import type { PoolDriver, PoolDrivers } from './pooling/drivers.ts'
import type { Tenures } from './tenures.ts'

/** What the drivers of pools are told. */
export interface PoolContext {
  readonly lmdb: LmdbOptions
  readonly mongodb: MongodbMessageOptions
  readonly tolerance: Tolerance
  readonly clock: Clock
  readonly tenures: Tenures
  /** Whether several nodes may share the control store. */
  readonly isControlShared: boolean
}

/** A database, at an address whose path is what the names of its databases begin with; without one they begin as configured. */
function mongodb({ mongodb: options, tolerance }: PoolContext): PoolDriver {
  return {
    capabilities: ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'],
    open: async uri => {
      const { openData } = await import('./mongodb/open.ts')
      const [, path = ''] = /^[^/]*\/\/[^/?]*\/([^?]*)/.exec(uri) ?? []
      return openData({ ...options, uri, database: path === '' ? options.database : decodeURIComponent(path) }, tolerance)
    },
  }
}

const SCHEMES: Readonly<Record<string, (context: PoolContext) => PoolDriver>> = {
  lmdb: context => ({
    capabilities: ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'],
    open: async uri => {
      // Another node would look for the folder on its own disk (decisions 27).
      if (context.isControlShared) throw new Error('a folder cannot be a pool where several nodes share the control store')
      const path = folderOf(uri)
      if (path === resolve(context.lmdb.path)) throw new Error('the folder is that of the message store of the configuration')
      await context.tenures.take(path)
      const [{ openData }, { makeFolder }] = await Promise.all([import('./lmdb/open.ts'), import('./lmdb/folder.ts')])
      makeFolder(path)
      return openData({ path, durability: context.lmdb.durability }, context.clock)
    },
  }),
  mongodb,
  'mongodb+srv': mongodb,
}

/** The drivers of pools in this process. */
export function poolDrivers(context: PoolContext): PoolDrivers {
  return uri => {
    const scheme = schemeOf(uri)
    return Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme]?.(context) ?? null : null
  }
}

function schemeOf(uri: string): string {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase() ?? ''
}

/** The folder of `lmdb:///absolute/path`. */
function folderOf(uri: string): string {
  const url = URL.canParse(uri) ? new URL(uri) : null
  if (url === null || url.host !== '' || url.search !== '' || url.hash !== '' || url.pathname.length < 2) {
    throw new Error('the address of a folder is lmdb:///absolute/path')
  }
  return resolve(fileURLToPath(`file://${url.pathname}`))
}
