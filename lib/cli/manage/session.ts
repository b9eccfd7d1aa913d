/** What the commands of marconi-manage have in common: the configuration, and the stores that it names. */
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import { readEnvironment } from '../../config/environment.ts'
import { loadConfig } from '../../config/load.ts'
import { findConfigFiles, searchPath } from '../../config/search.ts'
import type { Config } from '../../config/tables.ts'
import { parseProject, parseQueueName, type Project, type QueueName } from '../../model/names.ts'
import { parsePoolName, type PoolName } from '../../model/pool.ts'
import { openStores, type OpenedStores, type StorageContext } from '../../storage/registry.ts'
import { BESIDE_THE_SERVER } from '../../storage/tenures.ts'

/** Where a command finds its store. */
export interface Common {
  readonly configFile?: readonly string[]
  readonly dataDir?: string
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Gives a command the options by which it finds its store. */
export function onStores(command: Command): Command {
  return command
    .option('--config-file <file>', 'read this configuration file; may be repeated', collect)
    .option('--data-dir <folder>', 'the folder of everything the server keeps on disk')
}

/** Reads the configuration that a command shall use. */
export function configOf({ configFile = [], dataDir }: Common): Config {
  const environment = readEnvironment()
  const files = configFile.length > 0 ? configFile : findConfigFiles(searchPath(environment))
  return loadConfig({ files, flags: dataDir === undefined ? {} : { 'DEFAULT/state_path': dataDir }, environment }).config
}

/** Runs an action on the stores of a configuration, beside the server that may be running on them. Who sweeps says whom to tell of failures. */
export async function withStores<Result>(
  config: Config, action: (stores: OpenedStores) => Promise<Result>, tell: StorageContext['tell'] = () => undefined,
): Promise<Result> {
  const stores = await openStores(config, { clock: systemClock, tenures: BESIDE_THE_SERVER, tell })
  try {
    return await action(stores)
  } finally {
    await stores.close()
  }
}

/** Reads the argument PROJECT. */
export function projectOf(text: string): Project {
  const project = parseProject(text)
  if (project === null) throw new Error('PROJECT must have 1 to 256 characters')
  return project
}

/** Reads the name of a queue. */
export function queueOf(text: string): QueueName {
  const queue = parseQueueName(text)
  if (queue === null) throw new Error(`${JSON.stringify(text)} is no name of a queue`)
  return queue
}

/** Reads the name of a pool. */
export function poolOf(text: string): PoolName {
  const pool = parsePoolName(text)
  if (pool === null) throw new Error('NAME must have 1 to 64 characters, none of them a slash or a control character')
  return pool
}

/** Writes to standard output, no faster than it is read. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, error => { if (error) reject(error); else resolve() })
  })
}

/** A table whose columns are as wide as they must be. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}
