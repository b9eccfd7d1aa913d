/** The server that stands in for MongoDB where no genuine one can be installed: it speaks the protocol, on one node. */
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { forgetGroup, signalGroup, watchGroup } from '../process-group.ts'
import { until } from '../until.ts'

const PROGRAM = 'secantusd-rs'
/** Beside the checkout, where a machine keeps what its checkouts share. */
const SHARED = fileURLToPath(new URL('../../../../../shared/bin', import.meta.url))
/** Restarting on existing data takes up to 15 s on a busy machine. */
const START_MS = 60_000

/** What the server is started with. */
export interface MongoProcessOptions {
  /** `durable`: what was acknowledged is on disk, as with a genuine server's default. `none`: it may be lost with the process. */
  readonly durability?: 'durable' | 'none'
  /** `standalone` has neither transactions nor retryable writes. */
  readonly topology?: 'replica set' | 'standalone'
  /** Who may use it, by password; everyone if left out. */
  readonly user?: { readonly name: string; readonly password: string }
  /** Memory for its cache, `256M` unless said otherwise. */
  readonly cache?: string
}

/** Where the stand-in is on this machine; null if it is not. */
export function findProgram(): string | null {
  const tools = process.env['MARCONI_TOOLS'] ?? ''
  const folders = [...tools === '' ? [] : [tools, join(tools, 'bin')], ...(process.env['PATH'] ?? '').split(delimiter), SHARED]
  return folders.map(folder => join(folder, PROGRAM)).find(isExecutable) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** One server with a folder of its own, on a port of its own that it keeps. */
export class MongoProcess {
  readonly #program: string
  readonly #folder: string
  readonly #options: MongoProcessOptions
  #port = 0
  #child: ChildProcess | null = null

  constructor(program: string, folder: string, options: MongoProcessOptions = {}) {
    this.#program = program
    this.#folder = folder
    this.#options = options
    mkdirSync(join(folder, 'data'), { recursive: true })
    // An empty file of its own, so that none of the machine's configuration reaches it.
    writeFileSync(join(folder, 'secantusd.toml'), '')
  }

  /** The connection string, with the user's name and password if it asks for them. */
  get uri(): string {
    const { user } = this.#options
    const login = user === undefined ? '' : `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@`
    return `mongodb://${login}127.0.0.1:${String(this.#port)}/`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts it on its data, and waits until it answers. */
  async start(): Promise<void> {
    const { user } = this.#options
    // Users are made while everyone may do so.
    if (user !== undefined && this.#port === 0) {
      await this.#run([])
      await this.#makeUser(user)
      await this.stop()
    }
    await this.#run(user === undefined ? [] : ['--auth'])
  }

  /** Kills it without a warning. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Has it end in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** Holds it: connections stay open, and nothing is answered. */
  hold(): void {
    signalGroup(this.pid, 'SIGSTOP')
  }

  /** Lets it go on. */
  resume(): void {
    signalGroup(this.pid, 'SIGCONT')
  }

  async #run(more: readonly string[]): Promise<void> {
    const { durability = 'none', topology = 'replica set', cache = '256M' } = this.#options
    const log = join(this.#folder, 'server.log')
    const child = spawn(this.#program, [
      '--config', join(this.#folder, 'secantusd.toml'), '--host', '127.0.0.1', '--port', String(this.#port),
      '--storage-path', join(this.#folder, 'data'), '--log-level', 'WARNING', '--cache-size', cache,
      // Allocated in full, so this is the size of an empty store.
      '--log-file-max', '16MB',
      ...durability === 'durable' ? ['--sync-on-commit'] : [],
      ...topology === 'standalone' ? ['--standalone'] : [],
      ...more,
    ], { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#child = child
    watchGroup(child.pid)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        writeFileSync(log, text, { flag: 'a' })
      })
    }
    let failure: Error | null = null
    child.once('error', error => { failure = error })
    this.#port = await until('the database says where it listens', () => {
      if (failure !== null) throw failure
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the database ended instead of serving: ${readFileSync(log, 'utf8').slice(-2000)}`)
      return Number(/listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? 0) || null
    }, START_MS)
    await until('the database answers', () => this.#answers(), START_MS)
  }

  async #answers(): Promise<boolean> {
    // A client whose first connection failed is of no more use: each attempt has one of its own.
    const client = new MongoClient(this.uri, { serverSelectionTimeoutMS: 1000, directConnection: true })
    try {
      await client.db('admin').command({ ping: 1 })
      return true
    } catch (error) {
      // Before its first user exists, a server that asks for names refuses everyone, and that is an answer too.
      if (error instanceof Error && /auth/i.test(error.message)) return this.#options.user !== undefined
      return false
    } finally {
      await client.close()
    }
  }

  async #makeUser({ name, password }: { readonly name: string; readonly password: string }): Promise<void> {
    const client = new MongoClient(`mongodb://127.0.0.1:${String(this.#port)}/`)
    await client.db('admin').command({ createUser: name, pwd: password, roles: ['root'] })
    await client.close()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child?.pid === undefined) return
    const { pid } = child
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(resolve => { child.once('close', resolve) })
      signalGroup(pid, signal)
      // What is held does not hear anything else.
      const impatient = setTimeout(() => { signalGroup(pid, 'SIGKILL') }, 10_000)
      await ended
      clearTimeout(impatient)
    }
    forgetGroup(pid)
  }
}
