#!/usr/bin/env node
/** marconi-manage: looks after a store, beside a running server or without one. */
import { Command, CommanderError } from 'commander'
import { pino } from 'pino'
import { systemClock } from '../clock.ts'
import { readEnvironment } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { findConfigFiles, searchPath } from '../config/search.ts'
import type { Config } from '../config/tables.ts'
import { parseProject } from '../model/names.ts'
import { openQuotas } from '../quota/overrides.ts'
import { reportQuota, type QuotaReport } from '../service/quotas.ts'
import { openStores } from '../storage/registry.ts'
import { BESIDE_THE_SERVER } from '../storage/tenures.ts'
import { problemsOf, versionOf } from './process.ts'

const PROGRAM = 'marconi-manage'

interface Common {
  readonly configFile?: readonly string[]
  readonly dataDir?: string
}

function configOf({ configFile = [], dataDir }: Common): Config {
  const environment = readEnvironment()
  const files = configFile.length > 0 ? configFile : findConfigFiles(searchPath(environment))
  return loadConfig({ files, flags: dataDir === undefined ? {} : { 'DEFAULT/state_path': dataDir }, environment }).config
}

/** One line for each quota: its limit, and what is used of it. */
function tableOf({ project, limits, use }: QuotaReport): string {
  const used: Readonly<Record<string, number>> = use
  const rows = Object.entries(limits).map(([name, limit]) => [name, limit === null ? 'none' : String(limit), name in used ? String(used[name]) : '-'])
  const lines = [['quota', 'limit', 'used'], ...rows].map(([name = '', limit = '', count = '']) => `${name.padEnd(22)}${limit.padStart(16)}${count.padStart(16)}`)
  return `project ${project}\n${lines.join('\n')}\n`
}

async function showQuota(name: string, options: Common & { readonly json?: true }): Promise<void> {
  const project = parseProject(name)
  if (project === null) throw new Error('PROJECT must have 1 to 256 characters')
  const config = configOf(options)
  const stores = await openStores(config, { clock: systemClock, tenures: BESIDE_THE_SERVER, tell: () => undefined })
  const quotas = await openQuotas(config.quotas, pino({ level: 'silent' }))
  try {
    const report = await reportQuota(stores, quotas, project)
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : tableOf(report))
  } finally {
    quotas.close()
    await stores.close()
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function program(): Command {
  const command = new Command(PROGRAM)
    .description('Looks after a Marconi store, beside a running server or without one.')
    .version(versionOf(), '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .exitOverride()
    .addHelpText('after', '\nExit status: 0 done, 1 it failed, 2 the command line is wrong.')
  command.command('quota').description('what projects may keep, and what they keep')
    .command('show').argument('<project>', 'the id of the project')
    .description('shows the limits of a project and what it uses of them')
    .option('--json', 'print one JSON object instead of a table')
    .option('--config-file <file>', 'read this configuration file; may be repeated', collect)
    .option('--data-dir <folder>', 'the folder of everything the server keeps on disk')
    .action(showQuota)
  return command
}

async function main(): Promise<number> {
  try {
    await program().parseAsync(process.argv)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    for (const line of problemsOf(error)) process.stderr.write(`${PROGRAM}: ${line}\n`)
    return 1
  }
}

process.exit(await main())
