/** What a project may keep, and how often it may ask. */
import type { Project } from '../model/names.ts'

/** The limits of one project. `Infinity` is no limit. */
export interface Quota {
  readonly queues: number
  readonly messages: number
  /** Of message bodies. */
  readonly bytes: number
  readonly requestsPerSecond: number
  /** Requests at once after a quiet time. */
  readonly burst: number
  /** Long waits that are open at once. */
  readonly waits: number
}

/** The limits of every project. */
export interface Quotas {
  of(project: Project): Quota
}

/** The names of limits in the configuration and in the file of overrides. */
export const LIMIT_NAMES = ['queues', 'messages', 'bytes', 'requests_per_second', 'burst', 'waits'] as const

/** Limits as they are written: 0 sets none. */
export type WrittenLimits = Readonly<Record<(typeof LIMIT_NAMES)[number], number>>

/** No limits at all. */
export const UNLIMITED: Quota = { queues: Infinity, messages: Infinity, bytes: Infinity, requestsPerSecond: Infinity, burst: Infinity, waits: Infinity }

/** Reads written limits. */
export function quotaOf({ queues, messages, bytes, requests_per_second: rate, burst, waits }: WrittenLimits): Quota {
  return {
    queues: queues || Infinity,
    messages: messages || Infinity,
    bytes: bytes || Infinity,
    requestsPerSecond: rate || Infinity,
    burst: rate === 0 ? Infinity : burst || rate,
    waits: waits || Infinity,
  }
}
