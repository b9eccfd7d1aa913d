/** Numbers that are never given twice, and no telling from one how many others there are. */
import { createHmac } from 'node:crypto'
import type { Epoch } from '../model/names.ts'

const ROUNDS = 6

/** The epoch that a count stands for: a Feistel network, which is a keyed permutation of the 32-bit numbers. */
export function scramble(count: number, secret: Buffer): Epoch {
  let left = count >>> 16
  let right = count & 0xffff
  for (let round = 0; round < ROUNDS; round++) {
    const mixed = createHmac('sha256', secret).update(Buffer.of(round, right >>> 8, right & 0xff)).digest().readUInt16LE()
    ;[left, right] = [right, left ^ mixed]
  }
  return (left * 2 ** 16 + right) as Epoch
}
