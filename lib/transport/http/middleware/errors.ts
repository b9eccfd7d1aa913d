import type { Middleware, ParameterizedContext } from 'koa'
import type { Logger } from 'pino'
import { MarconiError, type Kind } from '../../../errors.ts'
import { answerEmpty, answerJson, errorText, titleText } from '../answers.ts'
import type { State } from '../state.ts'

/** The status of a kind, but for `rate_limited`, which is an option. */
const STATUS: Readonly<Record<Exclude<Kind, 'rate_limited'>, number>> = {
  invalid: 400,
  forbidden: 403,
  not_found: 404,
  not_acceptable: 406,
  conflict: 409,
  unsupported_media_type: 415,
  too_many: 429,
  unavailable: 503,
}

/** The status of a request beyond the rate of its project (decisions 3). */
export type RateLimitStatus = '503' | '429'

/** The status that a kind is answered with. */
export function statusOf(kind: Kind, rateLimitStatus: RateLimitStatus): number {
  return kind === 'rate_limited' ? Number(rateLimitStatus) : STATUS[kind]
}

/** When to come back after a 503, in seconds. */
export const RETRY_AFTER = 30

const DEFECT = errorText('Internal server error', 'The server met a condition that it does not know how to handle.')

/**
 * Turns what the rest of the way throws into an answer; the only place of the transport that does. What is not a
 * `MarconiError` is a defect of ours: it is logged with its stack and answered without a word of it.
 */
export function errors(log: Logger, rateLimitStatus: RateLimitStatus): Middleware<State> {
  return async function errors(ctx, next) {
    try {
      await next()
    } catch (error) {
      ctx.vary('Accept') // beside what others have said it varies by
      if (!(error instanceof MarconiError)) {
        log.error({ err: error, request_id: ctx.state.requestId }, 'the request failed on a defect')
        answerJson(ctx, 500, DEFECT)
      } else if (error.kind === 'unavailable') {
        log.error({ err: error, request_id: ctx.state.requestId }, ctx.state.action?.failure ?? error.message)
        answerUnavailable(ctx, error)
      } else {
        answerJson(ctx, statusOf(error.kind, rateLimitStatus), textOf(error))
      }
    }
  }
}

/** Says what could not be done, in the words of the route table; why is for the log alone. */
function answerUnavailable(ctx: ParameterizedContext<State>, error: MarconiError): void {
  ctx.res.setHeader('retry-after', RETRY_AFTER)
  const failure = ctx.state.action?.failure
  if (failure === undefined) answerEmpty(ctx, STATUS.unavailable)
  else answerJson(ctx, STATUS.unavailable, textOf(error, unavailableText(failure)))
}

/** What a 503 says of a failure of the store. */
export function unavailableText(failure: string): string {
  return `${failure} Please try again in a few seconds.`
}

/** The body of an error. One without a title says all in its text, which then is the title. */
export function textOf({ title, message }: MarconiError, description = message): string {
  return title === null ? titleText(description) : errorText(title, description)
}
