import { fail } from '../../../errors.ts'
import type { Policy } from '../../../policy/policy.ts'
import type { Action } from '../routes.ts'
import type { Context } from '../state.ts'

/**
 * Refuses what the rule of the action does not allow to the caller; a request that authentication has put no caller to may do
 * nothing that has a rule. Without a policy all is allowed. It stands before all that depends on what is asked for.
 */
export function policy(ctx: Context, { rule }: Action, rules: Policy | null): void {
  if (rule === null || rules === null) return
  const { caller } = ctx.state
  if (caller === undefined || caller === null || !rules.allows(rule, caller)) throw fail('NotAuthorized')
}
