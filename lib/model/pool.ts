/** Where queues lie: pools, and the flavors by which users choose among them. */
import type { JsonText } from './json.ts'
import type { Brand, Project } from './names.ts'

/** The name of a pool: 1 to 64 characters of one path segment. */
export type PoolName = Brand<string, 'PoolName'>
/** The name of a flavor, within its project. */
export type FlavorName = Brand<string, 'FlavorName'>

/** A store that queues can lie in. Pools belong to no project. */
export interface Pool {
  readonly name: PoolName
  /** Where it is: `mongodb://…`, `lmdb:///…`. May hold a password, so it is shown to administrators only and never logged. */
  readonly uri: string
  /** How likely a new queue is placed here, compared with the other pools it may be placed in; 0 is never. */
  readonly weight: number
  /** The group it belongs to; a flavor places queues in the pools of its group. Null: in the pools for queues without a flavor. */
  readonly group: string | null
  /** A JSON object, as the text that came. */
  readonly options: JsonText
  /** Its queues are being moved away; no new one is placed here. */
  readonly draining: boolean
}

/** A named choice of pools. */
export interface Flavor {
  readonly project: Project
  readonly name: FlavorName
  /** The group of pools it stands for. */
  readonly group: string
  /** A JSON object, as the text that came. */
  readonly capabilities: JsonText
}
