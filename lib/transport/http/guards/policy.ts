import { fail } from '../../../errors.ts'
import type { RuleName } from '../../../policy/defaults.ts'
import type { Policy } from '../../../policy/policy.ts'
import type { Verdict } from '../auth/token-cache.ts'
import type { Action } from '../routes.ts'
import type { Context } from '../state.ts'

/**
 * Refuses what the rule of the action does not allow to the caller; a request that authentication has put no caller to may do
 * nothing that has a rule. Without a policy all is allowed. It stands before all that depends on what is asked for.
 */
export function policy(ctx: Context, { rule }: Action, rules: Policy | null): Promise<void> | undefined {
  if (rule === null || rules === null) return undefined
  const { caller, identity } = ctx.state
  if (caller === undefined || caller === null) throw fail('NotAuthorized')
  // Read from a token alone, the roles are unknown: where they matter, Keystone says which they are.
  if (identity?.confirm !== undefined && rules.needsRoles(rule, caller)) return confirmed(ctx, rule, rules, identity.confirm)
  if (rules.allows(rule, caller)) return undefined
  throw fail('NotAuthorized')
}

async function confirmed(ctx: Context, rule: RuleName, rules: Policy, confirm: () => Promise<Verdict>): Promise<void> {
  const verdict = await confirm()
  const caller = verdict.kind === 'valid' ? verdict.token.identity.caller : null
  if (caller === null || caller.project !== ctx.state.project || !rules.allows(rule, caller)) throw fail('NotAuthorized')
  ctx.state.caller = caller
}
