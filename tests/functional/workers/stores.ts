/** Where a store is that several processes open, in a form that can be handed to them. */
import { systemClock } from '../../../lib/clock.ts'
import type { DataStore } from '../../../lib/storage/contract.ts'
import { openData } from '../../../lib/storage/lmdb/open.ts'

/** A folder of LMDB. */
export interface StorePlace {
  readonly driver: 'lmdb'
  readonly path: string
}

/** Opens the messages of a place, with the time that its driver has by itself. */
export async function openAt(place: StorePlace): Promise<DataStore> {
  return openData({ path: place.path, durability: 'none' }, systemClock)
}
