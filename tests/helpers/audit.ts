/** Looks whether the rows of an LMDB store that nobody has open agree with each other, by the rules of its layout. */
import type { Epoch, Sequence } from '../../lib/model/names.ts'
import { openEnvironment, type Environment, type Table } from '../../lib/storage/lmdb/environment.ts'
import { parseDueKey } from '../../lib/storage/lmdb/keys.ts'
import { Queue } from '../../lib/storage/lmdb/queue.ts'
import { readClaim, readHead, type Head } from '../../lib/storage/lmdb/rows.ts'
import { FANOUT, isEmpty, readSlot, summarise, type Node } from '../../lib/storage/lmdb/summary.ts'

/** What an audit found. */
export interface Audit {
  readonly queues: number
  readonly messages: number
  readonly claims: number
  /** Contradictions. */
  readonly faults: readonly string[]
}

const STATES = ['free', 'claimed', 'delayed'] as const
const FIRST = Buffer.of(0)
const LAST = Buffer.alloc(32, 0xff)

function rowsOf(table: Table): { readonly key: Buffer; readonly value: Buffer }[] {
  return table.rows(FIRST, LAST, 10_000_000)
}

/** Rows grouped by the queue that their keys begin with. */
function byEpoch(table: Table): Map<number, { readonly key: Buffer; readonly value: Buffer }[]> {
  const groups = new Map<number, { readonly key: Buffer; readonly value: Buffer }[]>()
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
  const env = openEnvironment({ path, durability: 'durable' })
  try {
    return await env.read('audit', () => auditAll(env))
  } finally {
    await env.close()
  }
}

function auditAll(env: Environment): Audit {
  const faults: string[] = []
  const heads = new Map(rowsOf(env.heads).map(({ key, value }) => [key.readUInt32BE(), readHead(value)]))
  const tables = { messages: byEpoch(env.messages), holds: byEpoch(env.holds), claims: byEpoch(env.claims), trees: byEpoch(env.trees) }
  for (const [name, table] of Object.entries(tables)) {
    for (const epoch of table.keys()) if (!heads.has(epoch)) faults.push(`${name} of queue ${String(epoch)}, which has no head`)
  }
  auditDue(env, heads, faults)
  let messages = 0
  let claims = 0
  for (const [epoch, { dropped }] of heads) {
    if (dropped > 0) continue
    const say = (fault: string) => { faults.push(`queue ${String(epoch)}: ${fault}`) }
    const queue = new Queue(env, epoch as Epoch)
    const sequences = (tables.messages.get(epoch) ?? []).map(({ key }) => sequenceIn(key))
    messages += sequences.length
    claims += tables.claims.get(epoch)?.length ?? 0
    auditMessages(queue, sequences, say)
    auditNodes(tables.trees.get(epoch) ?? [], say)
    auditClaims(queue, tables.claims.get(epoch) ?? [], sequences, say)
    const known = new Set<number>(sequences)
    for (const { key } of tables.holds.get(epoch) ?? []) if (!known.has(sequenceIn(key))) say(`a hold on ${String(sequenceIn(key))}, which is not there`)
  }
  return { queues: heads.size, messages, claims, faults }
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

/** Each slot of an upper node sums up the node below it. */
function auditNodes(rows: readonly { readonly key: Buffer; readonly value: Buffer }[], say: (fault: string) => void): void {
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

/** Each claim holds what it lists, and each message in the tree of the claimed ones is listed by the claim that holds it. */
function auditClaims(queue: Queue, rows: readonly { readonly key: Buffer; readonly value: Buffer }[], sequences: readonly Sequence[], say: (fault: string) => void): void {
  const holders = new Map<number, string>()
  for (const { key, value } of rows) {
    const id = key.subarray(4).toString('hex')
    const listed = readClaim(value).sequences
    if (listed.length === 0) say(`claim ${id} is empty`)
    for (const sequence of listed) {
      if (holders.has(sequence)) say(`message ${String(sequence)} is in two claims, ${holders.get(sequence) ?? ''} and ${id}`)
      holders.set(sequence, id)
      if (queue.tree('claimed').entry(sequence) === null) say(`message ${String(sequence)} of claim ${id} is not in the tree of the claimed ones`)
    }
  }
  for (const sequence of sequences) {
    if (queue.tree('claimed').entry(sequence) === null) continue
    const holder = queue.hold(sequence)?.claim ?? null
    if (holder === null || holders.get(sequence) !== holder) say(`message ${String(sequence)} is claimed by ${holder ?? 'nobody'}, listed by ${holders.get(sequence) ?? 'none'}`)
  }
}
