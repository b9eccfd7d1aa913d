/** Query parameters (api-v1.md 2.5): the last of a repeated one counts, a blank one is as good as absent. */
import { fail } from '../../errors.ts'

const TRUE: ReadonlySet<string> = new Set(['true', 'True', 'yes', '1', 'on'])
const FALSE: ReadonlySet<string> = new Set(['false', 'False', 'no', '0', 'off'])
const INTEGER = /^[+-]?[0-9]+$/

/** The parameters of one request. */
export class Query {
  readonly #pairs: URLSearchParams

  constructor(text: string) {
    this.#pairs = new URLSearchParams(text)
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

  /** A yes or no, or null. */
  boolean(name: string): boolean | null {
    const text = this.text(name)
    if (text === null) return null
    if (TRUE.has(text)) return true
    if (FALSE.has(text)) return false
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

const EMPTY = new Query('')

/** Reads the part of an address behind its question mark. */
export function parseQuery(text: string): Query {
  return text === '' ? EMPTY : new Query(text)
}
