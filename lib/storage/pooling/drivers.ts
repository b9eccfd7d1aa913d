/** How the store of a pool is opened: by the scheme of its address. The schemes themselves are in the registry. */
import type { DataStore } from '../contract.ts'

/** What a queue can rely on in a pool, in the words of the API (api-v2.md 11). */
export type Capability = 'FIFO' | 'CLAIMS' | 'DURABILITY' | 'AOD' | 'HIGH_THROUGHPUT'

/** What is behind one scheme of addresses. */
export interface PoolDriver {
  readonly capabilities: readonly Capability[]
  /** Opens the store at an address. Fails if it cannot be reached, or may not be used; why must hold no secret. */
  open(uri: string): Promise<DataStore>
}

/** The driver of an address, by its scheme; null where there is none that may be used here. */
export type PoolDrivers = (uri: string) => PoolDriver | null

/** An address without what only the one who uses it may know: name and password. */
export function maskUri(uri: string): string {
  // Up to the last @ before the path: a password may hold one, although it should be escaped.
  return uri.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1***@')
}
