import { fail } from '../../../errors.ts'
import { believe } from '../auth/none.ts'
import type { Context } from '../state.ts'

/**
 * Sets `state.caller` and `state.project`: to whom authentication has found the request to be of, or, in a service without
 * authentication, to what the client says; newer versions demand that it says so. Refused are tokens without a project and, should any come this way, requests that no
 * authentication has looked at; both after what an unknown path answers.
 */
export function project(ctx: Context): void {
  const { state } = ctx
  if (state.identity === null) {
    if (state.dialect.project === 'required' && ctx.req.headers['x-project-id'] === undefined) throw fail('ProjectMissing')
    const { caller, project } = believe(ctx.req)
    state.caller = caller
    state.project = project
    return
  }
  const caller = state.identity?.caller ?? null
  if (caller === null) throw fail('ProjectMissing')
  state.caller = caller
  state.project = caller.project
}
