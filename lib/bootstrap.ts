/** Puts the parts together: configuration -> stores -> application -> listener. The only file that knows them all. */
import type { Logger } from 'pino'
import { systemClock } from './clock.ts'
import type { Config } from './config/tables.ts'
import { openPolicy, policyPlace } from './policy/file.ts'
import { openQuotas } from './quota/overrides.ts'
import { LeasedRate, type Ledger } from './quota/rate.ts'
import { startSweeper } from './service/sweeper.ts'
import { openStores } from './storage/registry.ts'
import { createApp } from './transport/http/app.ts'
import { keystoneAuth } from './transport/http/auth/keystone.ts'
import { noAuthentication } from './transport/http/auth/none.ts'
import { isDialectId } from './transport/http/dialects.ts'
import { listen } from './transport/http/server.ts'

/** A process that serves requests. */
export interface Service {
  readonly url: string
  /** Finishes running requests, refuses new ones, and closes the stores; bounded by `drain_timeout`. */
  stop(): Promise<void>
}

/**
 * Starts to serve in this process, with the request counts of `ledger`. Rejects if it cannot listen, open its stores or read its
 * files; nothing is left open then.
 */
export async function startService(config: Config, log: Logger, ledger: Ledger): Promise<Service> {
  const opened: (() => unknown)[] = []
  const close = async () => {
    for (const closeOne of opened.reverse()) await closeOne()
  }
  try {
    return await start(config, log, ledger, opened, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(config: Config, log: Logger, ledger: Ledger, opened: (() => unknown)[], close: () => Promise<void>): Promise<Service> {
  const isKeystone = config.DEFAULT.auth_strategy === 'keystone'
  const auth = isKeystone ? keystoneAuth(config.keystone_authtoken, { log, clock: systemClock }) : noAuthentication()
  opened.push(() => { auth.close() })
  // Without authentication there is nobody whose roles a rule could look at.
  const policy = isKeystone ? await openPolicy(policyPlace(config.oslo_policy, []), log) : null
  opened.push(() => policy?.close())
  const quotas = await openQuotas(config.quotas, log)
  opened.push(() => { quotas.close() })
  const stores = await openStores(config, systemClock)
  opened.push(() => Promise.all([stores.control.close(), stores.data.close()]))

  const app = createApp({
    stores, log, auth, policy, quotas,
    limits: config.transport,
    cors: config.cors,
    rate: new LeasedRate(ledger, systemClock),
    rateLimitStatus: config.quotas.rate_limit_status,
    versions: config.DEFAULT.enable_deprecated_api_versions.filter(isDialectId),
  })
  const { bind, port, request_timeout: requestTimeout, drain_timeout: drainTimeout } = config['drivers:transport:wsgi']
  const server = await listen(app, { bind, port, requestTimeout: requestTimeout * 1000 })
  const sweeper = startSweeper(stores.data, failure => { log.error({ err: failure }, 'expired messages could not be removed') })
  return {
    url: server.url,
    async stop() {
      await Promise.all([server.drain(drainTimeout * 1000), sweeper.stop()])
      await close()
    },
  }
}
