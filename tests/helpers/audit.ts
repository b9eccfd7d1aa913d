/** Looks whether the rows of an LMDB store that nobody has open agree with each other, by the rules of its layout. */
import type { Epoch, Sequence } from '../../lib/model/names.ts'
import { openEnvironment, type Environment, type Table } from '../../lib/storage/lmdb/environment.ts'
import { parseDueKey } from '../../lib/storage/lmdb/keys.ts'
import { Queue } from '../../lib/storage/lmdb/queue.ts'
import { readClaim, readHead, readPosition, type Head } from '../../lib/storage/lmdb/rows.ts'
import { FANOUT, isEmpty, readSlot, summarise, type Node } from '../../lib/storage/lmdb/summary.ts'
import { Ledger, usageOf } from '../../lib/storage/lmdb/usage.ts'

/** What an audit found. */
export interface Audit {
  readonly queues: number
  readonly messages: number
  readonly claims: number
  /** Contradictions. */
  readonly faults: readonly string[]
}

type Rows = readonly { readonly key: Buffer; readonly value: Buffer }[]

const STATES = ['free', 'claimed', 'delayed'] as const
const FIRST = Buffer.of(0)
const LAST = Buffer.alloc(32, 0xff)

function rowsOf(table: Table): Rows {
  return table.rows(FIRST, LAST, 10_000_000)
}

/** Rows grouped by the queue that their keys begin with. */
function byEpoch(table: Table): Map<number, Rows> {
  const groups = new Map<number, Rows[number][]>()
  for (const row of rowsOf(table)) {
    const epoch = row.key.readUInt32BE()
    const group = groups.get(epoch)
    if (group === undefined) groups.set(epoch, [row])
    else group.push(row)
  }
  return groups
}

function sequenceIn(key: Buffer): Sequence {
  return Number(key.readBigUInt64BE(4)) as Sequence
}

/** Audits the store in a folder. */
export async function audit(path: string): Promise<Audit> {
  const env = await openEnvironment({ path, durability: 'durable' })
  try {
    return await env.read('audit', () => auditAll(env))
  } finally {
    await env.close()
  }
}

function auditAll(env: Environment): Audit {
  const faults: string[] = []
  const heads = new Map(rowsOf(env.heads).map(({ key, value }) => [key.readUInt32BE(), readHead(value, value.length)]))
  const tables = { messages: byEpoch(env.messages), holds: byEpoch(env.holds), aliases: byEpoch(env.aliases), claims: byEpoch(env.claims), trees: byEpoch(env.trees) }
  for (const [name, table] of Object.entries(tables)) {
    for (const epoch of table.keys()) if (!heads.has(epoch)) faults.push(`${name} of queue ${String(epoch)}, which has no head`)
  }
  auditDue(env, heads, faults)
  const alive = [...heads].filter(([, { dropped }]) => dropped === 0)
  for (const [epoch, { project }] of alive) {
    const rows = (name: keyof typeof tables) => tables[name].get(epoch) ?? []
    auditQueue(new Queue(env, { epoch: epoch as Epoch, project }, new Ledger(env), 'keeper'), rows, fault => { faults.push(`queue ${String(epoch)}: ${fault}`) })
  }
  auditUsage(env, new Map(alive), tables.messages, faults)
  const count = (table: ReadonlyMap<number, Rows>) => alive.reduce((sum, [epoch]) => sum + (table.get(epoch)?.length ?? 0), 0)
  return { queues: heads.size, messages: count(tables.messages), claims: count(tables.claims), faults }
}

/** What is counted for a project is what its queues hold. */
function auditUsage(env: Environment, heads: ReadonlyMap<number, Head>, messages: ReadonlyMap<number, Rows>, faults: string[]): void {
  for (const project of new Set([...heads.values()].map(head => head.project))) {
    const held = [...heads].filter(([, head]) => head.project === project).reduce((sum, [epoch]) => sum + (messages.get(epoch)?.length ?? 0), 0)
    const counted = usageOf(env, project).messages
    if (counted !== held) faults.push(`project ${project} is counted ${String(counted)} messages, its queues hold ${String(held)}`)
  }
}

function auditQueue(queue: Queue, rows: (name: 'messages' | 'holds' | 'aliases' | 'claims' | 'trees') => Rows, say: (fault: string) => void): void {
  const sequences = rows('messages').map(({ key }) => sequenceIn(key))
  const known = new Set<number>(sequences)
  const held = new Set(rows('holds').map(({ key }) => sequenceIn(key)))
  for (const sequence of held) if (!known.has(sequence)) say(`a hold on ${String(sequence)}, which is not there`)
  auditMarks(queue, sequences, held, say)
  auditAliases(queue, held, rows('aliases'), say)
  auditMessages(queue, sequences, say)
  auditNodes(rows('trees'), say)
  const holders = auditClaims(queue, rows('claims'), say)
  for (const sequence of sequences) {
    if (queue.tree('claimed').entry(sequence) === null) continue
    const holder = queue.hold(sequence)?.claim
    if (holder === undefined || holder !== holders.get(sequence)) say(`message ${String(sequence)} is claimed by ${String(holder)}, listed by ${String(holders.get(sequence))}`)
  }
}

/** Each queue stands in the sweeper's list where its head says, and nowhere else. */
function auditDue(env: Environment, heads: ReadonlyMap<number, Head>, faults: string[]): void {
  const listed = rowsOf(env.due).map(({ key }) => parseDueKey(key))
  for (const { due, epoch } of listed) if (heads.get(epoch)?.due !== due) faults.push(`queue ${String(epoch)} is due at ${String(due)}, but its head disagrees`)
  const expected = [...heads.values()].filter(({ due }) => due !== Infinity).length
  if (expected !== listed.length) faults.push(`${String(expected)} queues are due, ${String(listed.length)} are listed as due`)
}

/** Each message is in exactly one tree, and there are no others in the trees. */
function auditMessages(queue: Queue, sequences: readonly Sequence[], say: (fault: string) => void): void {
  for (const sequence of sequences) {
    const states = STATES.filter(state => queue.tree(state).entry(sequence) !== null)
    if (states.length !== 1) say(`message ${String(sequence)} is in ${String(states.length)} trees: ${states.join()}`)
  }
  const counted = STATES.reduce((sum, state) => sum + (queue.tree(state).summary()?.count ?? 0), 0)
  if (counted !== sequences.length) say(`the trees count ${String(counted)} messages, stored are ${String(sequences.length)}`)
}

/** A message is known to have a hold exactly if it has one. */
function auditMarks(queue: Queue, sequences: readonly Sequence[], held: ReadonlySet<Sequence>, say: (fault: string) => void): void {
  for (const sequence of sequences) {
    const place = queue.place(sequence)
    const isKnown = place !== null && queue.holdOf(place) !== null
    if (isKnown !== held.has(sequence)) say(`message ${String(sequence)} has ${held.has(sequence) ? 'a hold' : 'no hold'}, and the index says otherwise`)
  }
}

/** Each message that was moved into the queue is found by the id that it has, and no other id leads anywhere. */
function auditAliases(queue: Queue, held: ReadonlySet<Sequence>, rows: Rows, say: (fault: string) => void): void {
  const moved = new Map([...held].flatMap(sequence => {
    const id = queue.hold(sequence)?.moved?.id
    return id === undefined ? [] : [[id as string, sequence]]
  }))
  for (const { key, value } of rows) {
    const id = key.toString('hex', 4)
    if (moved.get(id) !== readPosition(value)) say(`id ${id} leads to message ${String(readPosition(value))}, which has another`)
    moved.delete(id)
  }
  for (const [id, sequence] of moved) say(`id ${id} does not lead to message ${String(sequence)}`)
}

/** Each slot of an upper node sums up the node below it. */
function auditNodes(rows: Rows, say: (fault: string) => void): void {
  const nodes = new Map<string, Node>()
  for (const { key, value } of rows) nodes.set(key.subarray(4).toString('hex'), new Float64Array(new Uint8Array(value).buffer))
  for (const { key } of rows) {
    const node = nodes.get(key.subarray(4).toString('hex'))
    if (node === undefined || isEmpty(node)) say(`an empty node ${key.toString('hex')}`)
    else if ((key[5] ?? 0) > 0) auditNode(key, node)
  }

  function auditNode(key: Buffer, node: Node): void {
    for (let slot = 0; slot < FANOUT; slot++) {
      const child = Buffer.from(key)
      child[5] = (key[5] ?? 0) - 1
      child.writeUIntBE(key.readUIntBE(6, 6) * FANOUT + slot, 6, 6)
      const name = child.subarray(4).toString('hex')
      const stored = nodes.get(name)
      const [said, is] = [readSlot(node, slot), stored === undefined ? null : summarise(stored)]
      if (JSON.stringify(said) !== JSON.stringify(is)) say(`slot ${String(slot)} of node ${key.toString('hex')} says ${JSON.stringify(said)}, below it is ${JSON.stringify(is)}`)
    }
  }
}

/** Each claim lists messages that are claimed, and that no other one lists. Answers the claim that lists each message. */
function auditClaims(queue: Queue, rows: Rows, say: (fault: string) => void): Map<number, string> {
  const holders = new Map<number, string>()
  for (const { key, value } of rows) {
    const id = key.subarray(4).toString('hex')
    const { sequences } = readClaim(value)
    if (sequences.length === 0) say(`claim ${id} is empty`)
    for (const sequence of sequences) {
      const other = holders.get(sequence)
      if (other !== undefined) say(`message ${String(sequence)} is in two claims, ${other} and ${id}`)
      holders.set(sequence, id)
      if (queue.tree('claimed').entry(sequence) === null) say(`message ${String(sequence)} of claim ${id} is not in the tree of the claimed ones`)
    }
  }
  return holders
}
