/** The lines of an exported project: one JSON document each. Metadata and bodies are strings, so that their text stays what it is. */
import { parseJson, type JsonText } from '../model/json.ts'
import type { Origin } from '../model/message.ts'
import { messageIdOf, parseMessageId, parseQueueName, type Epoch, type QueueName, type Sequence } from '../model/names.ts'
import type { StoredMessage } from '../storage/dump.ts'

/** The form of the lines. Another release may have another. */
const FORMAT = 1

/** A message as it is exported: without the claim that holds it, and without an id that follows from its position. */
export interface ExportedMessage extends Omit<StoredMessage, 'id' | 'claim'> {
  /** The id that it brought along from another queue; null if it has its own. */
  readonly foreignId: StoredMessage['id'] | null
}

/** One line. */
export type Line =
  | { readonly kind: 'start' }
  /** The messages up to the next queue are of this one; `next` is the position that the next post would get. */
  | { readonly kind: 'queue'; readonly queue: QueueName; readonly metadata: JsonText; readonly next: Sequence }
  | { readonly kind: 'message'; readonly message: ExportedMessage }
  /** The last line: what comes without it was cut off. */
  | { readonly kind: 'end'; readonly queues: number; readonly messages: number }

/** What goes out of a stored message. What a claim holds is free then, what is delayed stays so. */
export function exported(epoch: Epoch, { claim, from, id, ...message }: StoredMessage): ExportedMessage {
  return { ...message, from: claim === null ? from : 0, foreignId: id === messageIdOf(epoch, message.sequence) ? null : id }
}

/** What comes in, for an incarnation of a queue. */
export function imported(epoch: Epoch, { foreignId, ...message }: ExportedMessage): StoredMessage {
  return { ...message, claim: null, id: foreignId ?? messageIdOf(epoch, message.sequence) }
}

/** Writes a line, with its end. */
export function writeLine(line: Line): string {
  // Inside a string these are no ends of lines to JSON, but to some who read lines.
  return `${JSON.stringify(documentOf(line)).replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029')}\n`
}

function documentOf(line: Line): object {
  switch (line.kind) {
    case 'start':
      return { marconi_export: FORMAT }
    case 'queue':
      return { queue: line.queue, metadata: line.metadata, next: line.next }
    case 'message':
      return messageDocument(line.message)
    case 'end':
      return { end: true, queues: line.queues, messages: line.messages }
  }
}

function messageDocument({ sequence, body, ttl, created, until, shownTtl, client, from, claims, origin, foreignId }: ExportedMessage): object {
  return {
    position: sequence, body, ttl, created, until, client,
    ...(shownTtl === ttl ? {} : { shown_ttl: shownTtl }),
    ...(from === 0 ? {} : { from }),
    ...(claims === 0 ? {} : { claims }),
    ...(foreignId === null ? {} : { id: foreignId }),
    ...(origin === null ? {} : { origin }),
  }
}

/** A line that is not what an export writes. */
export class BadLine extends Error {
  override readonly name = 'BadLine'
}

/** Reads a line. Throws a `BadLine` that says what is wrong with it. */
export function readLine(text: string): Line {
  const members = new Members(text)
  if (members.has('marconi_export')) {
    if (members.number('marconi_export') !== FORMAT) throw new BadLine(`the export has format ${members.number('marconi_export')}, and this release reads format ${FORMAT}`)
    return { kind: 'start' }
  }
  if (members.has('end')) return { kind: 'end', queues: members.number('queues'), messages: members.number('messages') }
  if (members.has('queue')) {
    const queue = parseQueueName(members.string('queue'))
    if (queue === null) throw new BadLine('"queue" is no name of a queue')
    return { kind: 'queue', queue, metadata: members.json('metadata', 'object'), next: members.position('next') }
  }
  return { kind: 'message', message: messageOf(members) }
}

function messageOf(members: Members): ExportedMessage {
  const ttl = members.number('ttl')
  return {
    sequence: members.position('position'),
    body: members.json('body', null),
    ttl,
    created: members.number('created'),
    until: members.number('until'),
    shownTtl: members.number('shown_ttl', ttl),
    client: members.number('client'),
    from: members.number('from', 0),
    claims: members.number('claims', 0),
    origin: members.has('origin') ? originOf(new Members(members.text('origin'))) : null,
    foreignId: members.has('id') ? members.id('id') : null,
  }
}

function originOf(members: Members): Origin {
  const queue = parseQueueName(members.string('queue'))
  if (queue === null) throw new BadLine('"queue" of "origin" is no name of a queue')
  if (members.string('reason') !== 'max_claim_count') throw new BadLine('"reason" of "origin" is none that this release knows')
  return { queue, at: members.number('at'), reason: 'max_claim_count', claims: members.number('claims') }
}

/** The members of a line. */
class Members {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(text: string) {
    let document: unknown = null
    try {
      document = JSON.parse(text)
    } catch {
      // It is no document then.
    }
    if (typeof document !== 'object' || document === null) throw new BadLine('it is no JSON object')
    this.#values = new Map(Object.entries(document))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** A member as a document of its own. */
  text(name: string): string {
    return JSON.stringify(this.#values.get(name)) ?? ''
  }

  string(name: string): string {
    const value = this.#values.get(name)
    if (typeof value !== 'string') throw new BadLine(`"${name}" is no string`)
    return value
  }

  /** A whole number that is not negative. */
  number(name: string, byDefault?: number): number {
    const value = this.#values.get(name) ?? byDefault
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new BadLine(`"${name}" is no whole number`)
    return value
  }

  position(name: string): Sequence {
    const value = this.number(name)
    if (value < 1) throw new BadLine(`"${name}" is no position`)
    return value as Sequence
  }

  id(name: string): StoredMessage['id'] {
    const id = parseMessageId(this.string(name))
    if (id === null) throw new BadLine(`"${name}" is no id`)
    return id
  }

  /** A string that is a JSON text itself. */
  json(name: string, kind: 'object' | null): JsonText {
    const text = this.string(name)
    try {
      const node = parseJson(text, 0)
      if (kind === null || node.kind === kind) return text as JsonText
    } catch {
      // It is none then.
    }
    throw new BadLine(`"${name}" holds no JSON ${kind ?? 'value'}`)
  }
}
