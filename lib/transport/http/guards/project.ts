import { fail } from '../../../errors.ts'
import { GLOBAL_PROJECT, parseProject } from '../../../model/names.ts'
import type { Context } from '../state.ts'

const HEADER = 'x-project-id'

/**
 * Sets `state.project` to what the client says, for a service without authentication. Without the header it is the global
 * namespace. Two headers are refused: whoever stands before us may have read the other one.
 */
export function project(ctx: Context): void {
  const text = ctx.req.headers[HEADER]
  if (text === undefined) {
    ctx.state.project = GLOBAL_PROJECT
    return
  }
  if (typeof text !== 'string' || text === '') throw fail('ProjectEmpty')
  if (text.includes(',') && isRepeated(ctx.req.rawHeaders)) throw fail('QueueIdentificationInvalid')
  ctx.state.project = parseProject(text)
}

/** Node joins repeated headers with commas, which a project id may well contain. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === HEADER) seen++
  return seen > 1
}
