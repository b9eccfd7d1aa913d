/** The LMDB environment of a data folder: its tables, its transactions, and the one place where its errors are caught. */
import { resolve } from 'node:path'
import { ABORT, open, type Database, type RootDatabase } from 'lmdb'
import { MarconiError, storageUnavailable } from '../../errors.ts'
import { Gate } from './gate.ts'
import { Newsroom } from './newsroom.ts'

/** A table of binary rows. Every row read is counted as one step (decisions 24). */
export class Table {
  readonly #database: Database<Buffer, Buffer>
  readonly #steps: Steps

  constructor(database: Database<Buffer, Buffer>, steps: Steps) {
    this.#database = database
    this.#steps = steps
  }

  get(key: Buffer): Buffer | null {
    this.#steps.count++
    return this.#database.getBinary(key) ?? null
  }

  /** Reads a row where it lies: `parse` must not keep `bytes`, whose first `length` bytes are the row. */
  parse<Result>(key: Buffer, parse: (bytes: Buffer, length: number) => Result): Result | null {
    this.#steps.count++
    const bytes = this.#database.getBinaryFast(key)
    return bytes === undefined ? null : parse(bytes, bytes.length)
  }

  /** A row that is an array of numbers. */
  numbers(key: Buffer): Float64Array | null {
    return this.parse(key, (bytes, length) => {
      const numbers = new Float64Array(length / 8)
      new Uint8Array(numbers.buffer).set(bytes.subarray(0, length))
      return numbers
    })
  }

  /** How many rows there are. */
  size(): number {
    this.#steps.count++
    const { entryCount }: { entryCount?: unknown } = this.#database.getStats()
    return typeof entryCount === 'number' ? entryCount : 0
  }

  /** Within a transaction. */
  put(key: Buffer, value: Buffer): void {
    void this.#database.put(key, value)
  }

  /** Within a transaction. */
  remove(key: Buffer): void {
    void this.#database.remove(key)
  }

  /** Keys from `start` to before `end`, at most `limit`. */
  keys(start: Buffer, end: Buffer, limit: number): Buffer[] {
    const found: Buffer[] = []
    // Copied, and the cursor closed, before anything else runs: an open one makes the file grow without bound.
    for (const key of this.#database.getKeys({ start, end, limit })) {
      this.#steps.count++
      found.push(Buffer.from(key))
    }
    return found
  }

  /** Rows from `start` to before `end`, at most `limit`. */
  rows(start: Buffer, end: Buffer, limit: number): { readonly key: Buffer; readonly value: Buffer }[] {
    const found: { key: Buffer; value: Buffer }[] = []
    for (const { key, value } of this.#database.getRange({ start, end, limit })) {
      this.#steps.count++
      found.push({ key: Buffer.from(key), value: Buffer.from(value) })
    }
    return found
  }
}

/** How many rows were read, since the store was opened. */
export interface Steps {
  count: number
}

/** How a data folder is opened. */
export interface EnvironmentOptions {
  /** The folder; it is made if it is missing. */
  readonly path: string
  /** `none` gives up durability for speed: see `[drivers:message_store:lmdb] durability`. */
  readonly durability: 'durable' | 'none'
}

/** Address space for the file. It is no limit: a larger file is mapped anew as it grows, which takes a moment. */
const MAP_SIZE = 64 * 2 ** 30

/** After a crash of the machine: fall back to the last transaction that is whole on disk. The type of the package lacks it. */
const SAFE_RESTORE = { safeRestore: true }

/** An open data folder. */
export interface Environment extends Readonly<Record<(typeof TABLES)[number], Table>> {
  readonly steps: Steps
  /** What is committed to the folder, for those who wait for it. */
  readonly newsroom: Newsroom
  /** Names this process among those that have the folder open. */
  readonly name: string
  /** Whether the process of a name still has the folder open. */
  isOpenIn(name: string): Promise<boolean>
  /**
   * Runs `change` in a write transaction, without awaiting anything, and resolves with what it returned when the transaction
   * is on disk. Calls that wait share one transaction and one sync. If it throws before it wrote, nothing is changed.
   */
  write<Result>(what: string, change: () => Result): Promise<Result>
  /** Like `write`, but what was written is undone if `isRefused` says so of the result. */
  writeOrUndo<Result>(what: string, change: () => Result, isRefused: (result: Result) => boolean): Promise<Result>
  /** Runs `reading` on the newest committed state, without awaiting anything. */
  read<Result>(what: string, reading: () => Result): Promise<Result>
  close(): Promise<void>
}

const openFolders = new Map<string, { readonly env: Promise<Environment>; users: number }>()

/** Opens a data folder. Several processes may have it open at once; within one process it is opened once and shared. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const path = resolve(options.path)
  const shared = openFolders.get(path) ?? { env: openNew({ ...options, path }), users: 0 }
  shared.users++
  openFolders.set(path, shared)
  const leave = () => {
    if (--shared.users === 0) openFolders.delete(path)
    return shared.users === 0
  }
  try {
    const env = await shared.env
    return { ...env, close: async () => { if (leave()) await env.close() } }
  } catch (error) {
    leave()
    throw translate('opening the data folder', error)
  }
}

async function openNew(options: EnvironmentOptions): Promise<Environment> {
  const { gate, opened: { root, steps, tables } } = await Gate.open(options.path, () => openTables(options))
  const newsroom = new Newsroom(gate.peers)
  return {
    ...tables,
    steps,
    newsroom,
    name: gate.name,
    isOpenIn: name => gate.answers(name),
    write: (what, change) => attempt(what, () => gate.pass(() => root.transaction(change))),
    async writeOrUndo<Result>(what: string, change: () => Result, isRefused: (result: Result) => boolean) {
      const results: Result[] = []
      await attempt(what, () => gate.pass(() => root.childTransaction(() => {
        const result = change()
        results.push(result)
        return isRefused(result) ? ABORT : undefined
      })))
      const [result] = results
      if (result === undefined) throw storageUnavailable(what, new Error('the transaction did not run'))
      return result
    },
    async read(what, reading) {
      // The snapshot may be older than what another process has committed and acknowledged.
      return guard(what, () => {
        root.resetReadTxn()
        return reading()
      })
    },
    async close() {
      newsroom.close()
      await root.close()
      await gate.close()
    },
  }
}

/** Changes when a release can no longer read what an earlier one has written. */
const FORMAT = '2'
const FORMAT_KEY = Buffer.from('format')

const TABLES = [
  'meta', 'queues', 'counts', 'pools', 'flavors', 'groups', 'placed', 'placedCounts',
  'heads', 'usage', 'messages', 'holds', 'aliases', 'claims', 'trees', 'due',
] as const

function openTables({ path, durability }: EnvironmentOptions) {
  const root: RootDatabase<Buffer, Buffer> = open<Buffer, Buffer>({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    mapSize: MAP_SIZE,
    maxDbs: 32,
    maxReaders: 1024,
    // Transactions wait for each other by themselves; batches of an event turn would leave rejections that nobody hears.
    eventTurnBatching: false,
    ...SAFE_RESTORE,
    ...(durability === 'none' ? { noSync: true } : {}),
  })
  const steps: Steps = { count: 0 }
  const table = (name: string) => new Table(root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }), steps)
  const tables = Object.fromEntries(TABLES.map(name => [name, table(name)])) as Record<(typeof TABLES)[number], Table>
  const format = tables.meta.get(FORMAT_KEY)?.toString() ?? null
  if (format === null) root.transactionSync(() => { tables.meta.put(FORMAT_KEY, Buffer.from(FORMAT)) })
  else if (format !== FORMAT) throw new Error(`the store in ${path} has format ${format}, and this release reads format ${FORMAT}`)
  return { root, steps, tables }
}

async function attempt<Result>(what: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    // A commit that failed carries a promise that rejects with the system's error: unheard, it would end the process.
    if (error instanceof Error && 'commitError' in error) void Promise.resolve(error.commitError).catch(() => undefined)
    throw translate(what, error)
  }
}

function guard<Result>(what: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw translate(what, error)
  }
}

function translate(what: string, error: unknown): MarconiError {
  return error instanceof MarconiError ? error : storageUnavailable(what, error)
}
