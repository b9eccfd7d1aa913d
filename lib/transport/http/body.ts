/** Reading the body of a request. */
import type { IncomingMessage } from 'node:http'
import { fail, type MarconiError } from '../../errors.ts'
import { parseJsonBytes, type JsonNode } from '../../model/json.ts'
import { MAX_SMALL_BODY, type Limits } from '../../model/limits.ts'
import type { Context } from './state.ts'

/** What sort of body an action takes, for its largest size. */
export type BodyKind = 'metadata' | 'metadata_patch' | 'messages' | 'claim' | 'purge' | 'share' | 'pool' | 'flavor'

/** How large a body may be, in bytes, and what to say of a larger one. */
export interface Bound {
  readonly max: number
  readonly refuse: (max: number) => MarconiError
}

const small = (): Bound => ({ max: MAX_SMALL_BODY, refuse: max => fail('BodyTooLarge', { max }) })

const BOUNDS: Readonly<Record<BodyKind, (limits: Limits) => Bound>> = {
  metadata: limits => ({ max: limits.max_queue_metadata, refuse: max => fail('MetadataTooLarge', { max }) }),
  metadata_patch: limits => ({ max: limits.max_queue_metadata, refuse: max => fail('PatchTooLarge', { max }) }),
  messages: limits => ({ max: limits.max_messages_post_size, refuse: max => fail('MessagesTooLarge', { max }) }),
  claim: () => ({ max: MAX_SMALL_BODY, refuse: max => fail('ClaimBodyTooLarge', { max }) }),
  purge: small,
  share: small,
  pool: small,
  flavor: small,
}

/** The bound of a sort of body. */
export function boundOf(kind: BodyKind, limits: Limits): Bound {
  return BOUNDS[kind](limits)
}

/** Reads a JSON document, opened `levels` levels deep. */
export async function readDocument(ctx: Context, bound: Bound, levels: number): Promise<JsonNode> {
  const bytes = await readBody(ctx.req, bound)
  if (bytes === null) throw fail(ctx.state.dialect.wording.bodyEmpty)
  return parseJsonBytes(bytes, levels)
}

/** Reads a JSON document, or null if there is no body or an empty one. */
export async function readOptionalDocument(ctx: Context, bound: Bound, levels: number): Promise<JsonNode | null> {
  const bytes = await readBody(ctx.req, bound)
  return bytes === null || bytes.length === 0 ? null : parseJsonBytes(bytes, levels)
}

/**
 * Reads a body. What says beforehand that it is longer than it may be is refused unread; what does not say its length is counted
 * while it comes. Null if there is none, or an empty one that did not say so.
 */
export async function readBody(req: IncomingMessage, { max, refuse }: Bound): Promise<Buffer | null> {
  const length = req.headers['content-length']
  if (length === undefined && req.headers['transfer-encoding'] === undefined) return null
  if (length !== undefined && Number(length) > max) throw refuse(max)
  const bytes = await collect(req, max, refuse)
  return bytes.length === 0 && length === undefined ? null : bytes
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
