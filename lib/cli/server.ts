#!/usr/bin/env node
/** marconi-server: reads the configuration, takes the data folder, serves, and drains when it is told to stop. */
import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { pino } from 'pino'
import { startService } from '../bootstrap.ts'
import { systemClock } from '../clock.ts'
import { readEnvironment } from '../config/environment.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { findConfigFiles, searchPath } from '../config/search.ts'
import { showConfig } from '../config/show.ts'
import type { Config } from '../config/tables.ts'
import { policyPlace, readPolicy } from '../policy/file.ts'
import { openQuotas } from '../quota/overrides.ts'
import { Buckets } from '../quota/rate.ts'
import { OpenWaits } from '../quota/waits.ts'
import { takeTenure, takeTenures } from '../storage/registry.ts'
import { parseArguments } from './arguments.ts'
import { openServerLog, problemsOf, versionOf } from './process.ts'
import { supervise } from './supervisor.ts'
import { runWorker } from './worker.ts'

const PROGRAM = 'marconi-server'

function complain(text: string): void {
  process.stderr.write(`${PROGRAM}: ${text}\n`)
}

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2), versionOf())
  if (args.kind === 'print') {
    process.stdout.write(args.text)
    return 0
  }
  if (args.kind === 'bad-usage') {
    process.stderr.write(`${args.text}\n`)
    return 2
  }
  try {
    const environment = readEnvironment()
    const files = args.configFiles.length > 0 ? args.configFiles : findConfigFiles(searchPath(environment))
    const loaded = loadConfig({ files, flags: args.flags, environment })
    for (const warning of loaded.warnings) complain(`warning: ${warning}`)
    await checkFiles(loaded.config)
    if (args.kind === 'check-config') {
      process.stdout.write(showConfig(loaded))
      return 0
    }
    await serve(loaded)
    return 0
  } catch (error) {
    for (const line of problemsOf(error)) complain(line)
    return 1
  }
}

/** Reads the files that the configuration names, so that what is wrong with them is said once and not by every worker. */
async function checkFiles(config: Config): Promise<void> {
  const quiet = pino({ level: 'silent' })
  if (config.DEFAULT.auth_strategy === 'keystone') await readPolicy(policyPlace(config.oslo_policy, []))
  const quotas = await openQuotas(config.quotas, quiet)
  quotas.close()
}

async function serve({ config, files }: LoadedConfig): Promise<void> {
  // Before anything is started: a signal that comes meanwhile is obeyed as soon as it can be.
  const stopped = stopSignal()
  const { log, flush } = await openServerLog(config)
  const tenure = await takeTenure(config)
  const tenures = takeTenures(config)
  try {
    const workers = config.DEFAULT.workers || availableParallelism()
    const service = workers === 1 ? await startService(config, log, { ledger: new Buckets(systemClock), waits: new OpenWaits().share(), tenures }) : await supervise(config, workers, log, tenures)
    log.info({ url: service.url, files, workers }, 'serving')
    process.stdout.write(`${PROGRAM}: ${describe(config, service.url, workers)}\n`)
    const signal = await stopped
    log.info({ signal }, 'stopping')
    await service.stop()
  } finally {
    await tenures.release()
    await tenure.release()
    flush()
  }
}

function describe(config: Config, url: string, workers: number): string {
  const { message_store: store } = config.drivers
  const { path, durability } = config['drivers:message_store:lmdb']
  return [
    `listening on ${url}`,
    store === 'lmdb' ? `store lmdb (${durability}) in ${path}` : `store ${store}`,
    `auth ${config.DEFAULT.auth_strategy || 'none'}`,
    workers === 1 ? '1 worker' : `${workers} workers`,
  ].join(', ')
}

function stopSignal(): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { resolve(signal) })
  })
}

if (cluster.isWorker) runWorker()
else process.exit(await main())
