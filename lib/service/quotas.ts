/** What a project may keep, and what it keeps. */
import type { Project } from '../model/names.ts'
import { LIMIT_NAMES, type Quota, type Quotas, type WrittenLimits } from '../quota/quota.ts'
import type { Stores } from '../storage/contract.ts'

/** A project's quota as operators see it: limits as they are written, null where there is none. */
export interface QuotaReport {
  readonly project: Project
  readonly limits: Readonly<Record<keyof WrittenLimits, number | null>>
  readonly use: { readonly queues: number; readonly messages: number; readonly bytes: number }
}

/** Looks up the limits and the use of a project. */
export async function reportQuota({ control, data }: Stores, quotas: Quotas, project: Project): Promise<QuotaReport> {
  const [queues, { messages, bytes }] = await Promise.all([control.countQueues(project), data.usage(project)])
  return { project, limits: written(quotas.of(project)), use: { queues, messages, bytes } }
}

function written({ queues, messages, bytes, requestsPerSecond, burst, waits }: Quota): QuotaReport['limits'] {
  const values = { queues, messages, bytes, requests_per_second: requestsPerSecond, burst, waits }
  return Object.fromEntries(LIMIT_NAMES.map(name => [name, values[name] === Infinity ? null : values[name]])) as QuotaReport['limits']
}
