/** The processes that are measured: our server and the yardsticks. Each runs in a folder of its own. */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer, ToYardstick, FromYardstick } from './koa.ts'

/** Something that answers requests. */
export interface Target {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** A Koa server that can be told what to answer. */
export interface Yardstick extends Target {
  answer(answers: Readonly<Record<string, Answer>>): Promise<void>
}

const START_MS = 20_000
const STOP_MS = 20_000
/** Characters of a log that an error shows. */
const MAX_SHOWN = 2000
const LISTENING = /listening on (http:\/\/[^,\s]+)/

/** How our server is started. */
export interface ServerOptions {
  readonly workers: number
  /** Where the CPU profiler puts what it finds; null to do without. */
  readonly profileFolder?: string | null
  /** Options that are not as usual, as environment variables. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts our server on a fresh store in a folder; its log goes to the file `server.log` there. */
export async function startServer(folder: string, { workers, profileFolder = null, environment = {} }: ServerOptions): Promise<Target> {
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, 'server.log')
  const log = openSync(logFile, 'a')
  const profiling = profileFolder === null ? [] : ['--cpu-prof', '--cpu-prof-interval', '500', `--cpu-prof-dir=${profileFolder}`]
  const program = fileURLToPath(new URL('../../lib/cli/server.js', import.meta.url))
  const child = spawn(process.execPath, [
    ...profiling, program, '--bind', '127.0.0.1', '--port', '0', '--data-dir', join(folder, 'data'), '--workers', String(workers),
  ], { stdio: ['ignore', 'pipe', log], env: { ...process.env, ...environment } })
  closeSync(log)
  const url = await whenStarted<string>(child, resolve => {
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = LISTENING.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
  }).catch((error: unknown) => { throw new Error(`the server did not start: ${readFileSync(logFile, 'utf8').slice(-MAX_SHOWN)}`, { cause: error }) })
  return { url, pid: child.pid ?? 0, stop: () => stopChild(child) }
}

/** Starts a bare Koa server. With a file it appends what it is sent to it, and syncs, before it answers. */
export async function startYardstick(file: string | null): Promise<Yardstick> {
  const program = fileURLToPath(new URL('./koa.js', import.meta.url))
  const child = fork(program, file === null ? [] : [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const url = await whenStarted<string>(child, resolve => {
    child.once('message', ({ url }: FromYardstick) => { resolve(url) })
  })
  return {
    url,
    pid: child.pid ?? 0,
    stop: () => stopChild(child),
    answer: answers => new Promise((resolve, reject) => {
      child.once('message', () => { resolve() })
      child.send({ answers } satisfies ToYardstick, error => { if (error !== null) reject(error) })
    }),
  }
}

/** Resolves when a child serves. Whatever happens to this process, the child does not outlive it. */
function whenStarted<Result>(child: ChildProcess, wait: (resolve: (result: Result) => void) => void): Promise<Result> {
  const end = () => { child.kill('SIGKILL') }
  process.once('exit', end)
  child.once('exit', () => { process.off('exit', end) })
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error('a measured process did not start in time'))
    }, START_MS)
    child.once('error', reject)
    child.once('exit', code => {
      clearTimeout(deadline)
      reject(new Error(`a measured process ended with ${code} before it answered`))
    })
    wait(result => {
      clearTimeout(deadline)
      resolve(result)
    })
  })
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.once('exit', () => {
      clearTimeout(deadline)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
