/** Requests that wait for messages, as their `wait` says. */
import { checkWait } from '../../model/limits.ts'
import type { WaitRequest } from '../../service/waiters.ts'
import type { Context, Parts } from './state.ts'

/** What a handler does that may have to wait. `gone` is aborted when the connection is closed; null: nothing is waited for. */
export interface Waitable<Result> extends Pick<WaitRequest<Result>, 'takes' | 'undo'> {
  attempt(gone: AbortSignal | null): Promise<Result | null>
}

/**
 * How long a request wants to wait, in seconds. It stands before anything is done, for it refuses what is no time or too long a one.
 */
export function readWait(ctx: Context, { limits }: Pick<Parts, 'limits'>): number {
  const wait = ctx.state.query.decimal('wait') ?? 0
  checkWait(wait, limits)
  return wait
}

/** What an attempt finds, now or within `seconds`, but no later than the token behind the request ends; null if it finds nothing. */
export function waitFor<Result>(ctx: Context, { waiters, clock }: Pick<Parts, 'waiters' | 'clock'>, seconds: number, { takes, attempt, undo }: Waitable<Result>): Promise<Result | null> {
  if (seconds === 0) return attempt(null)
  const { caller: { expires }, place } = ctx.state
  const forMs = Math.min(seconds * 1000, expires === null ? Infinity : Math.max(0, expires - clock.now()))
  const gone = goneSignal(ctx)
  return waiters.wait({ place, takes, forMs, gone, attempt: () => attempt(gone), ...undo === undefined ? {} : { undo } })
}

/** Aborted when the connection is closed before it was answered. */
function goneSignal({ res }: Context): AbortSignal {
  const gone = new AbortController()
  if (res.destroyed) gone.abort()
  else res.once('close', () => { gone.abort() })
  return gone.signal
}
