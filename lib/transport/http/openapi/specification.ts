/** The objects of an OpenAPI 3.1 document, as far as ours has them. */
import type { Schema } from './schema.ts'

/** A document that tells machines what a service offers. */
export interface OpenApiDocument {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly Readonly<Record<string, unknown>>[]
  readonly tags: readonly Readonly<Record<string, unknown>>[]
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: Readonly<Record<'schemas' | 'responses' | 'headers' | 'examples' | 'securitySchemes', Readonly<Record<string, unknown>>>>
}

/** What a path offers, by verbs in small letters. */
export type PathItem = Readonly<Record<string, Operation>>

/** What a verb does on a path. */
export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Response>>
  readonly security: readonly SecurityRequirement[]
}

/** Schemes that are needed together. An operation lists alternatives; one without a scheme is an alternative, too. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

/** A part of the address, or a header, of a request. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly required: boolean
  readonly schema: Schema
  readonly example?: unknown
  readonly allowEmptyValue?: true
  readonly style?: 'form'
  readonly explode?: boolean
}

/** An answer with one status, or where the document has it. */
export type Response = Reference | {
  readonly description: string
  readonly headers: Readonly<Record<string, Reference>>
  readonly content?: Content
}

/** Bodies by media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema; readonly examples?: Readonly<Record<string, Example>> }>>

/** A body that was really sent or answered. */
export type Example = Reference | { readonly value: unknown }

/** Where in the document a thing is. */
export interface Reference {
  readonly $ref: string
}
