/** Pools and flavors, for the description of the API. */
import type { Limits } from '../../../model/limits.ts'
import { MAX_URI_LENGTH, MAX_WEIGHT } from '../../../model/pool.ts'
import { FLAVORS_V1_1, FLAVORS_V2, POOLS_V1, POOLS_V1_1, POOLS_V2, SHARDS, type FlavorForm, type PoolForm } from '../pool-forms.ts'
import type { DialectId } from '../dialects.ts'
import type { Answer, Describe, Parameter } from './operations.ts'
import { atLeast, exactly, LINKS, list, ref, type Schema, type Shaping } from './schemas.ts'

const POOL_FORMS: Readonly<Record<DialectId, PoolForm>> = { '1': POOLS_V1, '1.1': POOLS_V1_1, '2': POOLS_V2 }
const FLAVOR_FORMS: Readonly<Record<DialectId, FlavorForm | null>> = { '1': null, '1.1': FLAVORS_V1_1, '2': FLAVORS_V2 }

const TEXT: Schema = { type: 'string' }
const OBJECT: Schema = { type: 'object', additionalProperties: ref('JsonValue') }
const NAMES = list(TEXT, { minItems: 1 })

const marker: Parameter = { name: 'marker', description: 'Go on after this name.', schema: TEXT }
const detailed: Parameter = { name: 'detailed', description: 'Show all there is to show of each.', schema: { type: 'boolean' } }

function limit(range: 'any' | 'checked', max: number): Parameter {
  return { name: 'limit', description: 'How many to answer at most; 10 if left out.', schema: range === 'checked' ? { type: 'integer', minimum: 1, maximum: max } : { type: 'integer' } }
}

const refused = (description: string): Answer => ({ description, schema: ref('Error') })

function poolMembers({ groupMembers }: PoolForm): Readonly<Record<string, Schema>> {
  const group = { type: 'string', maxLength: 255, pattern: '^[a-zA-Z0-9_.-]*$' }
  return {
    uri: { type: 'string', maxLength: MAX_URI_LENGTH, pattern: '^[a-z][a-z0-9+.-]*://.+' }, weight: { type: 'integer', minimum: 0, maximum: MAX_WEIGHT }, options: OBJECT,
    ...Object.fromEntries(groupMembers.map(name => [name, group])),
  }
}

function poolEntry({ name, group }: PoolForm): Schema {
  return exactly({
    href: TEXT, ...name === 'shown' ? { name: TEXT } : {}, weight: { type: 'integer' }, uri: TEXT, ...group === null ? {} : { [group]: { type: ['string', 'null'] } }, options: OBJECT,
  }, ['options'])
}

function poolOperations(collection: 'pools' | 'shards', formOf: (shaping: Shaping) => PoolForm): Readonly<Record<string, Describe>> {
  const one = `/${collection}/:pool`
  const noun = collection === 'pools' ? 'pool' : 'shard'
  const named = (action: string) => `${action}${noun === 'pool' ? 'Pool' : 'Shard'}`
  const missing = refused(`There is no such ${noun}.`)
  return {
    [`GET /${collection}`]: shaping => {
      const form = formOf(shaping)
      const entries = list(poolEntry(form))
      const schema = form.links === 'hidden' ? exactly({ [collection]: entries }) : exactly({ links: LINKS, [collection]: entries })
      return {
        id: `${named('list')}s`, summary: `List the ${collection}`, query: [marker, limit(form.limit, shaping.limits.max_pools_per_page), detailed],
        answers: { 200: { description: 'A page.', schema, headers: ['content-location'] }, ...form.emptyPage === 'no-body' ? { 204: { description: 'There are no more.' } } : {} },
      }
    },
    [`GET ${one}`]: shaping => ({ id: named('get'), summary: `Show a ${noun}`, query: [detailed], answers: { 200: { description: `The ${noun}.`, schema: poolEntry(formOf(shaping)) }, 404: missing } }),
    [`PUT ${one}`]: shaping => {
      const members = poolMembers(formOf(shaping))
      const optional = Object.keys(members).filter(name => name !== 'uri' && name !== 'weight')
      return {
        id: named('put'), summary: `Register a ${noun}, or change it as a whole`, body: { schema: exactly(members, optional), required: true },
        answers: { 201: { description: 'It is registered.', headers: ['location'] }, 409: refused('Another one has this address.') },
      }
    },
    [`PATCH ${one}`]: shaping => {
      const form = formOf(shaping)
      return {
        id: named('patch'), summary: `Change a ${noun}`, body: { schema: { ...atLeast(poolMembers(form)), minProperties: 1 }, required: true },
        answers: { 200: { description: 'It is changed.', ...form.changed === 'entry' ? { schema: poolEntry(form) } : {} }, 404: missing, 409: refused('Another one has this address.') },
      }
    },
    [`DELETE ${one}`]: () => ({ id: named('delete'), summary: `Remove a ${noun}`, answers: { 204: { description: 'There is none any more.' } } }),
  }
}

function flavorForm({ dialect }: Shaping): FlavorForm {
  const form = FLAVOR_FORMS[dialect.id]
  if (form === null) throw new Error(`version ${dialect.id} has no flavors`)
  return form
}

function flavorEntry({ pools }: FlavorForm): Schema {
  const common = { href: TEXT, name: TEXT }
  return pools === 'group'
    ? exactly({ ...common, pool: TEXT, project: TEXT, capabilities: OBJECT }, ['capabilities'])
    : exactly({ ...common, pool_list: NAMES, capabilities: list({ enum: ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'] }) }, ['pool_list', 'capabilities'])
}

function flavorDocument({ pools }: FlavorForm, use: 'whole' | 'change'): Schema {
  if (pools === 'list') return use === 'whole' ? exactly({ pool_list: NAMES, capabilities: OBJECT }, ['capabilities']) : atLeast({ pool_list: NAMES }, ['pool_list'])
  return atLeast({ pool: TEXT, capabilities: OBJECT }, use === 'whole' ? ['pool'] : [])
}

const NO_FLAVOR = refused('There is no such flavor.')

/** The most flavors in a page. */
function flavorLimit({ max_flavors_per_page: max }: Limits, form: FlavorForm): Parameter {
  return limit(form.limit, max)
}

const FLAVOR_OPERATIONS: Readonly<Record<string, Describe>> = {
  'GET /flavors': shaping => {
    const form = flavorForm(shaping)
    return {
      id: 'listFlavors', summary: 'List the flavors of the project', query: [marker, flavorLimit(shaping.limits, form), detailed],
      answers: { 200: { description: 'A page.', schema: exactly({ links: LINKS, flavors: list(flavorEntry(form)) }) } },
    }
  },
  'GET /flavors/:flavor': shaping => ({ id: 'getFlavor', summary: 'Show a flavor', query: [detailed], answers: { 200: { description: 'The flavor.', schema: flavorEntry(flavorForm(shaping)) }, 404: NO_FLAVOR } }),
  'PUT /flavors/:flavor': shaping => ({
    id: 'putFlavor', summary: 'Make a flavor, or change it as a whole', body: { schema: flavorDocument(flavorForm(shaping), 'whole'), required: true },
    answers: { 201: { description: 'It is made.', headers: ['location'] } },
  }),
  'PATCH /flavors/:flavor': shaping => {
    const form = flavorForm(shaping)
    return {
      id: 'patchFlavor', summary: 'Change a flavor', body: { schema: flavorDocument(form, 'change'), required: true },
      answers: { 200: { description: 'It is changed.', ...form.changed === 'entry' ? { schema: flavorEntry(form) } : {} }, 404: NO_FLAVOR },
    }
  },
  'DELETE /flavors/:flavor': () => ({ id: 'deleteFlavor', summary: 'Remove a flavor', answers: { 204: { description: 'There is none any more.' } } }),
}

/** Every action of administrators on pools and flavors. */
export const ADMIN_OPERATIONS: Readonly<Record<string, Describe>> = {
  ...poolOperations('shards', () => SHARDS),
  ...poolOperations('pools', ({ dialect }) => POOL_FORMS[dialect.id]),
  ...FLAVOR_OPERATIONS,
  'GET /quotas/:project': () => ({
    id: 'getQuota', summary: 'Show what a project may keep, and what it keeps',
    answers: { 200: { description: 'Limits, null where there is none, and use.', schema: { type: 'object', required: ['project', 'limits', 'use'] } } },
  }),
}
