/**
 * A MongoDB for tests. `MARCONI_TEST_MONGODB=<uri>` names a genuine one; else the stand-in is started, if the machine has it, one
 * for each file of tests.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { findProgram, MongoProcess, type MongoProcessOptions } from './mongodb/process.ts'

/** A server, or what is missing to have one. */
export type Mongo =
  | { readonly kind: 'ready'; readonly server: MongoServer }
  | { readonly kind: 'missing'; readonly reason: string }

/** A server of the test's own, or what is missing to have one. */
export type OwnMongo =
  | { readonly kind: 'ready'; readonly server: MongoServer; readonly process: MongoProcess }
  | { readonly kind: 'missing'; readonly reason: string }

/** A server that tests share. */
export interface MongoServer {
  readonly uri: string
  /** A name for databases that nobody else has. What begins with it is dropped with the test. */
  database(t: Test): string
}

const MISSING = { kind: 'missing', reason: 'secantusd-rs, or a MongoDB in MARCONI_TEST_MONGODB' } as const

/** The server that this file of tests works on: a genuine one if one is named, else the stand-in. It ends with `t`. */
export async function mongo(t: Test): Promise<Mongo> {
  const uri = genuine()
  return uri === '' ? ownMongo(t) : { kind: 'ready', server: serverAt(() => uri, name => drop(uri, name)) }
}

/**
 * A server that the tests may kill, hold and start with options: always the stand-in, so that a run on a genuine server misses
 * it. It ends with `t`.
 */
export async function ownMongo(t: Test, options: MongoProcessOptions = {}): Promise<OwnMongo> {
  if (genuine() !== '') return { kind: 'missing', reason: 'a MongoDB that may be killed (MARCONI_TEST_MONGODB names one that may not)' }
  const program = findProgram()
  if (program === null) return MISSING
  const folder = mkdtempSync(join(tmpdir(), 'marconi-mongodb-'))
  const own = new MongoProcess(program, folder, options)
  t.teardown(async () => {
    await own.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  await own.start()
  // Its databases go with its folder.
  return { kind: 'ready', server: serverAt(() => own.uri, () => Promise.resolve()), process: own }
}

/** The connection string of a genuine server; empty if there is none. */
function genuine(): string {
  return process.env['MARCONI_TEST_MONGODB'] ?? ''
}

function serverAt(uri: () => string, drop: (beginning: string) => Promise<void>): MongoServer {
  return {
    get uri() {
      return uri()
    },
    database(t) {
      const name = `marconi_test_${randomBytes(6).toString('hex')}`
      t.teardown(() => drop(name))
      return name
    },
  }
}

/** Drops the databases whose names begin so. */
async function drop(uri: string, beginning: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
  try {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
    for (const { name } of databases) if (name.startsWith(beginning)) await client.db(name).dropDatabase()
  } finally {
    await client.close()
  }
}
