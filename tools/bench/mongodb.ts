/**
 * The rows on MongoDB: our server beside the package `mongodb` by itself, doing the same, and beside a bare Koa that answers the same. None
 * of them can be left out of what a request costs, so the two are the limits of our server.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, MongoProcess } from '../../tests/helpers/mongodb/process.ts'
import { mongodbEnvironment } from '../../tests/helpers/mongodb/stores.ts'
import { makeQueue, must, seed } from './client.ts'
import type { How } from './curves.ts'
import { fire, latencyOf, type Slice, type Traffic } from './generator.ts'
import type { Answer } from './koa.ts'
import { RawStore, repeat, type RawUnit } from './mongodb-raw.ts'
import { median } from './numbers.ts'
import { startServer, startYardstick, type Target, type Yardstick } from './processes.ts'
import { holding, paging, postBody, posting } from './traffic.ts'

/** What one of the three did: units a second, and milliseconds. */
export interface Rate {
  readonly units: number
  readonly p50: number
  readonly p99: number
}

/** A row of the table. */
export interface MongodbRow {
  readonly name: string
  readonly connections: number
  readonly server: Rate
  /** The package, and the server's rate over its rate: the median of the rounds. */
  readonly raw: Rate & { readonly ratio: number }
  /** Bare Koa, likewise. */
  readonly koa: Rate & { readonly ratio: number }
  readonly failures: number
}

interface Plan {
  readonly name: string
  readonly traffic: Traffic
  readonly raw: RawUnit
  readonly answers: Readonly<Record<string, Answer>>
}

const CONNECTIONS = 16
/** Shallow, since the stand-in does not end an index scan at the limit, as a genuine server does: there the depth does not matter. */
const DEPTH = 100
const WARM_UP_SECONDS = 2

/** Measures the rows; none if the machine has no MongoDB to measure on. */
export async function measureMongodb(folder: string, how: How): Promise<readonly MongodbRow[]> {
  const program = findProgram()
  if (program === null) {
    how.tell('no rows on MongoDB: secantusd-rs is missing')
    return []
  }
  const place = join(folder, 'mongodb')
  mkdirSync(place)
  const database = new MongoProcess(program, place, { cache: '1G' })
  await database.start()
  const started: Target[] = []
  try {
    const koa = await startYardstick(null)
    started.push(koa)
    const server = await startServer(join(folder, 'on-mongodb'), { workers: 1, environment: mongodbEnvironment(database.uri, 'bench') })
    started.push(server)
    const raw = await RawStore.open(database.uri, CONNECTIONS)
    const rows: MongodbRow[] = []
    for (const plan of [() => postPlan(server.url, raw), () => pagePlan(server.url, raw), () => claimPlan(server.url, raw)]) {
      rows.push(await measure(await plan(), { server, koa, how }))
    }
    await raw.close()
    return rows
  } finally {
    for (const target of started) await target.stop()
    await database.kill()
  }
}

async function postPlan(url: string, raw: RawStore): Promise<Plan> {
  const queue = await makeQueue(url)
  const answers = { 'POST messages': await must(url, 'POST', `/v1/queues/${queue}/messages`, postBody(1)) }
  return { name: 'post of 1', traffic: posting(queue, 1), raw: raw.inserting(), answers }
}

async function pagePlan(url: string, raw: RawStore): Promise<Plan> {
  const queue = await makeQueue(url)
  await seed(url, queue, DEPTH)
  const answers = { 'GET messages': await must(url, 'GET', `/v1/queues/${queue}/messages?limit=10&echo=true`) }
  return { name: 'page of 10', traffic: paging(queue), raw: await raw.finding(DEPTH), answers }
}

async function claimPlan(url: string, raw: RawStore): Promise<Plan> {
  const queues: string[] = []
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const queue = await makeQueue(url)
    await seed(url, queue, DEPTH)
    queues.push(queue)
  }
  const claim = await must(url, 'POST', `/v1/queues/${queues[0] ?? ''}/claims?limit=10`, '{"ttl":300,"grace":60}')
  const location = new Map(claim.headers).get('location') ?? ''
  const release = await must(url, 'DELETE', location)
  return {
    name: 'claim 10 + release them', traffic: holding(queues), raw: await raw.updating(DEPTH, CONNECTIONS),
    answers: { 'POST claims': claim, [`DELETE ${location.slice(location.lastIndexOf('/') + 1)}`]: release },
  }
}

async function measure({ name, traffic, raw, answers }: Plan, { server, koa, how }: { readonly server: Target; readonly koa: Yardstick; readonly how: How }): Promise<MongodbRow> {
  await koa.answer(answers)
  const fireAt = ({ url }: Target) => (seconds: number) => fire(traffic, { url, connections: CONNECTIONS, seconds })
  const runs = [
    { what: 'marconi', run: fireAt(server), slices: [] as Slice[] },
    { what: 'mongodb', run: (seconds: number) => repeat(raw, CONNECTIONS, seconds), slices: [] as Slice[] },
    { what: 'koa', run: fireAt(koa), slices: [] as Slice[] },
  ] as const
  for (let round = 0; round <= how.rounds; round++) {
    for (const { what, run, slices } of runs) {
      const slice = await run(round === 0 ? WARM_UP_SECONDS : how.seconds)
      if (round > 0) slices.push(slice)
      how.tell(`${name} on MongoDB at ${CONNECTIONS}, round ${round}, ${what}: ${Math.round(slice.units / slice.seconds)} units/s`)
    }
  }
  const [own, package_, bare] = runs.map(({ slices }) => slices)
  if (own === undefined || package_ === undefined || bare === undefined) throw new Error('three are compared')
  return {
    name, connections: CONNECTIONS, server: rateOf(own), raw: { ...rateOf(package_), ratio: ratioOf(own, package_) }, koa: { ...rateOf(bare), ratio: ratioOf(own, bare) },
    failures: [...own, ...bare].reduce((sum, { failures }) => sum + failures, 0),
  }
}

function rateOf(slices: readonly Slice[]): Rate {
  return { units: median(slices.map(({ units, seconds }) => units / seconds)), ...latencyOf(slices) }
}

function ratioOf(own: readonly Slice[], other: readonly Slice[]): number {
  return median(own.map((slice, round) => {
    const its = other[round]
    return its === undefined ? NaN : (slice.units / slice.seconds) / (its.units / its.seconds)
  }))
}
