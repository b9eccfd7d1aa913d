import { fail } from '../../../errors.ts'
import { parseClientId } from '../../../model/names.ts'
import type { Context } from '../state.ts'

/** Sets `state.client`. The header may be missing here, but not malformed, even where no action needs it. */
export function clientId(ctx: Context): void {
  const text = ctx.req.headers['client-id']
  if (text === undefined) {
    ctx.state.client = null
    return
  }
  const client = typeof text === 'string' ? parseClientId(text) : null
  if (client === null) throw fail('ClientIdMalformed')
  ctx.state.client = client
}
