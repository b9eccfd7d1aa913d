/** The answers of our server at the level of Node. */
import { ServerResponse, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http'
import { systemClock } from '../../clock.ts'
import { discard } from './body.ts'

/** How long a connection may rest between two requests, in seconds. Longer than load balancers keep theirs. */
export const KEEP_ALIVE_SECONDS = 65

const KEEP_ALIVE = `timeout=${KEEP_ALIVE_SECONDS}`

/**
 * Sends every header name in lower case (api-v1.md 2.2), those that Koa and Node write of themselves too, and has what is left of
 * an unread body thrown away.
 */
export class LowerCaseResponse extends ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): this {
    return super.setHeader(name.toLowerCase(), value)
  }

  /** Node calls this when an answer begins. */
  override writeHead(status: number, message?: string, headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this
  override writeHead(status: number, headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this
  override writeHead(status: number, ...given: never[]): this {
    this.sendDate = false
    if (!this.hasHeader('date')) super.setHeader('date', httpDate())
    // Node would say this itself, in capitals; the rule is its own
    const stays = this.shouldKeepAlive && (this.useChunkedEncodingByDefault || this.hasHeader('content-length'))
    super.setHeader('connection', stays ? 'keep-alive' : 'close')
    if (stays) super.setHeader('keep-alive', KEEP_ALIVE)
    if (!this.req.complete) discard(this.req)
    return super.writeHead(status, ...given)
  }
}

let dateSecond = 0
let dateText = ''

/** The time of day as headers write it, made once a second. */
export function httpDate(): string {
  const second = Math.floor(systemClock.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(second * 1000).toUTCString()
  }
  return dateText
}
