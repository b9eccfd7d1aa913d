/** Quotas, for administrators. */
import { fail } from '../../../errors.ts'
import { parseProject } from '../../../model/names.ts'
import { reportQuota } from '../../../service/quotas.ts'
import { answerJson } from '../answers.ts'
import type { Context, Parts } from '../state.ts'

/** Shows what a project may keep, how often it may ask, and what it keeps. A project without data is one that keeps nothing. */
export async function getQuota(ctx: Context, { stores, quotas }: Parts): Promise<void> {
  const project = parseProject(ctx.params['project'] ?? '')
  if (project === null) throw fail('QueueIdentificationInvalid')
  answerJson(ctx, 200, JSON.stringify(await reportQuota(stores, quotas, project)))
}
