/** The strategy without authentication: every caller is believed. */
import type { IncomingMessage } from 'node:http'
import type { Middleware } from 'koa'
import { fail } from '../../../errors.ts'
import type { Caller } from '../../../model/caller.ts'
import { GLOBAL_PROJECT, parseProject, type Project } from '../../../model/names.ts'
import type { State } from '../state.ts'

const HEADER = 'x-project-id'

/** A stage that finds out who makes a request. It stands before anything that a stranger must not reach. */
export interface Authentication {
  readonly middleware: Middleware<State>
  /** Lets go of connections. */
  close(): void
}

/** Lets every request pass, and says so in `state.identity`. Whose it is, the guard `project` reads from the request when the checks before it have passed. */
export function noAuthentication(): Authentication {
  return {
    middleware: function auth(ctx, next) {
      ctx.state.identity = null
      return next()
    },
    close() {
      // holds nothing
    },
  }
}

/** Somebody of a project, of whom nothing else is known. */
function anybodyOf(project: Project): Caller {
  return { project, user: null, roles: [], isAdminProject: true, expires: null }
}

const ANYBODY = anybodyOf(GLOBAL_PROJECT)

/**
 * Who the client says it is. Without the header it works in the global namespace. Two headers are refused: whoever stands before
 * us may have read the other one. The project is null for an id that is too long for any queue to be in it; its caller counts
 * as one of the global namespace, and no data is reached through it.
 */
export function believe(req: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): { readonly caller: Caller; readonly project: Project | null } {
  const text = req.headers[HEADER]
  if (text === undefined) return { caller: ANYBODY, project: GLOBAL_PROJECT }
  if (typeof text !== 'string' || text === '') throw fail('ProjectEmpty')
  if (text.includes(',') && isRepeated(req.rawHeaders)) throw fail('QueueIdentificationInvalid')
  const project = parseProject(text)
  return { caller: project === null ? ANYBODY : anybodyOf(project), project }
}

/** Node joins repeated headers with commas, which a project id may well contain. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === HEADER) seen++
  return seen > 1
}
