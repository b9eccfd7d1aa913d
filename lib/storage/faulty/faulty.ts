/** A driver whose every operation fails. It shows what the service does when its store is out of reach. */
import { storageUnavailable } from '../../errors.ts'
import type { ControlStore, DataStore, Stores } from '../contract.ts'

function refuse(): Promise<never> {
  return Promise.reject(storageUnavailable('the faulty driver refuses every operation', new Error('on purpose')))
}

async function close(): Promise<void> {
  // nothing is open
}

/** Messages and claims, out of reach. */
export function openData(): DataStore {
  return {
    commit: refuse, stands: refuse, read: refuse, position: refuse, get: refuse, claim: refuse, stats: refuse, usage: refuse,
    dump: refuse, watch: () => () => undefined, settle: refuse, ping: refuse, close,
  }
}

/** Queues by name, out of reach. */
export function openControl(): ControlStore {
  return {
    queue: refuse, createQueue: refuse, setMetadata: refuse, removeQueue: refuse, watch: () => () => undefined, listQueues: refuse, countQueues: refuse,
    pool: refuse, putPool: refuse, removePool: refuse, listPools: refuse,
    flavor: refuse, putFlavor: refuse, removeFlavor: refuse, listFlavors: refuse, flavorsOf: refuse,
    queuesIn: refuse, countQueuesIn: refuse, setPlace: refuse, ping: refuse, close,
  }
}

/** Both stores, out of reach. */
export function openFaulty(): Stores {
  return { control: openControl(), data: openData() }
}
