/** Pools, for administrators, in the form of an API version. */
import { fail } from '../../../errors.ts'
import { MAX_GROUP_LENGTH, MAX_NAME_LENGTH, MAX_URI_LENGTH, MAX_WEIGHT } from '../../../model/pool.ts'
import type { PoolForm } from '../pool-forms.ts'
import { showing, versioned, type Describe, type Descriptions, type QueryParameter, type Terms } from './description.ts'
import * as story from './examples.ts'
import { adminLimit, flag, href, LINKS, marker } from './fields.ts'
import { answered, listOf, text, whole, type Schema, type Schemas } from './schema.ts'

const MEMBERS = { weight: 100, uri: 'lmdb:///var/lib/marconi/ssd-1' } as const
const CHANGE = { weight: 50 } as const
const NO_POOL = fail('PoolDoesNotExist', { pool: story.POOL })

/** What one of them is called in sentences, and in the names of operations and components. */
const WORDS = { shards: { one: 'shard', name: 'Shard' }, pools: { one: 'pool', name: 'Pool' } } as const

/** The pool of the examples. */
function setting({ groupMembers: [group] }: PoolForm): Readonly<Record<string, unknown>> {
  return { ...MEMBERS, ...group === undefined ? {} : { [group]: story.FLAVOR } }
}

function detailed(terms: Terms): QueryParameter {
  return flag(terms, 'detailed', 'Whether to show the options.')
}

function shown(terms: Terms, form: PoolForm, weight: number): Readonly<Record<string, unknown>> {
  return {
    href: `${terms.dialect.prefix}/${form.collection}/${story.POOL}`,
    ...form.name === 'shown' ? { name: story.POOL } : {},
    ...MEMBERS, weight,
    ...form.group === null ? {} : { [form.group]: story.FLAVOR },
  }
}

function describeList(form: PoolForm): Describe {
  return terms => {
    const { max_pools_per_page: max } = terms.limits
    const link = { rel: 'next', href: `${terms.dialect.prefix}/${form.collection}?limit=2&marker=${story.POOL}` }
    return {
      name: `list${WORDS[form.collection].name}s`,
      tag: 'administration',
      summary: `List the ${form.collection} by name`,
      query: [marker('Names after this one.'), adminLimit(form.limit, max), detailed(terms)],
      answers: [
        { status: 200, description: 'A page of them.', schema: versioned(terms, `${WORDS[form.collection].name}Page`), headers: ['content-location'] },
        ...form.emptyPage === 'no-body' ? [{ status: 204, description: 'There are no more.' }] : [],
      ],
      refusals: [
        fail('ParameterNotInteger', { name: 'limit' }), fail('ParameterNotBoolean', { name: 'detailed' }),
        ...form.limit === 'checked' ? [fail('QueuesLimitOutOfRange', { max })] : [],
      ],
      example: {
        query: { limit: '2' },
        status: 200,
        answer: { [form.collection]: [shown(terms, form, MEMBERS.weight)], ...form.links === 'shown' ? { links: [link] } : {} },
      },
    }
  }
}

function describeGet(form: PoolForm): Describe {
  return terms => ({
    name: `get${WORDS[form.collection].name}`,
    tag: 'administration',
    summary: `Show a ${WORDS[form.collection].one}`,
    query: [detailed(terms)],
    answers: [{ status: 200, description: `The ${WORDS[form.collection].one}.`, schema: versioned(terms, WORDS[form.collection].name), headers: showing(terms) }],
    refusals: [NO_POOL],
    example: { status: 200, answer: shown(terms, form, MEMBERS.weight) },
  })
}

/** What is refused of the document of a pool. */
function refusals({ uriTaken }: PoolForm) {
  return [
    fail('PoolNotParsable'), fail('DocumentTypeNotSupported'), fail('PoolMemberInvalid', { field: 'weight', expected: `an integer from 0 to ${MAX_WEIGHT}` }),
    fail(uriTaken),
  ]
}

function describePut(form: PoolForm): Describe {
  return terms => ({
    name: `put${WORDS[form.collection].name}`,
    tag: 'administration',
    summary: `Register a ${WORDS[form.collection].one}, or change the one of that name as a whole`,
    body: { schema: versioned(terms, `${WORDS[form.collection].name}Setting`), isRequired: true },
    answers: [{ status: 201, description: 'It is registered.', headers: ['location'] }],
    refusals: [
      ...refusals(form), fail('PoolNameInvalid', { max: MAX_NAME_LENGTH }), fail('PoolMemberUnknown', { field: 'size', known: ['uri', 'weight', 'options', ...form.groupMembers].join(', ') }),
    ],
    example: { body: setting(form), status: 201 },
  })
}

function describePatch(form: PoolForm): Describe {
  return terms => ({
    name: `patch${WORDS[form.collection].name}`,
    tag: 'administration',
    summary: `Change a ${WORDS[form.collection].one}`,
    body: { schema: versioned(terms, `${WORDS[form.collection].name}Change`), isRequired: true },
    answers: [{ status: 200, description: 'It is changed.', ...form.changed === 'nothing' ? {} : { schema: versioned(terms, WORDS[form.collection].name) } }],
    refusals: [...refusals(form), fail('PoolUnchanged', { known: form.changeable }), NO_POOL],
    example: { body: CHANGE, status: 200, ...form.changed === 'nothing' ? {} : { answer: shown(terms, form, CHANGE.weight) } },
  })
}

function describeDelete(form: PoolForm): Describe {
  return () => ({
    name: `delete${WORDS[form.collection].name}`,
    tag: 'administration',
    summary: `Remove a ${WORDS[form.collection].one}`,
    answers: [{ status: 204, description: 'There is none of that name any more.' }],
    refusals: [fail('PoolHoldsQueues', { queues: 3 }), ...form.lastOfFlavor === 'stays' ? [fail('PoolUsedByFlavors', { flavors: story.FLAVOR })] : []],
    example: { status: 204 },
  })
}

/** The actions of one form of pools. */
export function pools(form: PoolForm): Descriptions {
  const all = `/${form.collection}`
  const one = `/${form.collection}/:pool`
  return {
    [`GET ${all}`]: describeList(form),
    [`GET ${one}`]: describeGet(form),
    [`PUT ${one}`]: describePut(form),
    [`PATCH ${one}`]: describePatch(form),
    [`DELETE ${one}`]: describeDelete(form),
  }
}

/** What they take and answer. */
export function poolSchemas(terms: Terms, form: PoolForm): Schemas {
  const uri = text('Its address, with a scheme.', { pattern: '^[A-Za-z][A-Za-z0-9+.-]*://.', maxLength: MAX_URI_LENGTH })
  const weight = whole(0, 'How likely a new queue is placed there, compared with the others.', { maximum: MAX_WEIGHT })
  const options: Schema = { type: 'object', description: 'For its driver.' }
  const groups: Schemas = groupMembers(form)
  const members = { uri, weight, options, ...groups }
  const group = form.group === null ? {} : { [form.group]: { type: ['string', 'null'], description: 'The group it belongs to.' } satisfies Schema }
  const entry = {
    href: href(`${terms.dialect.prefix}/${form.collection}/${story.POOL}`), ...form.name === 'shown' ? { name: text('Its name.') } : {}, weight, uri, ...group, options,
  }
  const { name } = WORDS[form.collection]
  return {
    [name]: answered(entry, ['options']),
    [`${name}Page`]: answered({ [form.collection]: listOf(versioned(terms, name)), ...form.links === 'shown' ? { links: LINKS } : {} }),
    [`${name}Setting`]: { type: 'object', properties: members, required: ['uri', 'weight'], additionalProperties: false },
    [`${name}Change`]: { type: 'object', properties: members, anyOf: Object.keys(members).map(member => ({ required: [member] })) },
  }
}

/** The members that say the group. The first of them that is there counts; nobody looks at the others. */
function groupMembers({ groupMembers: [first, ...others] }: PoolForm): Schemas {
  if (first === undefined) return {}
  const group: Schema = { type: ['string', 'null'], description: 'The group it belongs to.', maxLength: MAX_GROUP_LENGTH }
  const other: Schema = { description: `The same, where there is no \`${first}\`.` }
  return { [first]: group, ...Object.fromEntries(others.map(name => [name, other])) }
}
