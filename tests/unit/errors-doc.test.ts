/** doc/api/errors.md and the error table say the same. */
import { readFileSync } from 'node:fs'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { pino } from 'pino'
import t from 'tap'
import { ERRORS, fail, MarconiError, type ErrorName } from '../../lib/errors.ts'
import { errors } from '../../lib/transport/http/middleware/errors.ts'
import type { State } from '../../lib/transport/http/state.ts'

const DOCUMENT = readFileSync(new URL('../../../doc/api/errors.md', import.meta.url), 'utf8')

/** One row of the table. */
interface Row {
  readonly kind: string
  readonly status: number
  readonly title: string
  readonly description: string
}

/** The rows whose first cell is the name of an error. */
function documented(): Readonly<Record<string, Row>> {
  const rows = [...DOCUMENT.matchAll(/^\| `([A-Z]\w+)` \| (\w+) \| (\d+) \| `(.*)` \| (.*) \|$/gm)]
  return Object.fromEntries(rows.map(([, name = '', kind = '', status, title = '', description = '']) => [name, { kind, status: Number(status), title, description }]))
}

/** The text of an error, with each of its parameters as `{name}`. */
function describe(name: ErrorName): string {
  const params = new Proxy({}, { get: (_target, parameter) => `{${String(parameter)}}` })
  return (fail as (name: ErrorName, params: unknown) => MarconiError)(name, params).message
}

/** The status that an error is answered with. */
async function statusOf(name: ErrorName): Promise<number> {
  const req = new IncomingMessage(new Socket())
  const ctx = new Koa<State>().createContext<State>(req, new ServerResponse(req))
  await errors(pino({ level: 'silent' }), '503')(ctx, () => Promise.reject(new MarconiError(name, '')))
  return ctx.status
}

t.test('every error is documented as it is, and nothing else is', async t => {
  const actual = await Promise.all(Object.entries(ERRORS).map(async ([key, { kind, title }]) => {
    const name = key as ErrorName
    const text = describe(name)
    return [name, { kind, status: await statusOf(name), ...title === null ? { title: text, description: '(none)' } : { title, description: text } }] as const
  }))
  t.same(documented(), Object.fromEntries(actual))
})
