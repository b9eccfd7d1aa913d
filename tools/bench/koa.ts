/**
 * The yardsticks: a Koa server without anything around it. It reads the body, parses it, and answers what it was told to. Given a
 * file, it also appends every body to it, and answers when that is on disk: the requests that wait share one write and one sync.
 */
import { openSync, fdatasync, write } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import Koa from 'koa'

/** What to answer. */
export interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** By verb and last word of the path: `POST messages`. */
export interface ToYardstick { readonly answers: Readonly<Record<string, Answer>> }
export interface FromYardstick { readonly url: string }

/** A file that is appended to by groups. */
class Journal {
  readonly #fd: number
  #waiting: { readonly bytes: Buffer; readonly done: (error?: unknown) => void }[] = []
  #isBusy = false

  constructor(file: string) {
    this.#fd = openSync(file, 'a')
  }

  append(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, done: error => { if (error === undefined) resolve(); else reject(error as Error) } })
      if (!this.#isBusy) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    await new Promise(setImmediate) // what arrived in the same turn comes along
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await promisify(write)(this.#fd, Buffer.concat(group.map(({ bytes }) => bytes)))
        await promisify(fdatasync)(this.#fd)
        for (const { done } of group) done()
      } catch (error) {
        for (const { done } of group) done(error)
      }
    }
    this.#isBusy = false
  }
}

const NOT_FOUND: Answer = { status: 404, headers: [], body: '' }
const KEEP_ALIVE_MS = 65_000

function serve(file: string | undefined): void {
  const journal = file === undefined ? null : new Journal(file)
  let answers: Readonly<Record<string, Answer>> = {}

  const app = new Koa()
  app.use(async ctx => {
    const bytes = await readBody(ctx.req)
    if (bytes.length > 0) JSON.parse(bytes.toString('utf8'))
    if (journal !== null) await journal.append(bytes)
    const { status, headers, body } = answers[`${ctx.method} ${wordOf(ctx.path)}`] ?? NOT_FOUND
    for (const [name, value] of headers) ctx.res.setHeader(name, value)
    ctx.status = status
    ctx.body = status === 204 ? null : body
  })

  const server = app.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    process.send?.({ url: `http://127.0.0.1:${port}` } satisfies FromYardstick)
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  process.on('message', (order: ToYardstick) => {
    answers = order.answers
    process.send?.({ url: '' } satisfies FromYardstick)
  })
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
}

function wordOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function readBody(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => { resolve(Buffer.concat(chunks)) })
    req.on('error', reject)
  })
}

serve(process.argv[2])
