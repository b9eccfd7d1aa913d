import { fail } from '../../../errors.ts'
import type { Context } from '../state.ts'

/** Sets `state.place`. It stands after `project`, and comes before anything is looked up. */
export function queue(ctx: Context): void {
  const { project, dialect } = ctx.state
  const name = dialect.readQueueName(ctx.params['queue'] ?? '')
  if (name === null || project === null) throw fail('QueueIdentificationInvalid')
  ctx.state.place = { project, queue: name }
}
