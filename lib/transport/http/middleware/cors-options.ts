/** The `[cors]` group: which pages of other origins may call the API from a browser. */
import type { OptionTable, Values } from '../../../options.ts'

const METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD']
const ALLOWED_HEADERS: readonly string[] = ['X-Auth-Token', 'X-Project-ID', 'X-OpenStack-Request-ID', 'Client-ID', 'Content-Type']
const EXPOSED_HEADERS: readonly string[] = ['X-OpenStack-Request-ID', 'Location', 'Content-Location', 'Retry-After', 'WWW-Authenticate']
const NO_ORIGIN: readonly string[] = []

export const CORS_OPTIONS = {
  allowed_origin: {
    doc: 'The origins whose pages may call the API, as https://dashboard.example.org; * is every origin. Empty allows none.',
    format: 'list', default: NO_ORIGIN,
  },
  allow_credentials: { doc: 'Whether such a page may send credentials of the browser. Never with every origin.', format: 'boolean', default: true },
  max_age: { doc: 'How long a browser may remember what is allowed, in seconds.', format: 'nat', default: 3600 },
  allow_methods: { doc: 'The methods that such a page may use.', format: 'list', default: METHODS },
  allow_headers: { doc: 'The request headers that such a page may send.', format: 'list', default: ALLOWED_HEADERS },
  expose_headers: { doc: 'The answer headers that such a page may read.', format: 'list', default: EXPOSED_HEADERS },
} as const satisfies OptionTable

/** What pages of other origins may do. */
export type CorsOptions = Values<typeof CORS_OPTIONS>
