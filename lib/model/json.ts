/**
 * JSON kept as text (decisions 1). Message bodies and metadata are never printed again: what is stored and answered is the
 * span of the request as it came, so `1.0`, `\u00e9`, duplicate keys and integers beyond 2^53 survive.
 */
import { isUtf8 } from 'node:buffer'
import { fail } from '../errors.ts'
import type { Brand } from './names.ts'

/** The text of one JSON value, known to be well-formed. */
export type JsonText = Brand<string, 'JsonText'>

/** How deep arrays and objects may nest. */
export const MAX_DEPTH = 128

/** The empty object. */
export const EMPTY_OBJECT = '{}' as JsonText

/** One value of a document: what it is, where it stands, and what it holds as far as the outline goes. */
export type JsonNode =
  | { readonly kind: 'object'; readonly text: JsonText; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly text: JsonText; readonly elements: readonly JsonNode[] }
  | { readonly kind: 'integer' | 'number' | 'string' | 'literal'; readonly text: JsonText }

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)

const BACKSLASH = 0x5c

/** Reads a request body: strict UTF-8, one JSON document, every integer within 64 bits, not too deep (api-v1.md 2.7). */
export function parseJsonBytes(bytes: Buffer, outlineLevels: number): JsonNode {
  if (!isUtf8(bytes)) throw fail('BodyNotParsable')
  return parseJson(bytes.toString('utf8'), outlineLevels)
}

/**
 * Reads a JSON document to an outline: arrays and objects of the first `outlineLevels` levels are opened, deeper ones are
 * checked and kept closed (no members or elements). The last of duplicate keys counts.
 */
export function parseJson(text: string, outlineLevels: number): JsonNode {
  try {
    JSON.parse(text)
  } catch {
    throw fail('BodyNotParsable')
  }
  return new Outline(text, outlineLevels).read()
}

/** A member of an object, as it stands in the text. */
export interface MemberSpan {
  readonly key: string
  /** With its quotes and escapes. */
  readonly keyText: JsonText
  readonly value: JsonNode
}

/** The members of an object whose text is known to be well-formed, in order, duplicates too. Their values are opened one level. */
export function memberSpans(text: JsonText): readonly MemberSpan[] {
  const spans: MemberSpan[] = []
  new Outline(text, 2, spans).read()
  return spans
}

/** Puts an object together again. */
export function joinMembers(members: readonly Pick<MemberSpan, 'keyText' | 'value'>[]): JsonText {
  return `{${members.map(({ keyText, value }) => `${keyText}:${value.text}`).join(',')}}` as JsonText
}

/** The text of a key or of a string. */
export function printString(value: string): JsonText {
  return JSON.stringify(value) as JsonText
}

/** Walks a document whose syntax is known to be good. */
class Outline {
  readonly #text: string
  readonly #levels: number
  /** Gets the members of the outermost object. */
  readonly #spans: MemberSpan[] | null
  #at = 0

  constructor(text: string, levels: number, spans: MemberSpan[] | null = null) {
    this.#text = text
    this.#levels = Math.min(levels, MAX_DEPTH)
    this.#spans = spans
  }

  read(): JsonNode {
    return this.#value(0)
  }

  #value(level: number): JsonNode {
    this.#skipSpace()
    const first = this.#text[this.#at]
    if (first === '{') return level < this.#levels ? this.#object(level) : this.#closed('object', level)
    if (first === '[') return level < this.#levels ? this.#array(level) : this.#closed('array', level)
    const start = this.#at
    if (first === '"') {
      this.#skipString()
      return { kind: 'string', text: this.#span(start) }
    }
    if (first === 't' || first === 'f' || first === 'n') {
      this.#at += first === 'f' ? 5 : 4
      return { kind: 'literal', text: this.#span(start) }
    }
    return { kind: this.#skipNumber(), text: this.#span(start) }
  }

  #object(level: number): JsonNode {
    const start = this.#at
    const members = new Map<string, JsonNode>()
    this.#at++
    for (this.#skipSpace(); this.#text[this.#at] !== '}'; this.#skipSpace()) {
      if (this.#text[this.#at] === ',') {
        this.#at++
        this.#skipSpace()
      }
      const keyStart = this.#at
      this.#skipString()
      const keyText = this.#span(keyStart)
      const key: string = JSON.parse(keyText)
      this.#skipSpace()
      this.#at++ // the colon
      const value = this.#value(level + 1)
      members.set(key, value)
      if (level === 0) this.#spans?.push({ key, keyText, value })
    }
    this.#at++
    return { kind: 'object', text: this.#span(start), members }
  }

  #array(level: number): JsonNode {
    const start = this.#at
    const elements: JsonNode[] = []
    this.#at++
    for (this.#skipSpace(); this.#text[this.#at] !== ']'; this.#skipSpace()) {
      if (this.#text[this.#at] === ',') this.#at++
      elements.push(this.#value(level + 1))
    }
    this.#at++
    return { kind: 'array', text: this.#span(start), elements }
  }

  /** Passes over an array or object below the outline, without recursion, checking its integers and its depth. */
  #closed(kind: 'object' | 'array', level: number): JsonNode {
    const start = this.#at
    let depth = level
    do {
      switch (this.#text[this.#at]) {
        case '{':
        case '[':
          if (++depth > MAX_DEPTH) throw fail('BodyTooDeep', { max: MAX_DEPTH })
          this.#at++
          break
        case '}':
        case ']':
          depth--
          this.#at++
          break
        case '"':
          this.#skipString()
          break
        default:
          if (isNumberStart(this.#text.charCodeAt(this.#at))) this.#skipNumber()
          else this.#at++
      }
    } while (depth > level)
    const text = this.#span(start)
    return kind === 'object' ? { kind, text, members: new Map() } : { kind, text, elements: [] }
  }

  #skipString(): void {
    for (;;) {
      this.#at = this.#text.indexOf('"', this.#at + 1)
      let backslashes = 0
      while (this.#text.charCodeAt(this.#at - 1 - backslashes) === BACKSLASH) backslashes++
      if (backslashes % 2 === 0) break
    }
    this.#at++
  }

  #skipNumber(): 'integer' | 'number' {
    const start = this.#at
    let kind: 'integer' | 'number' = 'integer'
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x2e || code === 0x65 || code === 0x45) kind = 'number'
      else if (!isNumberStart(code) && code !== 0x2b) break
      this.#at++
    }
    if (kind === 'integer' && this.#at - start >= 19) {
      const value = BigInt(this.#text.slice(start, this.#at))
      if (value > MAX_INT64 || value < MIN_INT64) throw fail('BodyIntegerTooLarge')
    }
    return kind
  }

  #skipSpace(): void {
    while (this.#text.charCodeAt(this.#at) <= 0x20) this.#at++
  }

  #span(start: number): JsonText {
    return this.#text.slice(start, this.#at) as JsonText
  }
}

/** A digit or a minus sign. */
function isNumberStart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d
}
