import type { Middleware } from 'koa'
import { answerEmpty } from '../answers.ts'
import type { State } from '../state.ts'

/** The end of the way for a path that nobody serves. Nothing of its headers is looked at. */
export function notFound(): Middleware<State> {
  return function notFound(ctx) {
    answerEmpty(ctx, 404)
  }
}
