/** Clients as stores remember them. */
import { createHash } from 'node:crypto'
import type { ClientId } from './names.ts'

const clientNumbers = new Map<ClientId, number>()
/** Clients whose numbers are remembered. */
const MAX_CLIENTS = 10_000

/** 52 bits that stand for a client in every store. They say nothing of the client id. */
export function clientNumber(client: ClientId): number {
  const known = clientNumbers.get(client)
  if (known !== undefined) return known
  const digest = createHash('sha256').update(client).digest()
  // From 1: 0 stands for nobody in a summary.
  const number = 1 + (digest.readUInt32BE(0) % 2 ** 20) * 2 ** 32 + digest.readUInt32BE(4)
  if (clientNumbers.size >= MAX_CLIENTS) clientNumbers.clear()
  clientNumbers.set(client, number)
  return number
}
