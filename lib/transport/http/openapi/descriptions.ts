/**
 * The descriptions of all actions, laid out as the route table is: a test fails if one of the two has what the other has not.
 */
import type { DialectId } from '../dialects.ts'
import { FLAVORS_V1_1, FLAVORS_V2, POOLS_V1, POOLS_V1_1, POOLS_V2, SHARDS } from '../pool-forms.ts'
import { CLAIMS, claimSchemas } from './claims.ts'
import type { Descriptions, Terms } from './description.ts'
import { flavors, flavorSchemas } from './flavors.ts'
import { HEALTH_REPORT } from './health.ts'
import { METADATA_OF_QUEUE, metadataSchemas, PATCHED_METADATA, SEPARATE_METADATA } from './metadata.ts'
import { MESSAGES, messageSchemas, POP } from './messages.ts'
import { pools, poolSchemas } from './pools.ts'
import { EXISTENCE, PURGE, QUEUES, queueSchemas } from './queues.ts'
import { QUOTAS } from './quotas.ts'
import type { Schemas } from './schema.ts'
import { serviceAt, serviceSchemas } from './service.ts'
import { SHARING, sharingSchemas } from './sharing.ts'

const COMMON: Descriptions = { ...QUEUES, ...MESSAGES, ...CLAIMS }
const NEWER: Descriptions = { ...COMMON, ...METADATA_OF_QUEUE, ...POP, ...HEALTH_REPORT }

/** The actions of each API version, by `keyOf`. */
export const DESCRIPTIONS: Readonly<Record<DialectId, Descriptions>> = {
  '1': { ...serviceAt('', '/health'), ...COMMON, ...EXISTENCE, ...SEPARATE_METADATA, ...pools(SHARDS), ...pools(POOLS_V1) },
  '1.1': { ...serviceAt('', '/ping'), ...NEWER, ...pools(POOLS_V1_1), ...flavors(FLAVORS_V1_1) },
  '2': { ...serviceAt('/', '/ping'), ...NEWER, ...PATCHED_METADATA, ...PURGE, ...SHARING, ...pools(POOLS_V2), ...flavors(FLAVORS_V2) },
}

/** Our own actions, under no version. */
export const ADMIN_DESCRIPTIONS: Descriptions = QUOTAS

const COMMON_SCHEMAS = [serviceSchemas, queueSchemas, metadataSchemas, messageSchemas, claimSchemas]

/** What the actions of a version take and answer. */
const SCHEMAS: Readonly<Record<DialectId, readonly ((terms: Terms) => Schemas)[]>> = {
  '1': [...COMMON_SCHEMAS, terms => poolSchemas(terms, SHARDS), terms => poolSchemas(terms, POOLS_V1)],
  '1.1': [...COMMON_SCHEMAS, terms => poolSchemas(terms, POOLS_V1_1), terms => flavorSchemas(terms, FLAVORS_V1_1)],
  '2': [...COMMON_SCHEMAS, sharingSchemas, terms => poolSchemas(terms, POOLS_V2), terms => flavorSchemas(terms, FLAVORS_V2)],
}

/** The schemas of a version, by their names in it. */
export function schemasOf(terms: Terms): Schemas {
  return Object.assign({}, ...SCHEMAS[terms.dialect.id].map(schemas => schemas(terms)))
}
