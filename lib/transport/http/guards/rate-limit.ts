import { fail } from '../../../errors.ts'
import type { Context, Parts } from '../state.ts'

/**
 * Refuses what is beyond the rate of the caller's project, with the time after which to try again. Nothing is awaited where the
 * process has requests in advance.
 */
export function rateLimit(ctx: Context, { quotas, rate }: Pick<Parts, 'quotas' | 'rate'>): Promise<void> | undefined {
  const project = ctx.state.caller?.project
  if (project === undefined) return undefined
  const quota = quotas.of(project)
  const wait = rate.take(project, quota)
  if (typeof wait === 'number') {
    refuseFor(ctx, wait, quota.requestsPerSecond)
    return undefined
  }
  return wait.then(ms => { refuseFor(ctx, ms, quota.requestsPerSecond) })
}

function refuseFor(ctx: Context, ms: number, rate: number): void {
  if (ms <= 0) return
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  ctx.res.setHeader('retry-after', seconds)
  throw fail('RateExceeded', { rate, seconds })
}
