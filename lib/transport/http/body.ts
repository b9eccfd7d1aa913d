/** Reading the body of a request. */
import type { IncomingMessage } from 'node:http'
import { fail, type MarconiError } from '../../errors.ts'
import { parseJsonBytes, type JsonNode } from '../../model/json.ts'
import { MAX_SMALL_BODY, type Limits } from '../../model/limits.ts'

/** What sort of body an action takes, for its largest size. */
export type BodyKind = 'metadata' | 'messages' | 'claim' | 'pool'

interface BodyRule {
  readonly max: (limits: Limits) => number
  readonly refuse: (max: number) => MarconiError
}

const RULES: Readonly<Record<BodyKind, BodyRule>> = {
  metadata: { max: limits => limits.max_queue_metadata, refuse: max => fail('MetadataTooLarge', { max }) },
  messages: { max: limits => limits.max_messages_post_size, refuse: max => fail('MessagesTooLarge', { max }) },
  pool: { max: () => MAX_SMALL_BODY, refuse: max => fail('PoolBodyTooLarge', { max }) },
  claim: { max: () => MAX_SMALL_BODY, refuse: max => fail('ClaimBodyTooLarge', { max }) },
}

/** Reads a JSON document, opened `levels` levels deep. */
export async function readDocument(req: IncomingMessage, kind: BodyKind, limits: Limits, levels: number): Promise<JsonNode> {
  const rule = RULES[kind]
  return parseJsonBytes(await readBytes(req, rule.max(limits), rule.refuse), levels)
}

/**
 * Reads a body of at most `max` bytes. What says beforehand that it is longer is refused unread; what does not say its length is
 * counted while it comes.
 */
async function readBytes(req: IncomingMessage, max: number, refuse: (max: number) => MarconiError): Promise<Buffer> {
  const length = req.headers['content-length']
  if (length === undefined && req.headers['transfer-encoding'] === undefined) throw fail('BodyEmpty')
  if (length !== undefined && Number(length) > max) throw refuse(max)
  const bytes = await collect(req, max, refuse)
  if (bytes.length === 0 && length === undefined) throw fail('BodyEmpty')
  return bytes
}

function collect(req: IncomingMessage, max: number, refuse: (max: number) => MarconiError): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      const isRefused = size > max
      size += chunk.length
      if (size <= max) {
        chunks.push(chunk)
      } else if (!isRefused) {
        chunks.length = 0
        reject(refuse(max))
      }
    })
    req.once('end', () => {
      const [first] = chunks
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
    })
    // `close` comes after a body that is complete, too
    req.once('close', () => { if (!req.complete) reject(fail('BodyIncomplete')) })
    req.once('error', () => { reject(fail('BodyIncomplete')) })
  })
}

/** How much of a body that nobody wants is read, so that its sender comes to read the answer. */
export const MAX_DISCARDED = 8 * 1024 * 1024

/** Reads what is left of a body and throws it away; beyond a bound the connection is closed instead. */
export function discard(req: IncomingMessage): void {
  let left = MAX_DISCARDED
  req.on('error', ignore) // the sender may well hang up
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) req.socket.destroy()
  })
}

function ignore(): void {
  // nobody waits for this body
}
