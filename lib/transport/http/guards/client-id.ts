import { fail } from '../../../errors.ts'
import type { Limits } from '../../../model/limits.ts'
import { parseClientId, parseFreeClientId, type ClientId } from '../../../model/names.ts'
import type { Context, Parts } from '../state.ts'

/** Sets `state.client`. The header may be missing here, but not malformed, even where no action needs it. */
export function clientId(ctx: Context, { limits }: Pick<Parts, 'limits'>): void {
  const text = ctx.req.headers['client-id']
  const isFree = ctx.state.dialect.clientIdForm === 'configured' && limits.client_id_uuid_safe === 'off'
  ctx.state.client = text === undefined ? null : isFree ? readFree(String(text), limits) : readUuid(String(text))
}

/** The same, and refuses a request without the header. */
export function clientIdNeeded(ctx: Context, parts: Pick<Parts, 'limits'>): void {
  if (ctx.req.headers['client-id'] === undefined) throw fail(ctx.state.dialect.wording.clientIdMissing)
  clientId(ctx, parts)
}

function readUuid(text: string): ClientId {
  const client = parseClientId(text)
  if (client === null) throw fail('ClientIdMalformed')
  return client
}

function readFree(text: string, { min_length_client_id: min, max_length_client_id: max }: Limits): ClientId {
  const client = parseFreeClientId(text, min, max)
  if (client === null) throw fail('ClientIdLength', { min, max })
  return client
}
