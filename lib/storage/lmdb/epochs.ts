/** Numbers for incarnations of queues. */
import { randomBytes } from 'node:crypto'
import type { Epoch } from '../../model/names.ts'
import { scramble } from '../scramble.ts'
import type { Environment } from './environment.ts'

const COUNTER = Buffer.from('epochs')
const SECRET = Buffer.from('epoch-secret')

/** The next number. In a write transaction. */
export function nextEpoch(env: Environment): Epoch {
  const count = (env.meta.get(COUNTER)?.readUInt32LE() ?? 0) + 1
  const row = Buffer.allocUnsafe(4)
  row.writeUInt32LE(count)
  env.meta.put(COUNTER, row)
  return scramble(count, secretOf(env))
}

function secretOf(env: Environment): Buffer {
  const stored = env.meta.get(SECRET)
  if (stored !== null) return stored
  const secret = randomBytes(16)
  env.meta.put(SECRET, secret)
  return secret
}
