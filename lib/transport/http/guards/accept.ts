import { fail } from '../../../errors.ts'
import { JSON_TYPE } from '../answers.ts'
import type { Context } from '../state.ts'

/** Refuses a client that does not take JSON. An absent or empty header takes everything. */
export function accept(ctx: Pick<Context, 'req' | 'accepts'>): void {
  const wanted = ctx.req.headers.accept
  if (wanted === undefined || wanted === '' || wanted === JSON_TYPE || wanted === '*/*') return
  if (ctx.accepts(JSON_TYPE) === false) throw fail('NotAcceptable')
}
