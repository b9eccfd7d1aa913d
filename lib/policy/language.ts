/**
 * The check language of policy files: `role:member and not (is_admin:True or rule:other)`, or the older form of lists in a
 * list. A rule decides what it decides in oslo.policy. Where oslo.policy would log, or fail while serving, there is a problem
 * here, and what it concerns allows nothing.
 */
import { ALWAYS, NEVER, parseCheck, type Check } from './checks.ts'

/** What is wrong with a rule. */
export interface RuleProblem {
  /** The character of the rule where it begins, from 1; null in lists. */
  readonly at: number | null
  readonly text: string
}

/** A rule as it was understood. */
export interface Parsed {
  readonly check: Check
  readonly problems: readonly RuleProblem[]
}

/** A piece of a rule. */
type Token =
  | { readonly kind: 'and' | 'or' | 'not' | '(' | ')' | 'quoted'; readonly at: number }
  | { readonly kind: 'check'; readonly at: number; readonly check: Check }

type Report = (at: number | null, text: string) => void

/** A rule nested deeper than this is refused. */
const MAX_DEPTH = 100

/** What cannot be understood; it ends the reading of a rule. */
class Misread extends Error {
  readonly at: number

  constructor(at: number, text: string) {
    super(text)
    this.at = at
  }
}

/** Splits a rule at white space and takes the parentheses off both ends of each piece; those inside belong to the check. */
function tokensOf(rule: string, report: Report): readonly Token[] {
  return [...rule.matchAll(/\P{White_Space}+/gu)].flatMap(({ 0: piece, index }): Token[] => {
    const start = piece.length - piece.replace(/^\(+/, '').length
    const end = Math.max(start, piece.replace(/\)+$/, '').length)
    const sign = (kind: '(' | ')', from: number, to: number) =>
      Array.from({ length: to - from }, (_, offset): Token => ({ kind, at: index + from + offset + 1 }))
    const inner = start === end ? [] : [tokenOf(piece.slice(start, end), end === piece.length, index + start + 1, report)]
    return [...sign('(', 0, start), ...inner, ...sign(')', end, piece.length)]
  })
}

function tokenOf(source: string, isWhole: boolean, at: number, report: Report): Token {
  const word = source.toLowerCase()
  if (word === 'and' || word === 'or' || word === 'not') return { kind: word, at }
  // With a parenthesis behind it, a quoted text is taken for a check.
  if (isWhole && /^(?:".*"|'.*')$/s.test(source)) return { kind: 'quoted', at }
  return { kind: 'check', at, check: parseCheck(source, text => { report(at, text) }) }
}

/** `not` binds closer than `and`, `and` closer than `or`. */
class Reader {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  read(): Check {
    const check = this.#any()
    const rest = this.#tokens[this.#next]
    if (rest !== undefined) throw new Misread(rest.at, 'expected "and", "or" or the end of the rule')
    return check
  }

  #any(): Check {
    return this.#series('or', () => this.#series('and', () => this.#one()))
  }

  #series(kind: 'and' | 'or', read: () => Check): Check {
    const first = read()
    const all = [first]
    while (this.#take(kind)) all.push(read())
    return all.length === 1 ? first : { kind, of: all }
  }

  #one(): Check {
    const token = this.#tokens[this.#next++]
    const at = token?.at ?? this.#end
    switch (token?.kind) {
      case 'check': return token.check
      case 'not': return this.#deeper(at, () => ({ kind: 'not', of: this.#one() }))
      case '(': return this.#deeper(at, () => this.#group(at))
      default: throw new Misread(at, token?.kind === 'quoted' ? 'expected a check, not a text in quotes' : 'expected a check, "not" or "("')
    }
  }

  #group(at: number): Check {
    const check = this.#any()
    if (!this.#take(')')) throw new Misread(this.#tokens[this.#next]?.at ?? this.#end, `expected ")" for the "(" at character ${String(at)}`)
    return check
  }

  #deeper(at: number, read: () => Check): Check {
    if (++this.#depth > MAX_DEPTH) throw new Misread(at, `expected no more than ${String(MAX_DEPTH)} levels`)
    const check = read()
    this.#depth--
    return check
  }

  #take(kind: Token['kind']): boolean {
    if (this.#tokens[this.#next]?.kind !== kind) return false
    this.#next++
    return true
  }
}

function parseText(rule: string, report: Report): Check {
  if (rule === '') return ALWAYS
  try {
    return new Reader(tokensOf(rule, report), rule.length + 1).read()
  } catch (error) {
    if (!(error instanceof Misread)) throw error
    report(error.at, error.message)
    return NEVER
  }
}

/** One of the inner lists, all of whose checks must hold; a text stands for a list of one. */
function parseInner(inner: unknown, report: Report): Check {
  const all = (Array.isArray(inner) ? inner : [inner]).map((source: unknown) => {
    if (typeof source === 'string') return parseCheck(source, text => { report(null, text) })
    report(null, 'expected texts in the inner lists')
    return NEVER
  })
  return { kind: 'and', of: all }
}

/** The outer list, one of whose inner lists must hold. Empty inner lists do not count, an empty outer list allows everything. */
function parseList(list: readonly unknown[], report: Report): Check {
  if (list.length === 0) return ALWAYS
  const filled = list.filter(inner => !(inner === '' || (Array.isArray(inner) && inner.length === 0)))
  return { kind: 'or', of: filled.map(inner => parseInner(inner, report)) }
}

/** Reads a rule: a text, or a list of lists of texts. */
export function parseRule(rule: unknown): Parsed {
  const problems: RuleProblem[] = []
  const report: Report = (at, text) => { problems.push({ at, text }) }
  if (typeof rule === 'string') return { check: parseText(rule, report), problems }
  if (Array.isArray(rule)) return { check: parseList(rule, report), problems }
  report(null, 'expected a text, such as "role:admin"; "@" allows everybody, "!" nobody')
  return { check: NEVER, problems }
}
