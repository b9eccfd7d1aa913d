/** Quotas, for administrators. */
import { LIMIT_NAMES } from '../../../quota/quota.ts'
import type { Describe, Descriptions } from './description.ts'
import * as story from './examples.ts'
import { answered, ref, text, whole, type Schema, type Schemas } from './schema.ts'

const describeQuota: Describe = () => ({
  name: 'getQuota',
  tag: 'administration',
  summary: 'Show what a project may keep, how often it may ask, and what it keeps',
  answers: [{ status: 200, description: 'The limits and the use.', schema: ref('Quota') }],
  example: {
    status: 200,
    answer: {
      project: story.PROJECT,
      limits: Object.fromEntries(LIMIT_NAMES.map(name => [name, null])),
      use: { queues: 1, messages: 1, bytes: JSON.stringify(story.POST.body).length },
    },
  },
})

/** Our own actions, under no version. */
export const QUOTAS: Descriptions = { 'GET /quotas/:project': describeQuota }

/** What they answer. */
export function quotaSchemas(): Schemas {
  const limit: Schema = { type: ['integer', 'null'], description: 'Null is no limit.', minimum: 0 }
  const limits = answered(Object.fromEntries(LIMIT_NAMES.map(name => [name, limit])))
  const use = answered({ queues: whole(0), messages: whole(0), bytes: whole(0, 'Of message bodies.') })
  return { Quota: answered({ project: text('Which project.'), limits, use }) }
}
