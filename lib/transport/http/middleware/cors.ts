import koaCors from '@koa/cors'
import type { Middleware } from 'koa'
import type { State } from '../state.ts'
import type { CorsOptions } from './cors-options.ts'

/**
 * Tells browsers which pages may call the API, and answers their pre-flights, which carry no token. With no allowed origin it does
 * nothing. Credentials are never offered to every origin at once.
 */
export function cors(options: CorsOptions): Middleware<State> {
  const { allowed_origin: allowed } = options
  if (allowed.length === 0) return function cors(_ctx, next) { return next() }
  const isOpen = allowed.includes('*')
  return koaCors({
    origin: ctx => (isOpen ? '*' : allowed.find(origin => origin === ctx.get('origin')) ?? ''),
    credentials: options.allow_credentials && !isOpen,
    maxAge: options.max_age,
    allowMethods: [...options.allow_methods],
    allowHeaders: [...options.allow_headers],
    exposeHeaders: [...options.expose_headers],
    keepHeadersOnError: false,
  })
}
