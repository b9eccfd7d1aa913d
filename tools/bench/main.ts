/** The bench: starts the server and its yardsticks, measures them beside each other, and prints what it found. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeClient } from './client.ts'
import { compare, type Field, type RowResult } from './compare.ts'
import { measureDepth, measureWorkers, type Curve } from './curves.ts'
import { probeDisk } from './disk.ts'
import { measureMongodb } from './mongodb.ts'
import { readOptions, USAGE, type BenchOptions } from './options.ts'
import { startServer, startYardstick, type Target } from './processes.ts'
import { profileSummary } from './profile.ts'
import { report, type Results } from './report.ts'
import { isAsked, rowPlans } from './rows.ts'
import { measureNeighbour, measureToken } from './tenants.ts'
import { measureWaits } from './waits.ts'

function tell(text: string): void {
  process.stderr.write(`bench: ${text}\n`)
}

async function run(options: BenchOptions, folder: string, profileFolder: string | null): Promise<Results> {
  const started: Target[] = []
  const start = async <Started extends Target>(starting: Promise<Started>): Promise<Started> => {
    const target = await starting
    started.push(target)
    return target
  }
  try {
    const before = probeDisk(folder)
    tell(`fresh store in ${folder}, server's log in server.log there; 4 KiB + fdatasync p50 ${before.p50.toFixed(2)} ms`)
    const field: Field = {
      server: await start(startServer(folder, { workers: options.workers, profileFolder })),
      bare: await start(startYardstick(null)),
      durable: await start(startYardstick(join(folder, 'journal'))),
      seconds: options.seconds, rounds: options.rounds, tell,
    }
    const rows: RowResult[] = []
    for (const { key, plan } of rowPlans(options.connections)) {
      if (isAsked(key, options.only, options.connections)) rows.push(await compare(field, plan))
    }
    const curves: Curve[] = []
    if (isAsked('depth', options.only, [])) curves.push(await measureDepth(field.server, options.depth, field))
    if (isAsked('workers', options.only, [])) curves.push(await measureWorkers(folder, field))
    if (isAsked('token', options.only, [])) curves.push(await measureToken(folder, field))
    if (isAsked('neighbour', options.only, [])) curves.push(await measureNeighbour(folder, field))
    if (isAsked('waits', options.only, [])) curves.push(await measureWaits(folder, field))
    const mongodb = isAsked('mongodb', options.only, []) ? await measureMongodb(folder, field) : []
    return { machine: machineText(), how: howText(options), disk: [before, probeDisk(folder)], rows, curves, mongodb }
  } finally {
    for (const target of started) await target.stop()
    closeClient()
  }
}

function machineText(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), shared with the load generator; Node ${process.version}, ${process.platform}`
}

function howText({ seconds, rounds, workers, isProfiled }: BenchOptions): string {
  const profiled = isProfiled ? ', under the CPU profiler' : ''
  return `slices of ${seconds} s, ${rounds} for each target in turn, after a warm-up; median of the rates and of the ratios; `
    + `server with ${workers} worker(s), durable store, log to a file${profiled}; bodies of 1 KiB`
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(USAGE)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'marconi-bench-'))
  const profileFolder = options.isProfiled ? join(folder, 'profile') : null
  const clear = () => { rmSync(folder, { recursive: true, force: true }) }
  process.once('exit', clear)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  if (profileFolder !== null) mkdirSync(profileFolder)
  try {
    const results = await run(options, folder, profileFolder)
    process.stdout.write(`${report(results)}\n`)
    if (profileFolder !== null) process.stdout.write(`\n${profileSummary(profileFolder)}\n`)
    if (options.json !== '') writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
    return 0
  } finally {
    process.off('exit', clear)
    clear()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  tell(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
