/** Real server processes, of the build that the running test belongs to. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { forgetGroup, signalGroup, watchGroup } from './process-group.ts'
import { until } from './until.ts'

/** The script of marconi-server. */
export const SERVER = fileURLToPath(new URL('../../lib/cli/server.js', import.meta.url))

/** A folder that is removed with the test. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'marconi-server-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) })
  return folder
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** All that it wrote, its log included. */
  readonly stdout: string
  readonly stderr: string
}

/** What a server is started with. */
export interface ServerOptions {
  readonly dataDir: string
  readonly workers?: number
  readonly port?: number
  readonly args?: readonly string[]
  /** Options as environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** A command that the server runs under. */
  readonly under?: readonly string[]
}

/** A process of the server's program. Configuration of the machine and the user does not reach it. */
export class Program {
  readonly #child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, under: readonly string[] = []) {
    const home = join(tmpdir(), 'marconi-no-home')
    const [command = process.execPath, ...rest] = [...under, process.execPath, SERVER, ...args]
    // A group of its own, so that all its processes can be killed at the same moment.
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home, ...env },
    })
    const { pid } = this.#child
    watchGroup(pid)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => { this.stdout += text })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.stderr += text })
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        forgetGroup(pid)
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Kills all its processes at the same moment. */
  kill(): Promise<Ended> {
    signalGroup(this.pid, 'SIGKILL')
    return this.ended
  }

  /** Sends the first process a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** Runs the program to its end. */
export function runToEnd(t: Test, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
  const program = new Program(args, env)
  t.teardown(() => program.kill())
  return program.ended
}

/** A server that has said where it listens. */
export class RunningServer {
  readonly #program: Program
  readonly url: string
  readonly options: ServerOptions

  constructor(program: Program, url: string, options: ServerOptions) {
    this.#program = program
    this.url = url
    this.options = options
  }

  get pid(): number {
    return this.#program.pid
  }

  get ended(): Promise<Ended> {
    return this.#program.ended
  }

  get stdout(): string {
    return this.#program.stdout
  }

  /** The lines of its log so far, parsed. */
  get log(): readonly Record<string, unknown>[] {
    return this.#program.stderr.split('\n').flatMap(line => line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : [])
  }

  /** The log as it came. */
  get stderr(): string {
    return this.#program.stderr
  }

  /** The processes that serve requests under the first one, if there are any. */
  workers(): number[] {
    return childrenOf(this.pid)
  }

  /** How many workers have taken the place of dead ones, and serve. */
  get replacements(): number {
    return this.log.filter(({ msg }) => msg === 'a new worker serves').length
  }

  /** Kills all its processes at the same moment. */
  kill(): Promise<Ended> {
    return this.#program.kill()
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal)
  }

  /** Has it stop in order. */
  stop(): Promise<Ended> {
    this.#program.signal('SIGTERM')
    return this.ended
  }

  /** Starts another one on the same data, after this one has ended. */
  restart(t: Test, over: Partial<ServerOptions> = {}): Promise<RunningServer> {
    return startServer(t, { ...this.options, ...over })
  }
}

/** The children of a process. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => {
    try {
      // The name of the program, in parentheses, may hold anything; then come the state and the parent.
      const [state, ppid] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      return Number(ppid) === parent && state !== 'Z'
    } catch {
      return false
    }
  })
}

/** Starts a server and waits until it says where it listens. It ends with the test. */
export async function startServer(t: Test, options: ServerOptions): Promise<RunningServer> {
  const { dataDir, workers = 1, port = 0, args = [], env = {}, under = [] } = options
  const program = new Program(['--port', String(port), '--data-dir', dataDir, '--workers', String(workers), ...args], env, under)
  t.teardown(() => program.kill())
  const url = await until('the server says where it listens', () => {
    if (program.hasExited) throw new Error(`the server ended instead of serving: ${program.stderr}`)
    return /listening on (\S+?),.*\n/.exec(program.stdout)?.[1] ?? null
  }, 20_000)
  return new RunningServer(program, url, options)
}
