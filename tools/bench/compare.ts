/** Measures our server beside the yardsticks: turn by turn in short slices, so that a busy machine hits all alike. */
import { makeQueue, seed } from './client.ts'
import { cpuSecondsOf } from './cpu.ts'
import { fire, latencyOf, type Slice, type Traffic } from './generator.ts'
import type { Answer } from './koa.ts'
import { median } from './numbers.ts'
import type { Target, Yardstick } from './processes.ts'

/** A row to measure. */
export interface RowPlan {
  readonly name: string
  readonly connections: number
  readonly traffic: (queue: string) => Traffic
  /** Messages that must be in the queue before a slice. */
  readonly fill: number
  /** Whether the messages are still there after a slice, for the next. */
  readonly keepsFill: boolean
  /** Takes real answers, by verb and last word of the path, for the yardsticks to repeat. The queue has `fill` messages or some. */
  readonly sample: (url: string, queue: string) => Promise<Record<string, Answer>>
  /** Whether it is also measured beside the durable yardstick. */
  readonly isDurable: boolean
}

/** What one target did in a row. */
export interface Figures {
  /** Per second: the median of the slices. */
  readonly requests: number
  readonly messages: number
  /** Milliseconds, over all slices. */
  readonly p50: number
  readonly p99: number
  /** Bytes of an answer, with headers. */
  readonly answerBytes: number
  readonly failures: number
  /** Microseconds of processor time that the target spent on a request, in all its threads. */
  readonly cpu: number
  /** The share of the time that the load generator was busy. */
  readonly load: number
}

/** A yardstick's figures, with the server's rate over its rate: the median of the rounds, and the rounds. */
export interface Beside extends Figures {
  readonly ratio: number
  readonly ratios: readonly number[]
}

export interface RowResult {
  readonly name: string
  readonly connections: number
  readonly server: Figures
  readonly bare: Beside
  readonly durable: Beside | null
}

/** What is measured, and how. */
export interface Field {
  readonly server: Target
  readonly bare: Yardstick
  readonly durable: Yardstick
  readonly seconds: number
  readonly rounds: number
  /** Says what is going on. */
  readonly tell: (text: string) => void
}

const WARM_UP_SECONDS = 2
/** The queue of requests to a yardstick, whose name is as long as those of real ones. */
const ANY_QUEUE = 'bench-none'

/** Measures one row. */
export async function compare(field: Field, plan: RowPlan): Promise<RowResult> {
  const yardsticks = plan.isDurable ? [field.bare, field.durable] : [field.bare]
  const queues = new Queues(field.server.url, plan)
  const answers = await plan.sample(field.server.url, await queues.next())
  for (const yardstick of yardsticks) await yardstick.answer(answers)

  const runs: readonly Run[] = [
    { name: 'marconi', target: field.server, nextQueue: () => queues.next(), slices: [] },
    ...yardsticks.map((target): Run => ({
      name: target === field.bare ? 'koa' : 'koa + sync', target, nextQueue: () => Promise.resolve(ANY_QUEUE), slices: [],
    })),
  ]
  for (let round = 0; round <= field.rounds; round++) {
    for (const run of runs) await measure(run, round, field, plan)
  }
  const [own = [], bare = [], durable] = runs.map(({ slices }) => slices)
  return {
    name: plan.name,
    connections: plan.connections,
    server: figuresOf(own),
    bare: beside(own, bare),
    durable: durable === undefined ? null : beside(own, durable),
  }
}

/** One target in one row. */
interface Run {
  readonly name: string
  readonly target: Target
  readonly nextQueue: () => Promise<string>
  readonly slices: MeasuredSlice[]
}

/** A slice with what the target used of the processor, in seconds. */
interface MeasuredSlice extends Slice {
  readonly cpuSeconds: number
}

/** Measures one slice. Round 0 is for warming up and does not count. */
async function measure({ name, target, nextQueue, slices }: Run, round: number, { seconds, tell }: Field, plan: RowPlan): Promise<void> {
  const traffic = plan.traffic(await nextQueue())
  const before = cpuSecondsOf(target.pid)
  const slice = await fire(traffic, {
    url: target.url, connections: plan.connections, seconds: round === 0 ? WARM_UP_SECONDS : seconds,
  })
  if (round > 0) slices.push({ ...slice, cpuSeconds: cpuSecondsOf(target.pid) - before })
  tell(`${plan.name} at ${plan.connections}, round ${round}, ${name}: ${Math.round(slice.requests / slice.seconds)} req/s, generator ${Math.round(slice.load * 100)} % busy`)
}

/** Queues for the slices of a row, filled as it needs. */
class Queues {
  readonly #url: string
  readonly #plan: RowPlan
  #kept: string | null = null

  constructor(url: string, plan: RowPlan) {
    this.#url = url
    this.#plan = plan
  }

  async next(): Promise<string> {
    if (this.#kept !== null) return this.#kept
    const queue = await makeQueue(this.#url)
    if (this.#plan.fill > 0) await seed(this.#url, queue, this.#plan.fill)
    if (this.#plan.keepsFill) this.#kept = queue
    return queue
  }
}

function figuresOf(slices: readonly MeasuredSlice[]): Figures {
  const sum = (of: (slice: MeasuredSlice) => number) => slices.reduce((total, slice) => total + of(slice), 0)
  return {
    requests: median(slices.map(({ requests, seconds }) => requests / seconds)),
    messages: median(slices.map(({ messages, seconds }) => messages / seconds)),
    ...latencyOf(slices),
    answerBytes: Math.round(sum(({ bytes }) => bytes) / sum(({ requests }) => requests)),
    failures: sum(({ failures }) => failures),
    cpu: sum(({ cpuSeconds }) => cpuSeconds) / sum(({ requests }) => requests) * 1e6,
    load: median(slices.map(({ load }) => load)),
  }
}

function beside(own: readonly MeasuredSlice[], other: readonly MeasuredSlice[]): Beside {
  const ratios = own.map((slice, round) => {
    const its = other[round]
    return its === undefined ? NaN : (slice.requests / slice.seconds) / (its.requests / its.seconds)
  })
  return { ...figuresOf(other), ratio: median(ratios), ratios }
}
