/**
 * Several processes behind one port: the primary process accepts connections and deals them out, replaces a worker that
 * dies, and ends all of them in order. Workers are told their configuration, so that all run the same.
 */
import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { Listener } from '../bootstrap.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/tables.ts'
import type { Project } from '../model/names.ts'
import { Buckets, type Lease } from '../quota/rate.ts'
import { OpenWaits } from '../quota/waits.ts'
import type { Tenures } from '../storage/tenures.ts'
import { Dealer } from './dealer.ts'
import { reasonOf } from './process.ts'

/** From the primary to a worker. */
export type Order =
  | { readonly order: 'start'; readonly config: Config }
  | { readonly order: 'stop' }
  /** The answer to the `lease` of the same number. */
  | { readonly order: 'lease'; readonly number: number; readonly lease: Lease }
  /** The answer to the `wait` of the same number: whether the project may have one more. */
  | { readonly order: 'wait'; readonly number: number; readonly isFree: boolean }
  /** The answer to the `tenure` of the same number: null, or why this server may not have the folder. */
  | { readonly order: 'tenure'; readonly number: number; readonly refused: string | null }

/** From a worker to the primary. It reports `ready` when it can hear orders: those sent before would be lost. */
export type Report =
  | { readonly report: 'ready' }
  | { readonly report: 'serving' }
  /** It has a connection, see dealer.ts. */
  | { readonly report: 'taken'; readonly number: number }
  | { readonly report: 'failed'; readonly reason: string }
  /** Asks for requests of a project, see lib/quota/rate.ts. */
  | { readonly report: 'lease'; readonly number: number; readonly project: Project; readonly rate: number; readonly burst: number; readonly wanted: number }
  /** Asks whether a project may have one more long wait open, and tells that one is over, see lib/quota/waits.ts. */
  | { readonly report: 'wait'; readonly number: number; readonly project: Project; readonly limit: number }
  | { readonly report: 'wait_over'; readonly project: Project }
  /** Asks for the folder of a pool, see lib/storage/tenures.ts. */
  | { readonly report: 'tenure'; readonly number: number; readonly path: string }

/** Sends an order. One that a dying worker does not hear is of no use to it. */
function tell(worker: Worker, order: Order): void {
  if (worker.isConnected()) worker.send(order, () => undefined)
}

/** A worker that lives shorter than this is replaced after a pause only. */
const SHORT_LIFE_MS = 1000
/** The heap for young objects of a worker, in MiB. */
const NURSERY_MIB = 32
/** How much longer than the drain of its workers the primary waits before it kills them. */
const MARGIN_MS = 5000

/** Starts the workers; resolves when all of them serve, rejects with the reason if one of the first cannot. */
export async function supervise(config: Config, count: number, log: Logger, tenures: Tenures): Promise<Listener> {
  const workers = new Set<Worker>()
  const buckets = new Buckets(systemClock)
  const openWaits = new OpenWaits()
  const dealer = new Dealer()
  // Requests are short-lived garbage: a larger nursery spares copying what is about to die.
  cluster.setupPrimary({ execArgv: [...process.execArgv, `--max-semi-space-size=${NURSERY_MIB}`] })
  let isStopping = false

  function start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = cluster.fork()
      const born = performance.now()
      const waits = openWaits.share()
      workers.add(worker)
      worker.on('message', (report: Report) => {
        switch (report.report) {
          case 'ready':
            tell(worker, { order: 'start', config })
            break
          case 'serving':
            dealer.add(worker)
            resolve()
            break
          case 'taken':
            dealer.taken(worker, report.number)
            break
          case 'failed':
            reject(new Error(report.reason))
            break
          case 'lease': {
            const { number, project, rate: requestsPerSecond, burst, wanted } = report
            tell(worker, { order: 'lease', number, lease: buckets.lease(project, { requestsPerSecond, burst }, wanted) })
            break
          }
          case 'wait':
            tell(worker, { order: 'wait', number: report.number, isFree: waits.enter(report.project, report.limit) === true })
            break
          case 'wait_over':
            waits.leave(report.project)
            break
          case 'tenure': {
            const { number, path } = report
            const answer = (refused: string | null) => { tell(worker, { order: 'tenure', number, refused }) }
            tenures.take(path).then(() => { answer(null) }, (error: unknown) => { answer(reasonOf(error)) })
          }
        }
      })
      worker.on('exit', (code, signal) => {
        workers.delete(worker)
        dealer.remove(worker)
        waits.close()
        reject(new Error(`a worker ended with ${signal ?? code} before it served`))
        if (isStopping) return
        const livedMs = performance.now() - born
        log.error({ worker: worker.process.pid, code, signal }, 'a worker died; it is replaced')
        setTimeout(replace, livedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0)
      })
    })
  }

  function replace(): void {
    if (isStopping) return
    start().then(
      () => { log.info('a new worker serves') },
      (error: unknown) => { log.error({ err: error }, 'a new worker could not serve') },
    )
  }

  async function stop(): Promise<void> {
    isStopping = true
    dealer.close()
    const ended = [...workers].map(worker => new Promise<void>(resolve => {
      worker.once('exit', () => { resolve() })
      if (worker.isConnected()) tell(worker, { order: 'stop' })
      else worker.kill('SIGKILL')
    }))
    const deadline = setTimeout(() => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, config['drivers:transport:wsgi'].drain_timeout * 1000 + MARGIN_MS)
    await Promise.all(ended)
    clearTimeout(deadline)
  }

  const first = Array.from({ length: count }, start)
  try {
    await Promise.all(first)
    const { bind, port } = config['drivers:transport:wsgi']
    return { url: await dealer.listen(port, bind), stop }
  } catch (error) {
    isStopping = true
    await Promise.allSettled(first)
    await stop()
    throw error
  }
}
