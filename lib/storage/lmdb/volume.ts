/** What lies in a store as a whole. */
import type { Volume } from '../directory.ts'
import type { Environment } from './environment.ts'
import { readClaim } from './rows.ts'

/** The claims that are looked at: it must not take long. Those beyond are left out. */
const MAX_CLAIMS = 10_000

const FIRST = Buffer.alloc(1)
const AFTER_ALL = Buffer.alloc(17, 0xff)

/** Counts what lies in the store. */
export function volumeOf(env: Environment): Volume {
  const claims = env.claims.rows(FIRST, AFTER_ALL, MAX_CLAIMS)
  return { total: env.messages.size(), claimed: claims.reduce((sum, { value }) => sum + readClaim(value).sequences.length, 0) }
}
