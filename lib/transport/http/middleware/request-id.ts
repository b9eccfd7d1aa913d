import { randomUUID } from 'node:crypto'
import type { Middleware } from 'koa'
import type { State } from '../state.ts'

const HEADER = 'x-openstack-request-id'
const WELL_FORMED = /^req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A fresh name for a request. */
export function newRequestId(): string {
  return `req-${randomUUID()}`
}

/**
 * Names each request afresh and says so in the answer. A well-formed name that came along goes to the log as the global one and is
 * never echoed (decisions 13). Sets `state.requestId` and `state.globalRequestId`.
 */
export function requestId(): Middleware<State> {
  return function requestId(ctx, next) {
    const id = newRequestId()
    ctx.state.requestId = id
    const given = ctx.req.headers[HEADER]
    if (typeof given === 'string' && WELL_FORMED.test(given)) ctx.state.globalRequestId = given
    ctx.res.setHeader(HEADER, id)
    return next()
  }
}
