/** Puts the parts together: configuration -> stores -> application -> listener. The only file that knows them all. */
import type { Socket } from 'node:net'
import type Koa from 'koa'
import type { Logger } from 'pino'
import { systemClock } from './clock.ts'
import type { Config } from './config/tables.ts'
import { openPolicy, policyPlace } from './policy/file.ts'
import { openQuotas } from './quota/overrides.ts'
import { LeasedRate, type Ledger } from './quota/rate.ts'
import type { WaitLedger } from './quota/waits.ts'
import { startSweeper } from './service/sweeper.ts'
import { Waiters } from './service/waiters.ts'
import type { Stores } from './storage/contract.ts'
import { encrypted } from './storage/encrypt.ts'
import { openStores } from './storage/registry.ts'
import { Sealer } from './storage/sealer.ts'
import type { Tenures } from './storage/tenures.ts'
import { createApp } from './transport/http/app.ts'
import { keystoneAuth } from './transport/http/auth/keystone.ts'
import { noAuthentication } from './transport/http/auth/none.ts'
import { isDialectId } from './transport/http/dialects.ts'
import { listen, serve, type Serving } from './transport/http/server.ts'
import type { State } from './transport/http/state.ts'

/** Something that serves requests. */
export interface Service {
  /** Finishes running requests, refuses new ones, and closes the stores; bounded by `drain_timeout`. */
  stop(): Promise<void>
}

/** A service that accepts connections. */
export interface Listener extends Service {
  readonly url: string
}

/** What the processes of a server have in common. */
export interface Shared {
  /** The request counts. */
  readonly ledger: Ledger
  /** The counts of open long waits. */
  readonly waits: WaitLedger
  /** The folders of pools. */
  readonly tenures: Tenures
}

/** A service for connections that another process accepts. */
export interface WorkerService extends Service {
  take(socket: Socket): void
}

/**
 * Starts to serve on the configured address. Rejects if it cannot listen, open its stores or read its files; nothing is left open
 * then.
 */
export function startService(config: Config, log: Logger, shared: Shared): Promise<Listener> {
  const { bind, port, request_timeout: timeout } = config['drivers:transport:wsgi']
  return start(config, log, shared, app => listen(app, { bind, port, requestTimeout: timeout * 1000, log }))
}

/** Starts to serve connections that are handed in, likewise. */
export function startWorkerService(config: Config, log: Logger, shared: Shared): Promise<WorkerService> {
  const { request_timeout: timeout } = config['drivers:transport:wsgi']
  return start(config, log, shared, async app => serve(app, { requestTimeout: timeout * 1000, log }))
}

async function start<Server extends Serving>(config: Config, log: Logger, shared: Shared, begin: (app: Koa<State>) => Promise<Server>): Promise<Server & Service> {
  const opened: (() => unknown)[] = []
  const close = async () => {
    for (const closeOne of opened.reverse()) await closeOne()
  }
  try {
    const { app, stores, waiters } = await assemble(config, log, shared, opened)
    const server = await begin(app)
    const sweeper = startSweeper(stores.data, failure => { log.error({ err: failure }, 'expired messages could not be removed') })
    const stop = async () => {
      const drained = server.drain(config['drivers:transport:wsgi'].drain_timeout * 1000)
      waiters.drain()
      await Promise.all([drained, sweeper.stop()])
      await close()
    }
    return { ...server, stop }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens all that an application needs; `opened` gets what closes it again. */
async function assemble(config: Config, log: Logger, { ledger, waits, tenures }: Shared, opened: (() => unknown)[]): Promise<{ app: Koa<State>; stores: Stores; waiters: Waiters }> {
  const isKeystone = config.DEFAULT.auth_strategy === 'keystone'
  const auth = isKeystone ? keystoneAuth(config.keystone_authtoken, { log, clock: systemClock }) : noAuthentication()
  opened.push(() => { auth.close() })
  // Without authentication there is nobody whose roles a rule could look at.
  const policy = isKeystone ? await openPolicy(policyPlace(config.oslo_policy, []), log) : null
  opened.push(() => policy?.close())
  const quotas = await openQuotas(config.quotas, log)
  opened.push(() => { quotas.close() })
  const storage = await openStores(config, { clock: systemClock, tenures, tell: (pool, failure) => { log.error({ err: failure, pool }, 'a pool cannot be swept') } })
  opened.push(() => storage.close())
  if (storage.about !== null) log.info({ store: storage.about }, 'the message store is open')
  const { message_encryption_key, message_encryption_former_keys, ...limits } = config.transport
  const sealer = new Sealer({ message_encryption_key, message_encryption_former_keys })
  const stores: Stores = { control: storage.control, data: encrypted(storage.data, sealer) }
  const waiters = new Waiters(stores, quotas, waits, limits)

  const app = createApp({
    stores, log, auth, policy, quotas, waiters,
    pools: storage.pools,
    pooling: config.DEFAULT.pooling,
    limits,
    cors: config.cors,
    adminMode: config.DEFAULT.admin_mode,
    rate: new LeasedRate(ledger, systemClock),
    rateLimitStatus: config.quotas.rate_limit_status,
    clock: systemClock,
    signing: config.signed_url,
    checksums: config.DEFAULT.enable_checksum,
    canEncrypt: sealer.canSeal,
    versions: [...config.DEFAULT.enable_deprecated_api_versions.filter(isDialectId), '2'],
  })
  return { app, stores, waiters }
}
