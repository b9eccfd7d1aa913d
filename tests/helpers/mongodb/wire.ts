/** Messages of MongoDB's wire protocol: as much of it as a proxy needs. */
import type { Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER = 16
/** Flags of an OP_MSG: a checksum follows; another message comes without being asked for, or no answer is wanted. */
const CHECKSUM = 1
const MORE_TO_COME = 2

/** A message that is not of the kinds known here. */
export class UnknownForm extends Error {
  override readonly name = 'UnknownForm'
}

/** One message. */
export interface WireMessage {
  readonly bytes: Buffer
  readonly requestId: number
  readonly opCode: number
}

/** A command that a client sent. */
export interface Command extends WireMessage {
  readonly name: string
  /** Its body, without the documents that may follow in sections of their own. Numbers are as on the wire, not promoted. */
  readonly body: Document
  readonly wantsAnswer: boolean
}

/** The messages that arrive on a connection, until it ends. */
export async function* messagesOf(socket: Socket): AsyncGenerator<WireMessage, void, undefined> {
  let buffered: Buffer = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    while (buffered.length >= HEADER && buffered.length >= buffered.readInt32LE(0)) {
      const bytes = buffered.subarray(0, buffered.readInt32LE(0))
      buffered = buffered.subarray(bytes.length)
      yield { bytes, requestId: bytes.readInt32LE(4), opCode: bytes.readInt32LE(12) }
    }
  }
}

/** Reads a message as a command. */
export function commandOf(message: WireMessage): Command {
  const body = read(message.bytes.subarray(bodyOffset(message)))
  const isSilent = message.opCode === OP_MSG && (message.bytes.readUInt32LE(HEADER) & MORE_TO_COME) !== 0
  return { ...message, name: Object.keys(body)[0] ?? '', body, wantsAnswer: !isSilent }
}

/** Reads the document of an answer. */
export function answerOf(message: WireMessage): Document {
  return read(message.bytes.subarray(bodyOffset(message)))
}

/** The same command with another body and nothing besides. */
export function withBody(command: Command, body: Document): Buffer {
  if (command.opCode !== OP_MSG) return command.bytes
  return frame(OP_MSG, command.requestId, 0, msg(0, body))
}

let answers = 0

/** An answer to a command, in the form that it was asked in. `more`: others follow it without being asked for. */
export function answer(command: Command, body: Document, follows: 'last' | 'more' = 'last'): Buffer {
  answers++
  if (command.opCode === OP_MSG) return frame(OP_MSG, answers, command.requestId, msg(follows === 'more' ? MORE_TO_COME : 0, body))
  const head = Buffer.alloc(20)
  head.writeInt32LE(1, 16)
  return frame(OP_REPLY, answers, command.requestId, Buffer.concat([head, BSON.serialize(body, { ignoreUndefined: true })]))
}

function bodyOffset({ bytes, opCode }: WireMessage): number {
  // flags, then the kind of the first section: the body comes first in what drivers and servers send
  if (opCode === OP_MSG) {
    if ((bytes.readUInt32LE(HEADER) & CHECKSUM) !== 0 || bytes[HEADER + 4] !== 0) throw new UnknownForm('a message with a checksum, or whose body does not come first')
    return HEADER + 5
  }
  // flags, cursor, place, count
  if (opCode === OP_REPLY) return HEADER + 20
  // flags, the name of the collection with its end, how many to skip, how many to return
  if (opCode === OP_QUERY) return bytes.indexOf(0, HEADER + 4) + 1 + 8
  throw new UnknownForm(`a message of kind ${String(opCode)}`)
}

function read(bytes: Buffer): Document {
  return BSON.deserialize(bytes.subarray(0, bytes.readInt32LE(0)), { promoteValues: false, promoteLongs: false })
}

function msg(flags: number, body: Document): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32LE(flags, 0)
  return Buffer.concat([head, BSON.serialize(body, { ignoreUndefined: true })])
}

function frame(opCode: number, requestId: number, responseTo: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER)
  head.writeInt32LE(HEADER + payload.length, 0)
  head.writeInt32LE(requestId, 4)
  head.writeInt32LE(responseTo, 8)
  head.writeInt32LE(opCode, 12)
  return Buffer.concat([head, payload])
}
