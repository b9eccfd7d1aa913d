import { fail } from '../../../errors.ts'
import { parseQueueName } from '../../../model/names.ts'
import type { Context } from '../state.ts'

/** Sets `state.place`. It stands after `project`, and comes before anything is looked up. */
export function queue(ctx: Context): void {
  const { project } = ctx.state
  const name = parseQueueName(ctx.params['queue'] ?? '')
  if (name === null || project === null) throw fail('QueueIdentificationInvalid')
  ctx.state.place = { project, queue: name }
}
