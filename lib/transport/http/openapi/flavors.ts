/** Flavors, in the form of an API version. */
import { fail } from '../../../errors.ts'
import { MAX_NAME_LENGTH } from '../../../model/pool.ts'
import type { FlavorForm } from '../pool-forms.ts'
import { versioned, type Describe, type Descriptions, type Terms } from './description.ts'
import * as story from './examples.ts'
import { adminLimit, flag, href, LINKS, marker } from './fields.ts'
import { answered, listOf, sent, text, type Schema, type Schemas } from './schema.ts'

const CAPABILITIES = ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT'] as const
const NO_FLAVOR = fail('FlavorDoesNotExist', { flavor: story.FLAVOR })

/** The flavor of the examples. */
function setting(form: FlavorForm): Readonly<Record<string, unknown>> {
  return form.pools === 'group' ? { pool: story.FLAVOR, capabilities: {} } : { pool_list: [story.POOL] }
}

function shown({ dialect }: Terms, form: FlavorForm, detail: 'brief' | 'detailed'): Readonly<Record<string, unknown>> {
  return {
    href: `${dialect.prefix}/flavors/${story.FLAVOR}`,
    name: story.FLAVOR,
    ...form.pools === 'group' ? { pool: story.FLAVOR, project: story.PROJECT } : { pool_list: [story.POOL] },
    ...detail === 'brief' ? {} : { capabilities: form.capabilities === 'given' ? {} : CAPABILITIES },
  }
}

function detailed(terms: Terms) {
  return flag(terms, 'detailed', 'Whether to show the capabilities.')
}

/** What is refused of the document of a flavor. */
function refusals({ pools }: FlavorForm) {
  const place = { flavor: story.FLAVOR, pool: story.POOL } as const
  return [
    fail('PoolNotParsable'), fail('DocumentTypeNotSupported'), fail('FieldMissing', { field: pools === 'list' ? 'pool_list' : 'pool' }),
    fail('FlavorPoolUnknown', place), pools === 'list' ? fail('FlavorWithoutPools') : fail('FlavorGroupEmpty', { flavor: story.FLAVOR, group: story.FLAVOR }),
  ]
}

function describeList(form: FlavorForm): Describe {
  return terms => ({
    name: 'listFlavors',
    tag: 'administration',
    summary: 'List the flavors of the project by name',
    query: [marker('Names after this one.'), adminLimit(form.limit, terms.limits.max_flavors_per_page), detailed(terms)],
    answers: [{ status: 200, description: 'A page of them.', schema: versioned(terms, 'FlavorPage') }],
    refusals: [
      fail('ParameterNotInteger', { name: 'limit' }), fail('ParameterNotBoolean', { name: 'detailed' }),
      ...form.limit === 'checked' ? [fail('QueuesLimitOutOfRange', { max: terms.limits.max_flavors_per_page })] : [],
    ],
    example: {
      query: { limit: '2' },
      status: 200,
      answer: {
        flavors: [shown(terms, form, 'brief')],
        links: [{ rel: 'next', href: `${terms.dialect.prefix}/flavors?limit=2&marker=${story.FLAVOR}` }],
      },
    },
  })
}

function describeGet(form: FlavorForm): Describe {
  return terms => ({
    name: 'getFlavor',
    tag: 'administration',
    summary: 'Show a flavor',
    query: [detailed(terms)],
    answers: [{ status: 200, description: 'The flavor.', schema: versioned(terms, 'Flavor') }],
    refusals: [NO_FLAVOR],
    example: { query: { detailed: 'true' }, status: 200, answer: shown(terms, form, 'detailed') },
  })
}

function describePut(form: FlavorForm): Describe {
  return terms => ({
    name: 'putFlavor',
    tag: 'administration',
    summary: 'Make a flavor, or change the one of that name as a whole',
    text: 'A queue that names it, as `_flavor` of its metadata, is put into one of its pools.',
    body: { schema: versioned(terms, 'FlavorSetting'), isRequired: true },
    answers: [{ status: 201, description: 'It is made.', headers: ['location'] }],
    refusals: [...refusals(form), fail('PoolNameInvalid', { max: MAX_NAME_LENGTH })],
    example: { body: setting(form), status: 201 },
  })
}

function describePatch(form: FlavorForm): Describe {
  return terms => ({
    name: 'patchFlavor',
    tag: 'administration',
    summary: 'Change a flavor',
    body: { schema: versioned(terms, 'FlavorChange'), isRequired: true },
    answers: [{ status: 200, description: 'It is changed.', ...form.changed === 'nothing' ? {} : { schema: versioned(terms, 'Flavor') } }],
    refusals: [...refusals(form), NO_FLAVOR],
    example: { body: setting(form), status: 200, ...form.changed === 'nothing' ? {} : { answer: shown(terms, form, 'detailed') } },
  })
}

const describeDelete: Describe = () => ({
  name: 'deleteFlavor',
  tag: 'administration',
  summary: 'Remove a flavor',
  text: 'Queues stay where they are.',
  answers: [{ status: 204, description: 'There is none of that name any more.' }],
  example: { status: 204 },
})

/** The actions of one form of flavors. */
export function flavors(form: FlavorForm): Descriptions {
  return {
    'GET /flavors': describeList(form),
    'GET /flavors/:flavor': describeGet(form),
    'PUT /flavors/:flavor': describePut(form),
    'PATCH /flavors/:flavor': describePatch(form),
    'DELETE /flavors/:flavor': describeDelete,
  }
}

/** What they take and answer. */
export function flavorSchemas(terms: Terms, form: FlavorForm): Schemas {
  const { dialect } = terms
  const common = { href: href(`${dialect.prefix}/flavors/${story.FLAVOR}`), name: text('Its name.') }
  const entry = form.pools === 'group'
    ? answered({ ...common, pool: text('The group of pools it stands for.'), project: text('Whose it is.'), capabilities: { type: 'object', description: 'As they were set.' } }, ['capabilities'])
    : answered({ ...common, pool_list: listOf({ type: 'string' }, { minItems: 1 }), capabilities: OF_POOLS }, ['pool_list', 'capabilities'])
  return {
    Flavor: entry,
    FlavorPage: answered({ flavors: listOf(versioned(terms, 'Flavor')), links: LINKS }),
    ...form.pools === 'group' ? groupSettings() : LIST_SETTINGS,
  }
}

const OF_POOLS: Schema = listOf({ type: 'string', enum: CAPABILITIES }, { description: 'What all of its pools have.' })
const POOL_LIST: Schema = listOf({ type: 'string' }, { description: 'Names of pools, which become its group.', minItems: 1 })

const LIST_SETTINGS: Schemas = {
  FlavorSetting: { ...sent({ pool_list: POOL_LIST, capabilities: { description: 'Passed over.' } }, ['pool_list']), additionalProperties: false },
  FlavorChange: sent({ pool_list: POOL_LIST }, ['pool_list']),
}

/** Releases of v1.1 call the group in different ways; one of them has to be there. */
function groupSettings(): Schemas {
  const groups: Schemas = {
    pool: text('A group of pools.'),
    pool_group: { description: 'The same, where there is no `pool`.' },
    pool_list: { description: 'A list of names of pools, which become its group, or null; where there is neither of these.' },
  }
  const members: Schemas = { ...groups, capabilities: { type: 'object', description: 'Kept as they are.' } }
  const oneOf = (names: Schemas) => Object.keys(names).map(name => ({ required: [name] }))
  return {
    FlavorSetting: { ...sent(members), anyOf: oneOf(groups) },
    FlavorChange: { ...sent(members), anyOf: oneOf(members) },
  }
}
