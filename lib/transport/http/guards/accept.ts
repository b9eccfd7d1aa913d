import { fail } from '../../../errors.ts'
import { JSON_TYPE } from '../answers.ts'
import type { Context } from '../state.ts'

/** Whether a client takes JSON. An absent or empty header takes everything. */
export function takesJson(ctx: Pick<Context, 'req' | 'accepts'>): boolean {
  const wanted = ctx.req.headers.accept
  return wanted === undefined || wanted === '' || wanted === JSON_TYPE || wanted === '*/*' || ctx.accepts(JSON_TYPE) !== false
}

/** Refuses a client that does not take JSON. */
export function accept(ctx: Context): void {
  if (!takesJson(ctx)) throw fail(ctx.state.dialect.wording.notAcceptable)
}
