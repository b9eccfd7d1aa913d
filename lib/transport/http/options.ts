/** The `[drivers:transport:wsgi]` group: the HTTP listener. */
import type { OptionTable, Values } from '../../options.ts'

export const HTTP_OPTIONS = {
  bind: {
    doc: 'The address or host name to listen on. 0.0.0.0 listens on all IPv4 addresses, :: on all addresses.',
    format: 'string', default: '127.0.0.1',
  },
  port: {
    doc: 'The port to listen on. 0 takes a free one.', format: 'port', default: 8888,
  },
  request_timeout: {
    doc: 'The longest time a request may take to arrive completely, in seconds. 0 sets no limit.', format: 'nat', default: 60, max: 86_400,
  },
  drain_timeout: {
    doc: 'How long a server that stops waits for the requests that are running, in seconds.', format: 'nat', default: 30, max: 86_400,
  },
} as const satisfies OptionTable

/** How the server listens. */
export type HttpOptions = Values<typeof HTTP_OPTIONS>
