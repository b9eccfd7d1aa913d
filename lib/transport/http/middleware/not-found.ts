import type { Middleware } from 'koa'
import { answerUnrouted } from '../answers.ts'
import type { Dialect } from '../dialects.ts'
import type { State } from '../state.ts'

/** The end of the way for a path that nobody serves. Nothing of its headers is looked at. What it answers is up to its version. */
export function notFound(dialects: readonly Dialect[]): Middleware<State> {
  const titled = dialects.filter(({ routingErrors }) => routingErrors === 'title')
  return function notFound(ctx) {
    const { path } = ctx
    const isTitled = titled.some(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
    answerUnrouted(ctx, 404, isTitled ? 'title' : 'nothing')
  }
}
