/** Turns the text of a value into its type, by the rules of oslo.config's types. */
import type { Option } from '../options.ts'
import { strip } from './space.ts'

/** An option as it is checked: the items of a list may be a closed choice. */
export interface CheckedOption extends Option {
  readonly items?: readonly string[]
}

export type Value = string | number | boolean | readonly string[]

/** A value, or what was expected instead, to be read after "expected". */
export type Converted =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'bad'; readonly expected: string }

const WORDS = new Map([
  ['true', true], ['1', true], ['yes', true], ['on', true],
  ['false', false], ['0', false], ['no', false], ['off', false],
])

function readInteger(text: string): number | null {
  const digits = strip(text)
  return /^[+-]?[0-9]+(?:_[0-9]+)*$/.test(digits) ? Number(digits.replaceAll('_', '')) + 0 : null
}

function readList(text: string): readonly string[] {
  const items = strip(text).replace(/,+$/, '')
  return items === '' ? [] : items.split(',').map(strip)
}

function read(option: Option, text: string): Value | null {
  if (option.format === 'boolean') return WORDS.get(text.toLowerCase()) ?? null
  if (option.format === 'nat' || option.format === 'port') return readInteger(text)
  if (option.format === 'list') return readList(text)
  return text
}

function rangeOf({ format, min = 0, max }: Option): { min: number; max: number } {
  return { min, max: max ?? (format === 'port' ? 65_535 : Number.MAX_SAFE_INTEGER) }
}

/** How a choice is written where an empty one must be seen. */
export function showChoices(choices: readonly string[]): string {
  return choices.map(choice => choice === '' ? '(empty)' : choice).join(', ')
}

function expectedNumber(what: string, option: Option): string {
  const { min, max } = rangeOf(option)
  return max === Number.MAX_SAFE_INTEGER ? `${what} of at least ${String(min)}` : `${what} from ${String(min)} to ${String(max)}`
}

/** What a value of the option must be, to be read after "expected". */
export function expectedOf(option: CheckedOption): string {
  const { format, items } = option
  switch (format) {
    case 'string': return 'text'
    case 'boolean': return 'true or false (or 1, 0, yes, no, on, off)'
    case 'nat': return expectedNumber('a whole number', option)
    case 'port': return expectedNumber('a port number', option)
    case 'list': return items === undefined ? 'a list separated by commas' : `a list separated by commas, of these: ${showChoices(items)}`
    default: return format.length === 1 ? showChoices(format) : `one of these: ${showChoices(format)}`
  }
}

function isNumber(option: Option, value: unknown): boolean {
  const { min, max } = rangeOf(option)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}

function isList({ items }: CheckedOption, value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string' && (items === undefined || items.includes(item)))
}

/** Whether a value has the type of the option and lies within its bounds. */
export function isValueOf(option: CheckedOption, value: unknown): boolean {
  switch (option.format) {
    case 'string': return typeof value === 'string'
    case 'boolean': return typeof value === 'boolean'
    case 'nat': case 'port': return isNumber(option, value)
    case 'list': return isList(option, value)
    default: return typeof value === 'string' && option.format.includes(value)
  }
}

/** Converts the text of a value. An empty number is refused, where oslo.config would hand on that there is none. */
export function convert(option: CheckedOption, text: string): Converted {
  const value = read(option, text)
  return value !== null && isValueOf(option, value) ? { kind: 'value', value } : { kind: 'bad', expected: expectedOf(option) }
}
