/** The `[drivers:message_store:mongodb]` and `[drivers:management_store:mongodb]` groups: where the database is, and how it is spoken to. */
import type { OptionTable, Values } from '../../options.ts'

/** What both stores have. */
export const MONGODB_OPTIONS = {
  uri: {
    doc: 'The address of the database, `mongodb://…` or `mongodb+srv://…`, with user and password if it asks for them. TLS, the '
      + 'authentication mechanism and the name of the replica set may be said here as its documentation describes.',
    format: 'string', default: '', secret: true,
  },
  database: {
    doc: 'What the names of our databases begin with. Never change it once messages are stored.', format: 'string', default: 'marconi',
  },
  max_pool_size: {
    doc: 'The most connections that one process opens to one server of the database.', format: 'nat', default: 50, min: 1, max: 10_000,
  },
  connect_timeout: {
    doc: 'How long a connection may take to be made, in milliseconds.', format: 'nat', default: 5_000, min: 100,
  },
  server_selection_timeout: {
    doc: 'How long a request waits for a primary, in milliseconds, before it is answered with 503.', format: 'nat', default: 5_000, min: 100,
  },
  socket_timeout: {
    doc: 'How long a command may take before its connection is given up, in milliseconds.', format: 'nat', default: 10_000, min: 1_000,
  },
  max_reconnect_attempts: {
    doc: 'How often a start tries to reach the database before it fails.', format: 'nat', default: 10, min: 1,
  },
  reconnect_sleep: {
    doc: 'How long a start waits before the second attempt, in milliseconds. Each further wait is twice as long, up to ten seconds.',
    format: 'nat', default: 500, min: 1,
  },
  ssl_ca_certs: { doc: 'A file of the certificates that the database is trusted by. Turns TLS on.', format: 'string', default: '' },
  ssl_certfile: { doc: 'A file with our own certificate, for x.509. Turns TLS on.', format: 'string', default: '' },
  ssl_keyfile: { doc: 'A file with the private key of ssl_certfile, unless that file holds it too.', format: 'string', default: '' },
  ssl_cert_reqs: {
    doc: 'With `CERT_REQUIRED` the certificate of the database must be valid. With `CERT_NONE` anybody can pose as the database.',
    format: ['CERT_REQUIRED', 'CERT_OPTIONAL', 'CERT_NONE'], default: 'CERT_REQUIRED',
  },
} as const satisfies OptionTable

/** What the message store has besides. */
export const MONGODB_MESSAGE_OPTIONS = {
  ...MONGODB_OPTIONS,
  partitions: {
    doc: 'Over how many databases messages are spread, by queue. Never change it once messages are stored.', format: 'nat', default: 2, min: 1, max: 100,
  },
  max_attempts: {
    doc: 'How often a post is tried while other processes post to the same queue, before it is answered with 503.',
    format: 'nat', default: 1_000, min: 1,
  },
  max_retry_sleep: {
    doc: 'The longest wait between two of these attempts, in milliseconds; the first ones wait less.', format: 'nat', default: 100, min: 0,
  },
  max_retry_jitter: { doc: 'A random time that is added to each of these waits, at most, in milliseconds.', format: 'nat', default: 5, min: 0 },
} as const satisfies OptionTable

/** How a database is reached. */
export type MongodbOptions = Values<typeof MONGODB_OPTIONS>
/** How messages are kept in one. */
export type MongodbMessageOptions = Values<typeof MONGODB_MESSAGE_OPTIONS>
