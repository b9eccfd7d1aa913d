/** Puts the parts together: configuration -> stores -> application -> listener. The only file that knows them all. */
import type { Logger } from 'pino'
import { systemClock } from './clock.ts'
import type { Config } from './config/tables.ts'
import { startSweeper } from './service/sweeper.ts'
import { openStores } from './storage/registry.ts'
import { createApp } from './transport/http/app.ts'
import { listen } from './transport/http/server.ts'

/** A process that serves requests. */
export interface Service {
  readonly url: string
  /** Finishes running requests, refuses new ones, and closes the stores; bounded by `drain_timeout`. */
  stop(): Promise<void>
}

/** Starts to serve in this process. Rejects if it cannot listen or open its stores. */
export async function startService(config: Config, log: Logger): Promise<Service> {
  const stores = await openStores(config, systemClock)
  const { bind, port, request_timeout: requestTimeout, drain_timeout: drainTimeout } = config['drivers:transport:wsgi']
  const close = async () => {
    await Promise.all([stores.control.close(), stores.data.close()])
  }
  const app = createApp({ stores, limits: config.transport, log })
  const server = await listen(app, { bind, port, requestTimeout: requestTimeout * 1000 }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const sweeper = startSweeper(stores.data, failure => { log.error({ err: failure }, 'expired messages could not be removed') })
  return {
    url: server.url,
    async stop() {
      await Promise.all([server.drain(drainTimeout * 1000), sweeper.stop()])
      await close()
    },
  }
}
