import type { Clock } from '../../clock.ts'
import type { ControlStore, DataStore } from '../contract.ts'
import { lmdbControl } from './control.ts'
import { lmdbData } from './data.ts'
import { openEnvironment, type EnvironmentOptions } from './environment.ts'

/** Opens the messages and claims of a data folder. After `takeTenure`, if this process is the one that serves it. */
export async function openData(options: EnvironmentOptions, clock: Clock): Promise<DataStore> {
  return lmdbData(await openEnvironment(options), clock)
}

/** Opens the queues of a data folder. */
export async function openControl(options: EnvironmentOptions): Promise<ControlStore> {
  return lmdbControl(await openEnvironment(options))
}
