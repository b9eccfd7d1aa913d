/**
 * Several processes behind one port: the primary process accepts connections and deals them out, replaces a worker that
 * dies, and ends all of them in order. Workers are told their configuration, so that all run the same.
 */
import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { Config } from '../config/tables.ts'
import type { Service } from '../bootstrap.ts'

/** From the primary to a worker. */
export type Order = { readonly order: 'start'; readonly config: Config } | { readonly order: 'stop' }

/** From a worker to the primary. It reports `ready` when it can hear orders: those sent before would be lost. */
export type Report = { readonly report: 'ready' } | { readonly report: 'serving'; readonly url: string } | { readonly report: 'failed'; readonly reason: string }

/** A worker that lives shorter than this is replaced after a pause only. */
const SHORT_LIFE_MS = 1000
/** How much longer than the drain of its workers the primary waits before it kills them. */
const MARGIN_MS = 5000

/** Starts the workers; resolves when all of them serve, rejects with the reason if one of the first cannot. */
export async function supervise(config: Config, count: number, log: Logger): Promise<Service> {
  const workers = new Set<Worker>()
  let current = config
  let isStopping = false

  function start(): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = cluster.fork()
      const born = performance.now()
      workers.add(worker)
      worker.on('message', (report: Report) => {
        if (report.report === 'ready') worker.send({ order: 'start', config: current } satisfies Order)
        else if (report.report === 'serving') resolve(report.url)
        else reject(new Error(report.reason))
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
      if (worker.isConnected()) worker.send({ order: 'stop' } satisfies Order)
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
    // Port 0 was a free one; a worker that is replaced later must listen on the same.
    const transport = { ...config['drivers:transport:wsgi'], port: Number(new URL(url).port || 80) }
    current = { ...config, 'drivers:transport:wsgi': transport }
    return { url, stop }
  } catch (error) {
    isStopping = true
    await Promise.allSettled(first)
    await stop()
    throw error
  }
}
