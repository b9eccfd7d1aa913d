/** Gives back the space of what has expired. Nobody waits for it: what is due is invisible to readers before it comes. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DataStore } from '../storage/contract.ts'

/** Messages a slice: a few milliseconds of work. */
const SLICE = 100
/** Between two looks at what is due, in milliseconds. */
const INTERVAL_MS = 1000

/** A sweeper at work. */
export interface Sweeper {
  /** Ends it after the slice that is under way. */
  stop(): Promise<void>
}

/** Sweeps until nothing is due, slice by slice, letting requests in between. Stops early if told so. */
export async function sweep(data: DataStore, stop?: AbortSignal): Promise<void> {
  while (!stop?.aborted && (await data.settle(SLICE)).more) await nextTurn()
}

/** Sweeps every second until it is stopped. A failure is told once, and again after it was over. */
export function startSweeper(data: DataStore, tell: (failure: unknown) => void): Sweeper {
  const stop = new AbortController()
  let isFailing = false
  let running = Promise.resolve()

  async function round(): Promise<void> {
    try {
      await sweep(data, stop.signal)
      isFailing = false
    } catch (failure) {
      if (!isFailing) tell(failure)
      isFailing = true
    }
    if (!stop.signal.aborted) timer.refresh()
  }

  const timer = setTimeout(() => { running = round() }, INTERVAL_MS)
  return {
    async stop() {
      stop.abort()
      clearTimeout(timer)
      await running
    },
  }
}
