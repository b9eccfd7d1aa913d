/** The stores of booted services: on LMDB, or all of them on MongoDB with `MARCONI_TEST_STORE=mongodb`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import file, { type Test } from 'tap'
import type { Clock } from '../../lib/clock.ts'
import type { Stores } from '../../lib/storage/contract.ts'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { mongo, type Mongo } from './mongodb.ts'
import { openMongodb } from './mongodb/stores.ts'

/** The server of this file of tests. */
let server: Promise<Mongo> | null = null

/** Opens fresh stores that are closed with the test. */
export async function openStores(t: Test, clock: Clock): Promise<Stores> {
  if (process.env['MARCONI_TEST_STORE'] !== 'mongodb') return openLmdb(t, clock)
  server ??= mongo(file)
  const found = await server
  // Who runs the tests so has looked, see tools/test.mjs.
  if (found.kind === 'missing') throw new Error(`MARCONI_TEST_STORE asks for what is missing: ${found.reason}`)
  return openMongodb(t, found.server, clock)
}

async function openLmdb(t: Test, clock: Clock): Promise<Stores> {
  const path = mkdtempSync(join(tmpdir(), 'marconi-api-'))
  const options = { path, durability: 'none' } as const
  const control = await openControl(options)
  const data = await openData(options, clock)
  // teardowns run last to first: a server that is made after us goes down before its store does
  t.teardown(async () => {
    await Promise.all([control.close(), data.close()])
    rmSync(path, { recursive: true, force: true })
  })
  return { control, data }
}
