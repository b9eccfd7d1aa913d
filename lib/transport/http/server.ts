/** The HTTP server: listening, refusing what is no request, going down in order. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type Koa from 'koa'
import type { Logger } from 'pino'
import { JSON_TYPE, errorText } from './answers.ts'
import { newRequestId } from './middleware/request-id.ts'
import { RETRY_AFTER } from './middleware/errors.ts'
import { httpDate, KEEP_ALIVE_SECONDS, LowerCaseResponse } from './response.ts'
import type { State } from './state.ts'

/** How to serve. */
export interface ServeOptions {
  /** The longest time in which a request has to arrive, in milliseconds. 0 sets no limit. */
  readonly requestTimeout: number
  /** Gets a line for each request that is refused before the application sees it. */
  readonly log: Logger
}

/** Where and how to listen. */
export interface ListenOptions extends ServeOptions {
  /** An address or a host name. */
  readonly bind: string
  /** 0 takes a free port. */
  readonly port: number
}

/** A server at work. */
export interface Serving {
  /** Serves a connection that somebody else accepted. */
  take(socket: Socket): void
  /**
   * Goes down: takes no more requests, lets those that run finish, and closes what is left after `timeoutMs`. True if nothing
   * had to be cut off. A second call waits with the first.
   */
  drain(timeoutMs: number): Promise<boolean>
}

/** A server that accepts connections itself. */
export interface Listening extends Serving {
  /** Where it is, with the port that it got. */
  readonly url: string
}

/** The most bytes that the headers of one request may have. */
const MAX_HEADER_BYTES = 32 * 1024
/** The longest time in which the headers of a request have to arrive, in milliseconds. */
const MAX_HEADERS_TIME = 20_000
/** How often slow requests are looked for, in milliseconds. */
const CHECK_EVERY = 1_000
/** How long a refused connection is kept so that its client can read why, in milliseconds. */
const LINGER = 1_000

const SHUTTING_DOWN = errorText('Service temporarily unavailable', 'The server is shutting down. Please try again in a few seconds.')

/** Starts to serve an application on an address. */
export async function listen(app: Koa<State>, options: ListenOptions): Promise<Listening> {
  const { server, connections, take } = create(app, options)
  await started(server, options)
  return { url: urlOf(server), take, drain: drainOnce(server, connections) }
}

/** Starts to serve an application on connections that are handed in. */
export function serve(app: Koa<State>, options: ServeOptions): Serving {
  const { server, connections, take } = create(app, options)
  // A server looks for slow requests from the time on that it listens; this one never does.
  server.emit('listening')
  return { take, drain: drainOnce(server, connections) }
}

function create(app: Koa<State>, options: ServeOptions) {
  const handle = app.callback()
  const { log } = options
  const connections = new Connections()
  const server = createServer<typeof IncomingMessage, typeof LowerCaseResponse>({
    ServerResponse: LowerCaseResponse,
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: options.requestTimeout,
    headersTimeout: options.requestTimeout === 0 ? MAX_HEADERS_TIME : Math.min(MAX_HEADERS_TIME, options.requestTimeout),
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    connectionsCheckingInterval: CHECK_EVERY,
    requireHostHeader: false, // checked below: Node's own answer would have capitals
  })
  server.on('connection', socket => { connections.add(socket) })
  server.on('request', (req, res) => {
    connections.answers(req.socket, res)
    if (connections.isDraining) refuse(res, log, 503, SHUTTING_DOWN)
    else if (req.headers.host === undefined && req.httpVersion === '1.1') refuse(res, log, 400, errorText('Bad Request', 'The "Host" header is required.'))
    else void handle(req, res)
  })
  server.on('checkExpectation', (_req, res) => { refuse(res, log, 417, errorText('Expectation failed', 'Only "100-continue" can be expected.')) })
  server.on('connect', (_req, socket) => { refuseRaw(socket as Socket, log, 400) })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => { refuseUnreadable(error, socket as Socket, log, connections.answerOf(socket as Socket)) })
  const take = (socket: Socket) => {
    server.emit('connection', socket)
    socket.resume()
  }
  return { server, connections, take }
}

/** The open connections, with the answer that each is busy with. */
class Connections {
  readonly #open = new Set<Socket>()
  readonly #answers = new WeakMap<Socket, LowerCaseResponse>()
  isDraining = false
  #ended: (() => void) | null = null

  add(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      if (this.#open.size === 0) this.#ended?.()
    })
  }

  /** Resolves when no connection is open. */
  ended(): Promise<void> {
    return new Promise(resolve => {
      this.#ended = resolve
      if (this.#open.size === 0) resolve()
    })
  }

  answers(socket: Socket, res: LowerCaseResponse): void {
    this.#answers.set(socket, res)
  }

  answerOf(socket: Socket): LowerCaseResponse | null {
    const res = this.#answers.get(socket)
    return res === undefined || res.writableFinished ? null : res
  }

  /** From now on each connection closes after the answer it is busy with. Those that never asked anything close at once. */
  drain(): void {
    this.isDraining = true
    for (const socket of this.#open) {
      const res = this.answerOf(socket)
      if (res !== null) res.shouldKeepAlive = false
      else if (socket.bytesRead === 0) socket.destroy()
    }
  }
}

function started(server: Server, { bind, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, bind, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function drainOnce(server: Server, connections: Connections): (timeoutMs: number) => Promise<boolean> {
  let draining: Promise<boolean> | undefined
  return timeoutMs => (draining ??= drain(server, connections, timeoutMs))
}

async function drain(server: Server, connections: Connections, timeoutMs: number): Promise<boolean> {
  let isCut = false
  const deadline = setTimeout(() => {
    isCut = true
    server.closeAllConnections()
  }, timeoutMs)
  if (server.listening) server.close()
  server.closeIdleConnections()
  connections.drain()
  await connections.ended()
  clearTimeout(deadline)
  return !isCut
}

/** Answers a request without letting it in, and closes its connection. */
function refuse(res: LowerCaseResponse, log: Logger, status: number, text: string): void {
  const requestId = newRequestId()
  res.shouldKeepAlive = false
  res.statusCode = status
  res.setHeader('x-openstack-request-id', requestId)
  res.setHeader('content-type', JSON_TYPE)
  res.setHeader('content-length', Buffer.byteLength(text))
  if (status === 503) res.setHeader('retry-after', RETRY_AFTER)
  res.end(text)
  const path = res.req.url?.split('?')[0]
  log.info({ request_id: requestId, method: res.req.method, path, status, bytes: Buffer.byteLength(text) }, 'request')
}

/** Answers what Node could not read as a request, or what did not arrive in time. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, log: Logger, answering: LowerCaseResponse | null): void {
  if (socket.destroyed || socket.writableEnded) return
  // an answer under way, or the one to a request that came complete, must not get another's refusal in its place
  const isTaken = answering !== null && (answering.headersSent || answering.req.complete)
  if (error.code === 'ECONNRESET' || !socket.writable || isTaken) socket.destroy()
  else refuseRaw(socket, log, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400)
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request could not be read as HTTP.',
  408: 'The request did not arrive in time.',
  431: `The headers of the request are larger than ${MAX_HEADER_BYTES} bytes.`,
}

function refuseRaw(socket: Socket, log: Logger, status: number): void {
  const requestId = newRequestId()
  const phrase = STATUS_CODES[status] ?? ''
  const text = errorText(phrase, REFUSALS[status] ?? phrase)
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    `x-openstack-request-id: ${requestId}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${Buffer.byteLength(text)}`,
    `date: ${httpDate()}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
  log.info({ request_id: requestId, status, bytes: Buffer.byteLength(text) }, 'request')
  socket.resume()
  const linger = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => { clearTimeout(linger) })
}
