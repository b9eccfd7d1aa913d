/** Query parameters (api-v1.md 2.5): the last of a repeated one counts, a blank one is as good as absent. */
import { fail } from '../../errors.ts'
import type { Dialect } from './dialects.ts'

const TRUE: ReadonlySet<string> = new Set(['true', 'True', 'yes', '1', 'on'])
const FALSE: ReadonlySet<string> = new Set(['false', 'False', 'no', '0', 'off'])
/** Words that v2 knows besides (api-v2.md 1.4). */
const SHORT_TRUE: ReadonlySet<string> = new Set(['t', 'y'])
const SHORT_FALSE: ReadonlySet<string> = new Set(['f', 'n'])
const INTEGER = /^[+-]?[0-9]+$/
const DECIMAL = /^[0-9]+(\.[0-9]+)?$/

type ShortBooleans = Dialect['shortBooleans']

/** The words for yes and no. */
export function booleanWords(shortBooleans: ShortBooleans): readonly string[] {
  return [TRUE, FALSE, ...shortBooleans === 'allowed' ? [SHORT_TRUE, SHORT_FALSE] : []].flatMap(words => [...words])
}

/** The parameters of one request. */
export class Query {
  readonly #pairs: URLSearchParams
  readonly #shortBooleans: ShortBooleans

  constructor(text: string, shortBooleans: ShortBooleans) {
    this.#pairs = new URLSearchParams(text)
    this.#shortBooleans = shortBooleans
  }

  /** The names of the parameters, each once, blank ones too. */
  names(): readonly string[] {
    return [...new Set(this.#pairs.keys())]
  }

  /** The parameter as it stands, or null. */
  text(name: string): string | null {
    let last: string | null = null
    for (const value of this.#pairs.getAll(name)) if (value !== '') last = value
    return last
  }

  /** A whole number of any size, or null; digits beyond a double's reach give infinity, which no range admits. */
  integer(name: string): number | null {
    const text = this.text(name)
    if (text === null) return null
    if (!INTEGER.test(text)) throw fail('ParameterNotInteger', { name })
    return Number(text)
  }

  /** A number that may have a fraction, or null; NaN for what is none. */
  decimal(name: string): number | null {
    const text = this.text(name)
    if (text === null) return null
    return DECIMAL.test(text) ? Number(text) : NaN
  }

  /** A yes or no, or null. */
  boolean(name: string): boolean | null {
    const text = this.text(name)
    if (text === null) return null
    const isShort = this.#shortBooleans === 'allowed'
    if (TRUE.has(text) || (isShort && SHORT_TRUE.has(text))) return true
    if (FALSE.has(text) || (isShort && SHORT_FALSE.has(text))) return false
    throw fail('ParameterNotBoolean', { name })
  }

  /** The elements of a list, whether it came with commas or repeated; none for an absent one. */
  list(name: string): readonly string[] {
    const elements: string[] = []
    for (const value of this.#pairs.getAll(name)) {
      for (const element of value.split(',')) if (element !== '') elements.push(element)
    }
    return elements
  }
}

const EMPTY = new Query('', 'refused')

/** Reads the part of an address behind its question mark. */
export function parseQuery(text: string, shortBooleans: ShortBooleans = 'refused'): Query {
  return text === '' ? EMPTY : new Query(text, shortBooleans)
}
