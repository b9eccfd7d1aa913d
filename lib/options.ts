/**
 * The shape of an option table. A table stands beside the code it steers, under OpenStack's names; `config.ts` merges all
 * tables, reads the configuration into them and hands each module its own slice.
 */

/**
 * How a value is written and checked: `string`, `boolean` (true/false/1/0/yes/no/on/off), `nat` (a whole number from 0),
 * `port`, `list` (comma-separated), or a closed choice of strings.
 */
export type Format = 'string' | 'boolean' | 'nat' | 'port' | 'list' | readonly string[]

/** One option of a group. */
export interface Option<Value = unknown> {
  /** What it does, with its unit. Goes into the sample file and the documentation as it stands. */
  readonly doc: string
  readonly format: Format
  readonly default: Value
  /** The lowest value allowed, for numbers. */
  readonly min?: number
  /** The highest value allowed, for numbers. */
  readonly max?: number
  /** Never shown: neither in the log nor by `--check-config`. */
  readonly secret?: true
  /** Names it had in earlier releases, as `group/name`. They work still, with a warning. */
  readonly deprecated?: readonly string[]
}

/** All options of one group, by name. */
export type OptionTable = Readonly<Record<string, Option>>

type Widen<Value> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value

/** The values of one table, as the module that owns it receives them. */
export type Values<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]['format'] extends readonly (infer Choice)[]
    ? Choice
    : Widen<Table[Name]['default']>
}
