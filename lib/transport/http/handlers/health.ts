/** Whether the service can serve. */
import type { ParameterizedContext } from 'koa'
import { checkPools, checkStore, type TellFailure } from '../../../service/health.ts'
import type { Stores } from '../../../storage/contract.ts'
import { answerEmpty, answerJson } from '../answers.ts'
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

/** Tries what the service does, and shows how each step went, pool by pool where there are pools. */
export async function checkHealth(ctx: Context, { stores: { control, data }, pools, pooling, log }: Parts): Promise<void> {
  const tell: TellFailure = (ref, step, failure) => { log.error({ err: failure, ref, request_id: ctx.state.requestId }, `the check of health failed at ${step}`) }
  const health = pooling ? await checkPools(control, pools, tell) : await checkStore(control, data, null, tell)
  answerJson(ctx, 200, JSON.stringify(health))
}
