/** What the rows of the tables hold, and how they are written. Numbers are little-endian doubles: all are below 2^53. */
import type { Instant } from '../../clock.ts'
import type { JsonText } from '../../model/json.ts'
import type { Origin, Seconds } from '../../model/message.ts'
import type { ClaimId, MessageId, Project, QueueName, Sequence } from '../../model/names.ts'
import type { Usage } from '../contract.ts'

/** Table `heads`: a queue that has had a message, or was dropped. */
export interface Head {
  /** The position of the next message. */
  next: number
  /** The server's start at which `next` was last known to be right, see `generation` in tenure.ts. */
  generation: number
  /** The key under which the queue stands in table `due`; Infinity if it does not. */
  due: Instant
  /** When it was dropped; 0 if it is alive. */
  dropped: Instant
  /** When it was closed to be copied to another store; 0 if it is open. */
  sealed: Instant
  /** How many messages are in it, those that have expired and are not yet swept among them. */
  messages: number
  /** How many bytes their bodies have. */
  bytes: number
  /** Whose queue it is. */
  readonly project: Project
}

/** Table `messages`. */
export interface Row {
  readonly created: Instant
  /** As posted, or as set by the move into the queue. A claim may have lengthened the life: then the message has a hold with another ttl. */
  readonly ttl: Seconds
  readonly body: JsonText
}

/** Table `holds`: what claims and moves left on a message. */
export interface Hold {
  /** The claim that has it or had it last; null after a release. */
  readonly claim: ClaimId | null
  /** As shown: what a claim lengthened it to, or else that of the message. */
  readonly ttl: Seconds
  /** How often it was handed out since it came into the queue or was last released. */
  readonly claims: number
  /** Of a message that was moved into the queue: the id that it keeps, and where it came from. */
  readonly moved: { readonly id: MessageId; readonly origin: Origin } | null
}

/** Table `claims`. */
export interface ClaimRow {
  readonly since: Instant
  readonly ttl: Seconds
  readonly expires: Instant
  /** Positions of the messages that are still under it. */
  readonly sequences: readonly Sequence[]
}

/** Bytes of a head row before its project. */
const HEAD_NUMBERS = 56
/** Bytes of a message row before its body. */
const ROW_HEADER = 10
/** Bytes of a hold up to its end, or to what is known of the move. */
const HOLD_LENGTH = 28
const NO_CLAIM = Buffer.alloc(12)

function doubles(row: Buffer): number[] {
  return Array.from({ length: row.length / 8 }, (_, index) => row.readDoubleLE(index * 8))
}

function packed(numbers: readonly number[]): Buffer {
  const row = Buffer.allocUnsafe(numbers.length * 8)
  numbers.forEach((value, index) => row.writeDoubleLE(value, index * 8))
  return row
}

export function readHead(row: Buffer, length: number): Head {
  return {
    next: row.readDoubleLE(0),
    generation: row.readDoubleLE(8),
    due: row.readDoubleLE(16),
    dropped: row.readDoubleLE(24),
    sealed: row.readDoubleLE(32),
    messages: row.readDoubleLE(40),
    bytes: row.readDoubleLE(48),
    project: row.toString('utf8', HEAD_NUMBERS, length) as Project,
  }
}

export function writeHead({ next, generation, due, dropped, sealed, messages, bytes, project }: Head): Buffer {
  return Buffer.concat([packed([next, generation, due, dropped, sealed, messages, bytes]), Buffer.from(project)])
}

/** Table `usage`: what a project keeps. */
export function readUsage(row: Buffer): Usage {
  return { messages: row.readDoubleLE(0), bytes: row.readDoubleLE(8) }
}

export function writeUsage({ messages, bytes }: Usage): Buffer {
  return packed([messages, bytes])
}

/** Reads a message from the first `length` bytes. */
export function readRow(row: Buffer, length: number): Row {
  return { created: row.readUIntLE(0, 6), ttl: row.readUInt32LE(6), body: row.toString('utf8', ROW_HEADER, length) as JsonText }
}

/** How many bytes the body of a row has. */
export function bodyLength(_row: Buffer, length: number): number {
  return length - ROW_HEADER
}

export function writeRow({ created, ttl, body }: Row): Buffer {
  const row = Buffer.allocUnsafe(ROW_HEADER + Buffer.byteLength(body))
  row.writeUIntLE(created, 0, 6)
  row.writeUInt32LE(ttl, 6)
  row.write(body, ROW_HEADER, 'utf8')
  return row
}

export function readHold(row: Buffer, length: number): Hold {
  const claim = row.subarray(0, 12)
  return {
    claim: claim.equals(NO_CLAIM) ? null : (claim.toString('hex') as ClaimId),
    ttl: row.readDoubleLE(12),
    claims: row.readDoubleLE(20),
    moved: length === HOLD_LENGTH ? null : readMoved(row.subarray(HOLD_LENGTH, length)),
  }
}

function readMoved(bytes: Buffer): Hold['moved'] {
  const queue = bytes.toString('utf8', 28) as QueueName
  const origin: Origin = { queue, at: bytes.readDoubleLE(12), reason: 'max_claim_count', claims: bytes.readDoubleLE(20) }
  return { id: bytes.toString('hex', 0, 12) as MessageId, origin }
}

export function writeHold({ claim, ttl, claims, moved }: Hold): Buffer {
  const hold = [claim === null ? NO_CLAIM : Buffer.from(claim, 'hex'), packed([ttl, claims])]
  if (moved === null) return Buffer.concat(hold)
  const { id, origin } = moved
  return Buffer.concat([...hold, Buffer.from(id, 'hex'), packed([origin.at, origin.claims]), Buffer.from(origin.queue)])
}

/** Table `aliases`: a position. */
export function readPosition(row: Buffer): Sequence {
  return row.readDoubleLE() as Sequence
}

export function writePosition(sequence: Sequence): Buffer {
  return packed([sequence])
}

export function readClaim(row: Buffer): ClaimRow {
  const [since = 0, ttl = 0, expires = 0, ...sequences] = doubles(row)
  return { since, ttl, expires, sequences: sequences as Sequence[] }
}

export function writeClaim({ since, ttl, expires, sequences }: ClaimRow): Buffer {
  return packed([since, ttl, expires, ...sequences])
}
