import { fail } from '../../../errors.ts'
import type { Context } from '../state.ts'

/**
 * Refuses a body that says it is a form: a client that forgot to say what it sends would be misread. Other types pass. A length of
 * 0 is no body in older versions.
 */
export function contentType(ctx: Context): void {
  const { headers } = ctx.req
  const type = headers['content-type']
  if (type?.toLowerCase() !== 'application/x-www-form-urlencoded') return
  const length = headers['content-length']
  const least = ctx.state.dialect.emptyForm === 'refused' ? 0 : 1
  if (length === undefined ? headers['transfer-encoding'] !== undefined : Number(length) >= least) throw fail('ContentTypeNotSupported')
}
