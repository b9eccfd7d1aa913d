/** The API, described for machines. */
import { answerJson } from '../answers.ts'
import { describeService, type Served } from '../openapi/document.ts'
import type { Context } from '../state.ts'

/** Answers with the OpenAPI document of a service, which is made when it is asked for first. */
export function apiDocument(served: Served): (ctx: Pick<Context, 'res' | 'status' | 'body' | 'length'>) => void {
  let text: string | null = null
  return ctx => { answerJson(ctx, 200, text ??= JSON.stringify(describeService(served))) }
}
