/** Making the folder of a store, and holding it for a server. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { openEnvironment, type EnvironmentOptions } from './environment.ts'
import { takeTenure, type Tenure } from './tenure.ts'

/**
 * Makes a folder and those above it. Messages are nobody else's business on a shared machine. Level by level, since the recursive
 * form of Node never returns where a file system refuses without saying so, as /proc does.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** Makes a folder if it is missing and takes it for this server, or throws `DataFolderInUse`. */
export async function holdFolder(options: EnvironmentOptions): Promise<Tenure> {
  makeFolder(options.path)
  const env = await openEnvironment(options)
  const tenure = await takeTenure(env, options.path).catch(async (error: unknown) => {
    await env.close()
    throw error
  })
  return {
    async release() {
      await tenure.release()
      await env.close()
    },
  }
}
