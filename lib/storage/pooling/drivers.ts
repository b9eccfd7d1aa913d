/** How the store of a pool is opened: by the scheme of its address. The schemes themselves are in the registry. */
import type { DataStore } from '../contract.ts'
import type { Capability } from '../directory.ts'

/** What is behind one scheme of addresses. */
export interface PoolDriver {
  readonly capabilities: readonly Capability[]
  /** Opens the store at an address. Fails if it cannot be reached, or may not be used; why must hold no secret. */
  open(uri: string): Promise<DataStore>
}

/** The driver of an address, by its scheme; null where there is none that may be used here. */
export type PoolDrivers = (uri: string) => PoolDriver | null
