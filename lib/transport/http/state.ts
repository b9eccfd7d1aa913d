/** What a request carries on its way, and who puts it there. */
import type { RouterContext } from '@koa/router'
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Caller } from '../../model/caller.ts'
import type { Limits } from '../../model/limits.ts'
import type { ClientId, Project, QueueName } from '../../model/names.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Quotas } from '../../quota/quota.ts'
import type { LeasedRate } from '../../quota/rate.ts'
import type { Waiters } from '../../service/waiters.ts'
import type { Stores } from '../../storage/contract.ts'
import type { PoolBackends } from '../../storage/directory.ts'
import type { Identity } from './auth/identity.ts'
import type { SignedUrlOptions } from './auth/signed-url.ts'
import type { Dialect } from './dialects.ts'
import type { Query } from './parameters.ts'
import type { Action } from './routes.ts'

/** `ctx.state`. Each member is there from the step on that its comment names. */
export interface State {
  /** `request-id`: names this request in our answer and in our log. */
  requestId: string
  /** `request-id`: the name that the caller gave to what it is doing, if well-formed. */
  globalRequestId?: string
  /**
   * `auth`: who asks, by a token or a signed URL. Null in a service without authentication, which believes what clients say; absent on a path that
   * is served without asking.
   */
  identity?: Identity | null
  /** Guard `project`: who asks, and for which project. */
  caller: Caller
  /** `endpoint`: the API version that is spoken. */
  dialect: Dialect
  /** `endpoint`: the row of the route table; absent while none is chosen. */
  action?: Action
  /** `endpoint`: the query of the address. */
  query: Query
  /** Guard `client-id`: who asks, if it said so. */
  client: ClientId | null
  /** Guard `project`: whose queues; null for an id that is too long for any queue to be in it. */
  project: Project | null
  /** Guard `queue`, on paths with a queue only: which one. */
  place: Place
}

/** A queue that a path names, whether it exists or not. */
export interface Place {
  readonly project: Project
  readonly queue: QueueName
}

/** A request inside a route. */
export type Context = RouterContext<State>

/** What the handlers work with. */
export interface Parts {
  readonly stores: Stores
  /** The stores behind the pools. */
  readonly pools: PoolBackends
  readonly limits: Limits
  readonly log: Logger
  /** Who may do what; null where callers are not authenticated. */
  readonly policy: Policy | null
  /** What a project may keep, and how often it may ask. */
  readonly quotas: Quotas
  readonly clock: Clock
  /** How URLs are signed. */
  readonly signing: SignedUrlOptions
  /** Whether messages are shown with checksums, where the API version knows them. */
  readonly checksums: boolean
  /** Whether there is a key to encrypt messages with. */
  readonly canEncrypt: boolean
  /** Whether the actions of administrators are there. */
  readonly adminMode: boolean
  /** Whether queues are spread over pools. */
  readonly pooling: boolean
  /** What this process may still do for each project. */
  readonly rate: LeasedRate
  /** Those who wait for messages. */
  readonly waiters: Waiters
}

/** One action. It answers through the context, or throws a `MarconiError`. */
export type Handler = (ctx: Context, parts: Parts) => void | Promise<void>

/** A check that stands before the actions of a path. It throws what it refuses, and may set the member of the state it owns. */
export type Guard = (ctx: Context, parts: Parts) => void
