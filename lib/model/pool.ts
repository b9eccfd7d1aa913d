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

/** The longest name of a pool or a flavor, in characters. */
export const MAX_NAME_LENGTH = 64
/** The longest name of a group, in characters. */
export const MAX_GROUP_LENGTH = 255
/** The longest address of a pool, in characters (api-v1.md 11). */
export const MAX_URI_LENGTH = 255
/** The highest weight of a pool. */
export const MAX_WEIGHT = 4_294_967_295

/** What no name holds: slashes, control characters, halves of characters. */
// eslint-disable-next-line no-control-regex
const NO_NAME = /[\u0000-\u001f\u007f/]|\p{Cs}/u

function isName(text: string, maxLength: number): boolean {
  return text.length > 0 && text.length <= maxLength && !NO_NAME.test(text)
}

/** Reads the name of a pool: 1 to 64 characters, none of them a slash or a control character. Null if it is none. */
export function parsePoolName(text: string): PoolName | null {
  return isName(text, MAX_NAME_LENGTH) ? (text as PoolName) : null
}

/** Reads the name of a flavor, likewise. */
export function parseFlavorName(text: string): FlavorName | null {
  return isName(text, MAX_NAME_LENGTH) ? (text as FlavorName) : null
}

/** Reads the name of a group of pools: 1 to 255 characters, likewise. */
export function parseGroup(text: string): string | null {
  return isName(text, MAX_GROUP_LENGTH) ? text : null
}

/** An address without what only the one who uses it may know: name and password. */
export function maskUri(uri: string): string {
  // Up to the last @ before the path: a password may hold one, although it should be escaped.
  return uri.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1***@')
}
