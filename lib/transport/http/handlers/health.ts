/** Whether the service can serve. */
import { answerEmpty } from '../answers.ts'
import type { ParameterizedContext } from 'koa'
import type { Stores } from '../../../storage/contract.ts'
import type { Context, Parts, State } from '../state.ts'

/** 204 if both stores answer. Otherwise it fails as a storage failure does, without a sentence. */
export async function getHealth(ctx: Context, { stores }: Parts): Promise<void> {
  await Promise.all([stores.control.ping(), stores.data.ping()])
  answerEmpty(ctx, 204)
}

/** Says only that somebody is here. */
export function headHealth(ctx: Context): void {
  answerEmpty(ctx, 204)
}

/** Tells a load balancer `OK` if both stores answer. A failure is a 503 as anywhere. */
export function healthCheck({ control, data }: Stores): (ctx: Pick<ParameterizedContext<State>, 'res' | 'status' | 'body'>) => Promise<void> {
  return async ctx => {
    await Promise.all([control.ping(), data.ping()])
    ctx.res.setHeader('content-type', 'text/plain')
    ctx.status = 200
    ctx.body = 'OK'
  }
}
