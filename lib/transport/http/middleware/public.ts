import type { Middleware, ParameterizedContext } from 'koa'
import { MarconiError } from '../../../errors.ts'
import { answerEmpty } from '../answers.ts'
import type { Verb } from '../routes.ts'
import type { State } from '../state.ts'

/** The paths that are answered without a token, and the verbs that are: the closed list of decisions 7, but for `OPTIONS`. */
export const PUBLIC = {
  '/': ['GET'],
  '/healthcheck': ['GET', 'HEAD'],
  '/openapi.json': ['GET'],
} as const satisfies Readonly<Record<string, readonly Verb[]>>

/** One of them. */
export type PublicPath = keyof typeof PUBLIC

/** Whether a path is one of them. */
export function isPublic(path: string): path is PublicPath {
  return Object.hasOwn(PUBLIC, path)
}

/** What each of them answers. */
export type PublicAnswers = Readonly<Record<PublicPath, (ctx: ParameterizedContext<State>) => void | Promise<void>>>

/**
 * Answers what needs no token. `OPTIONS` is an empty 200 whatever the stages after this one say of the caller. Everything else goes
 * on, and to authentication.
 */
export function publicPaths(answers: PublicAnswers): Middleware<State> {
  return function publicPaths(ctx, next) {
    const { path, req: { method } } = ctx
    if (method === 'OPTIONS') return answerOptions(ctx, next)
    return isPublic(path) && PUBLIC[path].some(verb => verb === method) ? answers[path](ctx) : next()
  }
}

/** Refusals that are about the caller, and not about the path. */
const ABOUT_CALLER: ReadonlySet<number> = new Set([400, 401, 403, 406, 503])

async function answerOptions(ctx: ParameterizedContext<State>, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
    if (!ABOUT_CALLER.has(ctx.status)) return
  } catch (error) {
    if (!(error instanceof MarconiError)) throw error
  }
  for (const header of ['www-authenticate', 'content-type', 'retry-after', 'vary']) ctx.res.removeHeader(header)
  answerEmpty(ctx, 200)
}
