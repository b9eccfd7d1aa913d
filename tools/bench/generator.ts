/** Fires requests for a while, with autocannon, and notes what came back. */
import autocannon from 'autocannon'
import { quantile } from './numbers.ts'

/** Requests that each connection sends in turn, over and over. One turn is a unit of work. */
export interface Traffic {
  readonly requests: readonly autocannon.Request[]
  /** Messages that a unit handles. */
  readonly messages: number
  /** The request of a unit whose time counts, by its place; without, all of them do. */
  readonly timed?: number
  /** True from when there is nothing left to work on: what comes later does not count. */
  readonly isOver?: () => boolean
  /** Latencies that the traffic took itself, in milliseconds; without, those of units are taken. */
  readonly latencies?: readonly number[]
}

/** What one slice of measurement gave. */
export interface Slice {
  readonly requests: number
  readonly units: number
  readonly seconds: number
  readonly messages: number
  /** Milliseconds. */
  readonly latencies: readonly number[]
  /** Answers that were no success, and requests without an answer. */
  readonly failures: number
  /** Bytes of all answers with their headers. */
  readonly bytes: number
  /** The share of the time that the generator was busy: near 1 it is what limits the rate. */
  readonly load: number
}

/** How to send it. */
export interface FireOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly pipelining?: number
  /** Headers beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends after so many requests instead of after `seconds`. */
  readonly amount?: number
}

/** Headers of all requests. */
export const HEADERS = {
  'client-id': '3381af92-2b9e-11e3-b191-71861300734c',
  'x-project-id': 'bench',
  'content-type': 'application/json',
}

const SAMPLE_MS = 20
const TIMEOUT_SECONDS = 20

/** Runs one slice. */
export function fire(traffic: Traffic, { url, connections, seconds, pipelining = 1, amount, headers }: FireOptions): Promise<Slice> {
  const length = traffic.requests.length
  const latencies: number[] = []
  const pending = new WeakMap<autocannon.Client, { count: number; time: number }>()
  const before = performance.eventLoopUtilization()
  let requests = 0
  let bytes = 0
  let failures = 0
  let started = 0
  let last = 0

  return new Promise((resolve, reject) => {
    const instance = autocannon({
      url, connections, pipelining, headers: { ...HEADERS, ...headers }, requests: [...traffic.requests], sampleInt: SAMPLE_MS, timeout: TIMEOUT_SECONDS,
      skipAggregateResult: true, ...(amount === undefined ? { duration: seconds } : { amount }),
    }, error => {
      if (error !== null && error !== undefined) {
        reject(error as Error)
        return
      }
      const units = requests / length
      resolve({
        requests, units, seconds: (last - started) / 1000, messages: units * traffic.messages,
        latencies: traffic.latencies ?? latencies, failures, bytes,
        load: performance.eventLoopUtilization(before).utilization,
      })
    })
    started = performance.now()
    instance.on('reqError', () => { failures++ })
    instance.on('response', (client, status, size, time) => {
      if (traffic.isOver?.() === true) {
        instance.stop()
        return
      }
      last = performance.now()
      requests++
      bytes += size
      if (status >= 300) failures++
      const unit = pending.get(client) ?? { count: 0, time: 0 }
      pending.set(client, unit)
      if (traffic.timed === undefined || traffic.timed === unit.count) unit.time += time
      if (++unit.count < length) return
      latencies.push(unit.time)
      unit.count = 0
      unit.time = 0
    })
  })
}

/** Latency quantiles over several slices. */
export function latencyOf(slices: readonly Slice[]): { readonly p50: number; readonly p99: number } {
  const all = slices.flatMap(({ latencies }) => latencies)
  return { p50: quantile(all, 0.5), p99: quantile(all, 0.99) }
}
