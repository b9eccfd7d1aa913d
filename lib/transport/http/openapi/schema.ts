/** JSON Schemas (draft 2020-12, which OpenAPI 3.1 takes), as far as the descriptions of the API need them. */

type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'

/** A schema. One without keywords takes every value. */
export interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly type?: JsonType | readonly JsonType[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly propertyNames?: Schema
  readonly additionalProperties?: Schema | false
  readonly minProperties?: number
  readonly anyOf?: readonly Schema[]
  readonly not?: Schema
}

/** Schemas by the names of the members, or of the components, that they are for. */
export type Schemas = Readonly<Record<string, Schema>>

/** A component of the document. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** A text. */
export function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more }
}

/** A whole number that is not less than another. */
export function whole(minimum: number, description?: string, more: Schema = {}): Schema {
  return { type: 'integer', ...description === undefined ? {} : { description }, minimum, ...more }
}

/** A list. */
export function listOf(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more }
}

/** An object that we answer: it has these members, but maybe not those that are optional, and no others. */
export function answered(properties: Schemas, optional: readonly string[] = []): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter(name => !optional.includes(name)), additionalProperties: false }
}

/** An object that we are sent. Members that nobody knows are passed over. */
export function sent(properties: Schemas, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...required.length > 0 ? { required } : {} }
}

const REFERENCE = /"\$ref":"#\/components\/schemas\/([^"]+)"/g

/** The components that something refers to, itself or through others. */
export function usedSchemas(document: unknown, all: Schemas): Schemas {
  const used = new Map<string, Schema>()
  const follow = (text: string): void => {
    for (const [, name = ''] of text.matchAll(REFERENCE)) {
      const schema = all[name]
      if (schema === undefined || used.has(name)) continue
      used.set(name, schema)
      follow(JSON.stringify(schema))
    }
  }
  follow(JSON.stringify(document))
  return Object.fromEntries(used)
}
