/** The rows that compare our server with itself: at two depths of a queue, and with two numbers of workers. */
import { join } from 'node:path'
import { makeQueue, seed } from './client.ts'
import { fire, latencyOf, type FireOptions, type Slice, type Traffic } from './generator.ts'
import { median, quantile } from './numbers.ts'
import { startServer, type Target } from './processes.ts'
import { paging, turning } from './traffic.ts'

/** Something measured under two conditions. */
export interface Curve {
  readonly name: string
  readonly of: string
  readonly labels: readonly [string, string]
  readonly values: readonly [number, number]
  readonly p99: readonly [number, number]
  /** The second value over the first: the median of the rounds, and the rounds. */
  readonly ratio: number
  readonly ratios: readonly number[]
}

/** How to measure. */
export interface How {
  readonly seconds: number
  readonly rounds: number
  readonly tell: (text: string) => void
}

const SHALLOW = 1000
/** Few, so that what is claimed at a time is a small part of the shallow queue. */
const CLAIMERS = 16
/** Small bodies, so that a million of them is seeded in bearable time. */
const SMALL = 'x'.repeat(62)

/** One of the two conditions. */
export interface Side {
  readonly label: string
  readonly traffic: () => Traffic
  readonly fire: FireOptions
  /** What counts of a slice. */
  readonly value: (slice: Slice) => number
}

/** Measures both sides in turn. */
export async function measureBoth(name: string, of: string, sides: readonly [Side, Side], { rounds, tell }: How): Promise<Curve> {
  const slices: readonly [Slice[], Slice[]] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const slice = await fire(side.traffic(), side.fire)
      if (slice.failures > 0) throw new Error(`${name}, ${side.label}: ${slice.failures} requests failed`)
      if (round > 0) slices[index]?.push(slice)
      tell(`${name}, round ${round}, ${side.label}: ${side.value(slice).toFixed(2)} ${of}, generator ${Math.round(slice.load * 100)} % busy`)
    }
  }
  const [first, second] = sides
  const values = [slices[0].map(first.value), slices[1].map(second.value)] as const
  const ratios = values[1].map((value, round) => value / (values[0][round] ?? NaN))
  return {
    name, of, labels: [first.label, second.label], values: [median(values[0]), median(values[1])],
    p99: [latencyOf(slices[0]).p99, latencyOf(slices[1]).p99], ratio: median(ratios), ratios,
  }
}

/** How long a claim of ten takes in a shallow and in a deep queue, while both are posted to and deleted from. */
export async function measureDepth(server: Target, depth: number, how: How): Promise<Curve> {
  const sides: Side[] = []
  for (const messages of [SHALLOW, depth]) {
    const queue = await makeQueue(server.url)
    const started = performance.now()
    await seed(server.url, queue, messages, SMALL)
    how.tell(`${messages} messages posted in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    sides.push({
      label: `${messages} messages`,
      traffic: () => turning(queue, SMALL),
      fire: { url: server.url, connections: CLAIMERS, seconds: how.seconds },
      value: ({ latencies }) => quantile(latencies, 0.5),
    })
  }
  return measureBoth('claim of 10 by depth', 'ms p50', pair(sides), how)
}

const READERS = 32
/** Requests under way on a connection: it spares the generator, which shares the cores with the workers, system calls. */
const PIPELINED = 8

/** Pages a second of one worker and of two. */
export async function measureWorkers(folder: string, how: How): Promise<Curve> {
  const servers: Target[] = []
  try {
    const sides: Side[] = []
    for (const workers of [1, 2]) {
      const server = await startServer(join(folder, `workers-${workers}`), { workers })
      servers.push(server)
      const queue = await makeQueue(server.url)
      await seed(server.url, queue, SHALLOW)
      sides.push({
        label: workers === 1 ? '1 worker' : `${workers} workers`,
        traffic: () => paging(queue),
        fire: { url: server.url, connections: READERS, pipelining: PIPELINED, seconds: how.seconds },
        value: ({ requests, seconds }) => requests / seconds,
      })
    }
    return await measureBoth('page of 10 by workers', 'req/s', pair(sides), how)
  } finally {
    for (const server of servers) await server.stop()
  }
}

function pair([first, second]: readonly Side[]): [Side, Side] {
  if (first === undefined || second === undefined) throw new Error('two sides are compared')
  return [first, second]
}
