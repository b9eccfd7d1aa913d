/** Waiting for a queue in a pool, whose store may yet have to be opened, and may be exchanged for another. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolName } from '../../model/pool.ts'
import type { DataStore, Wake } from '../contract.ts'
import type { PoolStores } from './stores.ts'

/** How long it takes until a pool that could not be opened is tried again, in milliseconds. */
const TRY_AGAIN_MS = 1000

/** Watches by `watch` in the store of a pool, as long as nobody calls what it answers. A look is due each time a store is there. */
export function watchInPool(pools: PoolStores, pool: PoolName, watch: (store: DataStore) => () => void, wake: Wake): () => void {
  const over = new AbortController()

  async function follow(): Promise<void> {
    while (!over.signal.aborted) {
      await pools.use(pool, (store, retired) => {
        const end = watch(store)
        wake(Infinity)
        return aborted(AbortSignal.any([over.signal, retired])).finally(end)
      }).catch(() => sleep(TRY_AGAIN_MS, undefined, { ref: false }))
    }
  }

  void follow()
  return () => { over.abort() }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
}
