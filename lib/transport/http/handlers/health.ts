/** Whether the service can serve. */
import { answerEmpty } from '../answers.ts'
import type { Context, Parts } from '../state.ts'

/** 204 if both stores answer. Otherwise it fails as a storage failure does, without a sentence. */
export async function getHealth(ctx: Context, { stores }: Parts): Promise<void> {
  await Promise.all([stores.control.ping(), stores.data.ping()])
  answerEmpty(ctx, 204)
}

/** Says only that somebody is here. */
export function headHealth(ctx: Context): void {
  answerEmpty(ctx, 204)
}
