/** Answers. Their text is put together by splicing, so that stored JSON leaves as it came. */
import type { Context } from './state.ts'

/** The media type of all answers but the home document, without a charset (api-v1.md 2.2). */
export const JSON_TYPE = 'application/json'

/** The parts of a Koa context that an answer is written to. */
type Answerable = Pick<Context, 'res' | 'status' | 'body' | 'length'>

/** Answers with a JSON text. */
export function answerJson(ctx: Answerable, status: number, text: string): void {
  ctx.res.setHeader('content-type', JSON_TYPE)
  ctx.status = status
  ctx.body = text
}

/** Answers without a body. */
export function answerEmpty(ctx: Answerable, status: number): void {
  ctx.body = null // makes it a 204, which has neither a type nor a length
  if (status === 204) return
  ctx.status = status
  ctx.length = 0
}

/** The two-member body of an error. The description comes first: one client takes the first member for the message. */
export function errorText(title: string, description: string): string {
  return `{"description":${JSON.stringify(description)},"title":${JSON.stringify(title)}}`
}

/** The body of an error that has no description. */
export function titleText(title: string): string {
  return `{"title":${JSON.stringify(title)}}`
}

/** Answers that there is no such path, or no such method on it. */
export function answerUnrouted(ctx: Answerable & Pick<Context, 'vary'>, status: 404 | 405, form: 'nothing' | 'title'): void {
  if (form === 'nothing') {
    answerEmpty(ctx, status)
    return
  }
  ctx.vary('Accept')
  answerJson(ctx, status, titleText(status === 404 ? '404 Not Found' : '405 Method Not Allowed'))
}

/**
 * Says which resource the answer shows: the path, without a trailing slash, and the query as received.
 * API versions without `content-location` send nothing.
 */
export function setContentLocation(ctx: Context): void {
  if (ctx.state.dialect.contentLocation) nameContentLocation(ctx)
}

/** The same, whatever the version: the list of pools has one in all. */
export function nameContentLocation(ctx: Context): void {
  const { path } = ctx
  ctx.res.setHeader('content-location', (path.endsWith('/') ? path.slice(0, -1) : path) + ctx.search)
}
