/**
 * Settles the value of every option from what the sources give. A later source wins over an earlier one; within a source
 * an option's own name wins over its deprecated ones, and of the same name the last. Only the value that wins is read.
 */
import convict from 'convict'
import { convert, expectedOf, isValueOf, type CheckedOption, type Value } from './convert.ts'
import { nearest } from '../model/nearest.ts'
import { showKey, splitKey, type KnownName, type Names } from './names.ts'
import { showReferred, substitute } from './substitute.ts'
import type { Group } from './tables.ts'

/** One value as a source gives it. */
export interface Given {
  /** The name as given, `group/name`. */
  readonly key: string
  readonly text: string
  /** Where it stands: file and line, the variable, or the command line. */
  readonly origin: string
}

/** What one source gives, in its order: a file, the environment, or the command line. */
export type Source = readonly Given[]

/** What reading one source came to. */
export interface Reading {
  readonly given: Source
  readonly problems: readonly Problem[]
}

/** Something an operator must put right. */
export interface Problem {
  /** The option concerned, `group/name`, if it is about the value of one. */
  readonly key: string | null
  /** One line. */
  readonly text: string
}

/** The values of all options by group, and what there is to say about them. */
export interface Merged {
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

interface Chosen extends Given {
  readonly name: KnownName
}

type Settled = { readonly kind: 'value'; readonly value: Value } | { readonly kind: 'bad'; readonly why: string }

convict.addFormat({
  name: 'marconi',
  validate: (value: unknown, schema) => {
    const option: CheckedOption = schema['option']
    if (!isValueOf(option, value)) throw new Error(`expected ${expectedOf(option)}`)
  },
})

function unknownOption(names: Names, { key, origin }: Given): Problem {
  const { group, name } = splitKey(key)
  const all = [...names.keys()].map(splitKey)
  const near = nearest(name, all.filter(other => other.group === group).map(other => other.name))
  const elsewhere = all.find(other => other.name === name)
  const hint = near !== null ? `; did you mean ${near}?` : elsewhere !== undefined ? `; did you mean the one of [${elsewhere.group}]?` : ''
  return { key: null, text: `${origin}: ${showKey(key)}: there is no such option${hint}` }
}

function warningOf({ key, origin, name }: Chosen, winner: Chosen): string | null {
  if (name.rank === 0) return null
  const own = showKey(name.key)
  const advice = winner.name.rank === 0 ? ` and ignored, because ${own} is given as well` : `: use ${own}`
  return `${origin}: ${showKey(key)} is deprecated${advice}`
}

/** Picks the value of each option that one source gives. */
function choose(names: Names, source: Source, problems: Problem[], warnings: string[]): Map<string, Chosen> {
  const chosen = new Map<string, Chosen>()
  const known: Chosen[] = []
  for (const given of source) {
    const name = names.get(given.key)
    if (name === undefined) {
      problems.push(unknownOption(names, given))
      continue
    }
    const candidate = { ...given, name }
    known.push(candidate)
    const before = chosen.get(name.key)
    if (before === undefined || name.rank <= before.name.rank) chosen.set(name.key, candidate)
  }
  for (const each of known) {
    const warning = warningOf(each, chosen.get(each.name.key) ?? each)
    if (warning !== null) warnings.push(warning)
  }
  return chosen
}

function problemOf({ key, text, origin, name }: Chosen, why: string): Problem {
  const shown = name.option.secret ? showKey(key) : `${showKey(key)} = ${JSON.stringify(text)}`
  return { key: name.key, text: `${origin}: ${shown}: ${why}` }
}

/** Reads the values that won, each once, following the references between them. */
function reader(names: Names, chosen: ReadonlyMap<string, Chosen>): (key: string) => Settled {
  const settled = new Map<string, Settled | 'reading'>()

  /** `name` is looked for in the group of the value, then in DEFAULT; `group.name` only there, and DEFAULT cannot be named. */
  function refer(group: string, reference: string): Settled {
    const dot = reference.indexOf('.')
    const there = dot < 0 ? [`${group}/${reference}`, `DEFAULT/${reference}`] : [`${reference.slice(0, dot)}/${reference.slice(dot + 1)}`]
    const key = there.find(each => names.has(each) && !reference.startsWith('DEFAULT.'))
    if (key === undefined) return { kind: 'bad', why: `refers to ${reference}, which is no option (write $$ for a dollar sign)` }
    const value = settle(names.get(key)?.key ?? key)
    return value.kind === 'value' ? value : { kind: 'bad', why: `refers to ${showKey(key)}, whose value is wrong or refers back to it` }
  }

  function read({ key, text, name: { option, key: own } }: Chosen): Settled {
    let why: string | null = null
    const full = substitute(text, reference => {
      const referred = refer(splitKey(own).group, reference)
      if (referred.kind === 'value') return showReferred(referred.value)
      // A reference in a secret may be part of it.
      why ??= option.secret ? 'refers to what is no option or has no value (write $$ for a dollar sign)' : referred.why
      return key
    })
    if (why !== null) return { kind: 'bad', why }
    const converted = convert(option, full)
    return converted.kind === 'value' ? converted : { kind: 'bad', why: `expected ${converted.expected}` }
  }

  function settle(key: string): Settled {
    const before = settled.get(key)
    if (before === 'reading') return { kind: 'bad', why: 'refers to itself' }
    if (before !== undefined) return before
    settled.set(key, 'reading')
    const given = chosen.get(key)
    const result: Settled = given === undefined ? { kind: 'value', value: names.get(key)?.option.default as Value } : read(given)
    settled.set(key, result)
    return result
  }
  return settle
}

/** The defaults of a table with the values laid over them, checked once more. One group at a time: convict splits names at dots. */
function compose({ options }: Group, given: Readonly<Record<string, Value>>): Readonly<Record<string, unknown>> {
  const schema = Object.fromEntries(Object.entries(options).map(([name, option]) =>
    [name, { doc: option.doc, default: option.default, format: 'marconi', sensitive: option.secret ?? false, option }]))
  return convict<Record<string, unknown>>(schema, { env: {}, args: [] }).load(given).validate({ allowed: 'strict' }).getProperties()
}

/** Merges the sources, the weakest first. */
export function merge(groups: readonly Group[], names: Names, sources: readonly Source[]): Merged {
  const problems: Problem[] = []
  const warnings: string[] = []
  const chosen = new Map<string, Chosen>()
  for (const source of sources) {
    for (const [key, given] of choose(names, source, problems, warnings)) chosen.set(key, given)
  }
  const settle = reader(names, chosen)
  const values: Record<string, Record<string, Value>> = {}
  for (const [key, given] of chosen) {
    const result = settle(key)
    const { group, name } = splitKey(key)
    if (result.kind === 'bad') problems.push(problemOf(given, result.why))
    else (values[group] ??= {})[name] = result.value
  }
  return { values: Object.fromEntries(groups.map(group => [group.name, compose(group, values[group.name] ?? {})])), problems, warnings }
}
