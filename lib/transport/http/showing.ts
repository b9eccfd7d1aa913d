/** Messages as texts of answers. */
import type { Instant } from '../../clock.ts'
import { fail } from '../../errors.ts'
import { checksumOf } from '../../model/checksum.ts'
import { ageOf, type Message } from '../../model/message.ts'
import type { Dialect } from './dialects.ts'
import { messageHref } from './links.ts'
import type { Context, Parts } from './state.ts'

/** Members that clients get only if they ask for them, with `fields`: older ones fail on members they do not know (decisions 14). */
const FIELDS = {
  claim_count: (message: Message) => String(message.claims),
  origin: ({ origin }: Message) => origin === null ? 'null' : JSON.stringify({
    queue: origin.queue, reason: origin.reason, claim_count: origin.claims, moved: `${new Date(origin.at).toISOString().slice(0, 19)}Z`,
  }),
} as const satisfies Readonly<Record<string, (message: Message) => string>>

type Field = keyof typeof FIELDS

function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name)
}

/** How messages are shown to one request. */
export interface View {
  /** The fields that were asked for, for the link to the next page; null if none were. */
  readonly fields: string | null
  /** Messages that were read, with commas between. */
  read(messages: readonly Message[], now: Instant): string
  /** Messages under a claim, with commas between. Their references end with its id: clients cut there. */
  claimed(messages: readonly Message[], now: Instant): string
  /** Messages that are there no more, and so have no reference. */
  popped(messages: readonly Message[], now: Instant): string
}

/** The view of a request. It stands before anything is done, for it refuses fields that there are not. */
export function viewOf(ctx: Context, { checksums }: Pick<Parts, 'checksums'>): View {
  const { query, dialect, place: { queue } } = ctx.state
  const given = dialect.messageMembers === 'with_fields' ? query.list('fields') : []
  const fields = given.map(name => {
    if (!isField(name)) throw fail('FieldUnknown', { field: name, known: Object.keys(FIELDS).join(', ') })
    return name
  })

  function extras(message: Message, asked: readonly Field[]): string {
    const checksum = checksums && dialect.messageMembers !== 'four' ? checksumOf(message.body) : null
    let text = checksum === null ? '' : `,"checksum":"${checksum}"`
    for (const field of asked) text += `,"${field}":${FIELDS[field](message)}`
    return text
  }

  function show(message: Message, now: Instant, references: 'plain' | 'claimed'): string {
    const href = messageHref(dialect, queue, message.id)
    const full = message.claim === null || references === 'plain' ? href : `${href}?claim_id=${message.claim}`
    const id = dialect.messageMembers === 'four' ? '' : `"id":"${message.id}",`
    return `{${id}"href":"${full}","ttl":${message.ttl},"age":${ageOf(message.created, now)},"body":${message.body}${extras(message, fields)}}`
  }

  // Of a message that is no more nobody can ask the claim count later. Old clients know of none.
  const ofPopped: readonly Field[] = dialect.messageMembers === 'with_fields' ? ['claim_count', ...fields.filter(field => field !== 'claim_count')] : []
  const inReadings = dialect.messageMembers === 'four' ? 'plain' : 'claimed'
  return {
    fields: fields.length === 0 ? null : fields.join(','),
    read: (messages, now) => join(messages, message => show(message, now, inReadings)),
    claimed: (messages, now) => join(messages, message => show(message, now, 'claimed')),
    popped: (messages, now) => join(messages, message => showPopped(message, now, extras(message, ofPopped))),
  }
}

function showPopped({ id, ttl, created, body }: Message, now: Instant, extras: string): string {
  return `{"id":"${id}","ttl":${ttl},"age":${ageOf(created, now)},"body":${body},"claim_id":null${extras}}`
}

function join(messages: readonly Message[], show: (message: Message) => string): string {
  let list = ''
  for (const message of messages) list += list === '' ? show(message) : `,${show(message)}`
  return list
}

/** The messages of a bulk answer, bare or in an object. `list` is their texts with commas between. */
export function showBulk({ bareLists }: Dialect, list: string): string {
  return bareLists ? `[${list}]` : `{"messages":[${list}]}`
}
