/**
 * Several processes behind one port: the primary process holds the port, replaces a worker that dies, and ends all of them
 * in order. Workers are told their configuration, so that all run the same.
 */
import cluster, { type Worker } from 'node:cluster'
import { createServer, type AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Service } from '../bootstrap.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/tables.ts'
import type { Project } from '../model/names.ts'
import { Buckets, type Lease } from '../quota/rate.ts'

/** From the primary to a worker. */
export type Order =
  | { readonly order: 'start'; readonly config: Config }
  | { readonly order: 'stop' }
  /** The answer to the `lease` of the same number. */
  | { readonly order: 'lease'; readonly number: number; readonly lease: Lease }

/** From a worker to the primary. It reports `ready` when it can hear orders: those sent before would be lost. */
export type Report =
  | { readonly report: 'ready' }
  | { readonly report: 'serving'; readonly url: string }
  | { readonly report: 'failed'; readonly reason: string }
  /** Asks for requests of a project, see lib/quota/rate.ts. */
  | { readonly report: 'lease'; readonly number: number; readonly project: Project; readonly rate: number; readonly burst: number; readonly wanted: number }

function freePort(bind: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, bind, () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => { resolve(port) })
    })
  })
}

/** Sends an order. One that a dying worker does not hear is of no use to it. */
function tell(worker: Worker, order: Order): void {
  if (worker.isConnected()) worker.send(order, () => undefined)
}

/** A worker that lives shorter than this is replaced after a pause only. */
const SHORT_LIFE_MS = 1000
/** How much longer than the drain of its workers the primary waits before it kills them. */
const MARGIN_MS = 5000

/** Starts the workers; resolves when all of them serve, rejects with the reason if one of the first cannot. */
export async function supervise(config: Config, count: number, log: Logger): Promise<Service> {
  const workers = new Set<Worker>()
  const buckets = new Buckets(systemClock)
  const { bind, port } = config['drivers:transport:wsgi']
  // Port 0 is a free one. All workers must have the same, those too that replace others when none is left.
  const transport = { ...config['drivers:transport:wsgi'], port: port === 0 ? await freePort(bind) : port }
  const current = { ...config, 'drivers:transport:wsgi': transport }
  // Workers accept by themselves: connections that the primary deals out hang for ever if a worker dies before it took them.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  let isStopping = false

  function start(): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = cluster.fork()
      const born = performance.now()
      workers.add(worker)
      worker.on('message', (report: Report) => {
        switch (report.report) {
          case 'ready':
            tell(worker, { order: 'start', config: current })
            break
          case 'serving':
            resolve(report.url)
            break
          case 'failed':
            reject(new Error(report.reason))
            break
          case 'lease': {
            const { number, project, rate: requestsPerSecond, burst, wanted } = report
            tell(worker, { order: 'lease', number, lease: buckets.lease(project, { requestsPerSecond, burst }, wanted) })
          }
        }
      })
      worker.on('exit', (code, signal) => {
        workers.delete(worker)
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
    const [url = ''] = await Promise.all(first)
    return { url, stop }
  } catch (error) {
    isStopping = true
    await Promise.allSettled(first)
    await stop()
    throw error
  }
}
