/** Numbers for incarnations of queues: never given twice, and no telling from one how many others there are. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Epoch } from '../../model/names.ts'
import type { Environment } from './environment.ts'

const COUNTER = Buffer.from('epochs')
const SECRET = Buffer.from('epoch-secret')
const ROUNDS = 6

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

/** A Feistel network: a keyed permutation of the 32-bit numbers. */
function scramble(count: number, secret: Buffer): Epoch {
  let left = count >>> 16
  let right = count & 0xffff
  for (let round = 0; round < ROUNDS; round++) {
    const mixed = createHmac('sha256', secret).update(Buffer.of(round, right >>> 8, right & 0xff)).digest().readUInt16LE()
    ;[left, right] = [right, left ^ mixed]
  }
  return (left * 2 ** 16 + right) as Epoch
}
