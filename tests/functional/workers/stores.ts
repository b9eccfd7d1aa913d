/** Where a store is that several processes open, in a form that can be handed to them. */
import { systemClock } from '../../../lib/clock.ts'
import type { DataStore } from '../../../lib/storage/contract.ts'
import { openData as openLmdb } from '../../../lib/storage/lmdb/open.ts'
import { openData as openMongodb } from '../../../lib/storage/mongodb/open.ts'
import { ANY_SERVER, mongodbOptions } from '../../helpers/mongodb/stores.ts'

/** A folder of LMDB, or databases of a MongoDB. */
export type StorePlace =
  | { readonly driver: 'lmdb'; readonly path: string }
  | { readonly driver: 'mongodb'; readonly uri: string; readonly database: string }

/** Opens the messages of a place, with the time that its driver has by itself. */
export async function openAt(place: StorePlace): Promise<DataStore> {
  switch (place.driver) {
    case 'lmdb': return openLmdb({ path: place.path, durability: 'none' }, systemClock)
    case 'mongodb': return openMongodb(mongodbOptions(place.uri, place.database), ANY_SERVER)
  }
}
