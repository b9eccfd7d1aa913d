/** A real server behind a real Keystone, for clients of other projects. */
import { join } from 'node:path'
import type { Test } from 'tap'
import { Http } from '../http.ts'
import { startKeystone, type Keystone } from '../keystone.ts'
import { startServer, temporaryFolder, type RunningServer } from '../server.ts'

/** A server with a pool `first`, for users of a Keystone in whose catalogue it stands. */
export interface Stage {
  readonly keystone: Keystone
  readonly server: RunningServer
  /** What clients find in their environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts Keystone and the server, or says what is missing for that. */
export async function startStage(t: Test): Promise<Stage | { readonly missing: string }> {
  const keystone = await startKeystone(t, { provider: 'fernet', seconds: 3600 })
  if ('missing' in keystone) return keystone
  const dataDir = temporaryFolder(t)
  const server = await startServer(t, {
    dataDir, workers: 2, args: ['--admin-mode'],
    env: { ...keystone.options(), MARCONI_DEFAULT__POOLING: 'true', MARCONI_SIGNED_URL__SECRET_KEY: 'not told to anybody', MARCONI_DEFAULT__ENABLE_CHECKSUM: 'true' },
  })
  await keystone.announce(server.url)

  const http = new Http(server.url)
  const answer = await http.call('PUT', '/v1/pools/first', { uri: `lmdb://${join(dataDir, 'first')}`, weight: 100 }, { 'X-Auth-Token': await keystone.login('demo_admin', { project: 'demo' }) })
  http.close()
  if (answer.status !== 201) throw new Error(`the pool could not be made: ${answer.text}`)
  return { keystone, server, env: { OS_AUTH_URL: keystone.url, MARCONI_URL: server.url, POOL_URI: `lmdb://${join(dataDir, 'second')}` } }
}
