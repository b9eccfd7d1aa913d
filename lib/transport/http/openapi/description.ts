/** What the descriptions of actions are made of. The route table says the rest: paths, verbs, who may, what a 503 says. */
import type { MarconiError } from '../../../errors.ts'
import type { Limits } from '../../../model/limits.ts'
import type { Dialect } from '../dialects.ts'
import type { Action } from '../routes.ts'
import { ref, type Schema } from './schema.ts'

/** What a description depends on. */
export interface Terms {
  readonly dialect: Dialect
  readonly limits: Limits
  /** Whether there is a key to encrypt messages with. */
  readonly canEncrypt: boolean
}

/** What an action is about. */
export type Tag = 'service' | 'queues' | 'messages' | 'claims' | 'administration'

/** A parameter of the query. */
export interface QueryParameter {
  readonly name: string
  readonly description: string
  readonly schema: Schema
  readonly required?: true
}

/** A header of an answer that not every answer has. */
export type AnswerHeader = 'location' | 'content-location' | 'cache-control' | 'retry-after' | 'www-authenticate'

/** An answer of an action that did what it should. */
export interface Answer {
  readonly status: number
  readonly description: string
  /** Its document; without one it has no body. */
  readonly schema?: Schema
  /** Where it is not JSON. */
  readonly type?: string
  readonly headers?: readonly AnswerHeader[]
}

/** A request that a test sends, and what is answered to it. Ids may be others. */
export interface Exchange {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly answer?: unknown
}

/** One action, in the words of one API version. */
export interface Description {
  /** In camel case; it stands in the operation id. */
  readonly name: string
  readonly tag: Tag
  readonly summary: string
  readonly text?: string
  readonly query?: readonly QueryParameter[]
  readonly body?: { readonly schema: Schema; readonly isRequired: boolean; readonly type?: string }
  readonly answers: readonly [Answer, ...Answer[]]
  /** Errors that it may be answered with, besides those of every action. */
  readonly refusals?: readonly MarconiError[]
  readonly example: Exchange
}

/** Describes an action to those who speak a version. */
export type Describe = (terms: Terms) => Description

/** Descriptions by `keyOf` their actions. */
export type Descriptions = Readonly<Record<string, Describe>>

/** What an action is found by: `GET /queues/:queue/messages ids`. */
export function keyOf({ verb, path, given }: Pick<Action, 'verb' | 'path' | 'given'>): string {
  return `${verb} ${path}${given === undefined ? '' : ` ${given}`}`
}

/** A component that each API version has in its own form. */
export function versioned({ dialect }: Pick<Terms, 'dialect'>, name: string): Schema {
  return ref(`${versionOf(dialect)}.${name}`)
}

/** What the names of a version's components and operations begin with. */
export function versionOf({ prefix }: Dialect): string {
  return prefix.slice(1)
}

/** The headers of an answer that shows a resource. */
export function showing({ dialect }: Pick<Terms, 'dialect'>): readonly AnswerHeader[] {
  return dialect.contentLocation ? ['content-location'] : []
}
