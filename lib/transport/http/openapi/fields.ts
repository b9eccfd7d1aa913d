/** Parameters and members that several resources have. */
import { DEFAULT_PAGE } from '../../../model/limits.ts'
import { booleanWords } from '../parameters.ts'
import type { QueryParameter, Terms } from './description.ts'
import { answered, listOf, text, whole, type Schema } from './schema.ts'

/** Any JSON value. Integers fit in 64 bits. */
export const ANY: Schema = { description: 'Any JSON value: at most 128 levels deep, with integers that fit in 64 bits. It comes back byte for byte.' }

/** A reference: a path, without a host. */
export function href(example: string): Schema {
  return text(`A path without a host, such as \`${example}\`.`, { pattern: '^/' })
}

/** Seconds since something. */
export function age(since: string): Schema {
  return whole(0, `Whole seconds since ${since}.`)
}

/** A parameter that is a yes or no. */
export function flag({ dialect }: Pick<Terms, 'dialect'>, name: string, description: string): QueryParameter {
  return { name, description, schema: { type: 'string', enum: booleanWords(dialect.shortBooleans) } }
}

/** How many to answer, or to take. */
export function limit(description: string, maximum: number): QueryParameter {
  return { name: 'limit', description, schema: { type: 'integer', minimum: 1, maximum, default: DEFAULT_PAGE } }
}

/** The same of lists for administrators, some of which bring it into range instead of refusing it. */
export function adminLimit(range: 'any' | 'checked', maximum: number): QueryParameter {
  return range === 'checked'
    ? limit('The most to answer.', maximum)
    : { name: 'limit', description: 'The most to answer. One out of range is brought into it.', schema: { type: 'integer', default: DEFAULT_PAGE } }
}

/** Where to go on. */
export function marker(description: string): QueryParameter {
  return { name: 'marker', description, schema: { type: 'string' } }
}

const LINK = answered({ rel: { type: 'string', enum: ['next'] }, href: text('The path of the next page, with its query.', { pattern: '^/' }) })

/** The links of a page. */
export const LINKS: Schema = listOf(LINK, {
  description: 'The next page. The last page that holds something has it, too: reading ends with a page that holds nothing.', maxItems: 1,
})
