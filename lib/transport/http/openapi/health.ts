/** How the service is, in detail, for administrators. */
import { STEPS } from '../../../service/health.ts'
import type { Describe, Descriptions } from './description.ts'
import { answered, ref, whole, type Schema, type Schemas } from './schema.ts'

const describeReport: Describe = () => ({
  name: 'checkHealth',
  tag: 'administration',
  summary: 'Go through the life of a queue, in each store that there is',
  text: 'A step that fails is told in the report; the status is 200 all the same.',
  answers: [{ status: 200, description: 'How each step went.', schema: ref('Health') }],
  example: { status: 200 },
})

/** The report of newer versions. */
export const HEALTH_REPORT: Descriptions = { 'GET /health': describeReport }

/** What it answers. */
export function healthSchemas(): Schemas {
  const step = answered({
    succeeded: { type: 'boolean' },
    seconds: { type: ['number', 'null'], description: 'How long it took. Null if it failed.', minimum: 0 },
    ref: { type: ['string', 'null'], description: 'Names the failure in the log.' },
  })
  const volume: Schema = { anyOf: [{ type: 'null' }, answered({ free: whole(0), claimed: whole(0), total: whole(0) })] }
  const store = answered({
    storage_reachable: { type: 'boolean' }, operation_status: answered(Object.fromEntries(STEPS.map(name => [name, step]))), message_volume: volume,
  })
  const pools: Schema = {
    type: 'object', description: 'By the names of the pools.', properties: { catalog_reachable: { type: 'boolean' } }, required: ['catalog_reachable'],
    additionalProperties: ref('StoreHealth'),
  }
  return { StoreHealth: store, Health: { anyOf: [ref('StoreHealth'), pools] } }
}
