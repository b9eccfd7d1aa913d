/**
 * The index of the messages of one queue that are in one state, by position: a tree whose nodes summarise what lies below,
 * so that the next message a reader may see is found in as many steps as the tree is high, however many expired, hidden or
 * own messages lie before it (decisions 24).
 *
 * A node has 32 slots. A slot of a leaf is a message; a slot further up sums up a node one level down. A message is visible
 * from `from` (a claim's or a delay's end, 0 if free) until `until` (its expiry). Of the expiries below, a slot keeps the
 * latest, whose client that is, and the latest of any other client: enough to say exactly whether a message that is not
 * this client's is still alive.
 */
import type { Instant } from '../../clock.ts'
import type { Sequence } from '../../model/names.ts'
import type { Table } from './environment.ts'
import { treeKey } from './keys.ts'
import { clearSlot, emptyNode, FANOUT, isEmpty, readSlot, summarise, writeSlot, type Node, type Summary } from './summary.ts'

/** A message as its tree knows it. */
export interface Entry {
  readonly from: Instant
  readonly until: Instant
  /** A number that stands for who posted it, see `clientNumber`. */
  readonly client: number
}

/** Whether a subtree may hold, or a leaf's message is, what is looked for. */
export type Test = (summary: Summary) => boolean

/** Exact counts of live messages: those to be seen at the time, and those that will be. */
export interface Counts {
  readonly visible: number
  readonly hidden: number
}

/** Where the nodes are kept. */
export type NodeTable = Pick<Table, 'get' | 'put' | 'remove'>

interface Cached {
  readonly level: number
  readonly index: number
  readonly node: Node
  dirty: boolean
}

/** How many levels a queue needs whose positions end below `next`. */
export function heightFor(next: number): number {
  let height = 1
  for (let reach = FANOUT; reach < next; reach *= FANOUT) height++
  return height
}

/** One tree, over a table, for the length of one transaction or reading. Nothing is written before `flush`. */
export class Tree {
  readonly #table: NodeTable
  readonly #epoch: number
  readonly #state: number
  #height: number
  readonly #cache = new Map<string, Cached>()
  #unpropagated = false

  constructor(table: NodeTable, epoch: number, state: number, height: number) {
    this.#table = table
    this.#epoch = epoch
    this.#state = state
    this.#height = height
  }

  /** Makes room for positions that need more levels: the old root becomes the first child of the new one. */
  grow(height: number): void {
    while (this.#height < height) {
      this.#propagate()
      const old = this.#load(this.#height - 1, 0)
      this.#height++
      if (isEmpty(old.node)) continue
      const root = this.#load(this.#height - 1, 0)
      writeSlot(root.node, 0, summarise(old.node))
      root.dirty = true
    }
  }

  /** Puts a message at its position, replacing what is there. */
  add(sequence: Sequence, { from, until, client }: Entry): void {
    const leaf = this.#load(0, Math.floor(sequence / FANOUT))
    writeSlot(leaf.node, sequence % FANOUT, { count: 1, minFrom: from, maxFrom: from, minUntil: until, until, client, otherUntil: 0 })
    leaf.dirty = true
    this.#unpropagated = true
  }

  /** Takes a message out; null if it is not in this state. */
  remove(sequence: Sequence): Entry | null {
    const entry = this.entry(sequence)
    if (entry === null) return null
    const leaf = this.#load(0, Math.floor(sequence / FANOUT))
    clearSlot(leaf.node, sequence % FANOUT)
    leaf.dirty = true
    this.#unpropagated = true
    return entry
  }

  /** The message at a position; null if it is not in this state. */
  entry(sequence: Sequence): Entry | null {
    const slot = readSlot(this.#load(0, Math.floor(sequence / FANOUT)).node, sequence % FANOUT)
    return slot === null ? null : { from: slot.minFrom, until: slot.until, client: slot.client }
  }

  /** The first position after `after` that passes the test, or null. */
  next(after: number, test: Test): Sequence | null {
    this.#propagate()
    if (after + 1 >= FANOUT ** this.#height) return null
    return this.#search(this.#height - 1, 0, after + 1, test)
  }

  /** The last position that passes the test, or null. */
  last(test: Test): Sequence | null {
    this.#propagate()
    return this.#searchLast(this.#height - 1, 0, test)
  }

  /** What is known of all messages of the tree; null if it is empty. */
  summary(): Summary | null {
    this.#propagate()
    const root = this.#load(this.#height - 1, 0).node
    return isEmpty(root) ? null : summarise(root)
  }

  /** Counts the live messages exactly. Only nodes that hold both sorts, or some that have expired, are opened. */
  count(now: Instant): Counts {
    this.#propagate()
    return this.#count(this.#height - 1, 0, now)
  }

  /** Writes every changed node, and removes those that became empty. */
  flush(): void {
    this.#propagate()
    for (const cached of this.#cache.values()) {
      if (!cached.dirty) continue
      const key = treeKey(this.#epoch, this.#state, cached.level, cached.index)
      if (isEmpty(cached.node)) this.#table.remove(key)
      else this.#table.put(key, Buffer.from(cached.node.buffer))
      cached.dirty = false
    }
  }

  #search(level: number, index: number, first: number, test: Test): Sequence | null {
    const { node } = this.#load(level, index)
    const span = FANOUT ** level
    const base = index * FANOUT
    for (let slot = Math.max(0, Math.floor(first / span) - base); slot < FANOUT; slot++) {
      const summary = readSlot(node, slot)
      if (summary === null || !test(summary)) continue
      if (level === 0) return (base + slot) as Sequence
      const found = this.#search(level - 1, base + slot, first, test)
      if (found !== null) return found
    }
    return null
  }

  #searchLast(level: number, index: number, test: Test): Sequence | null {
    const { node } = this.#load(level, index)
    for (let slot = FANOUT - 1; slot >= 0; slot--) {
      const summary = readSlot(node, slot)
      if (summary === null || !test(summary)) continue
      const found = level === 0 ? ((index * FANOUT + slot) as Sequence) : this.#searchLast(level - 1, index * FANOUT + slot, test)
      if (found !== null) return found
    }
    return null
  }

  #count(level: number, index: number, now: Instant): Counts {
    const { node } = this.#load(level, index)
    let visible = 0
    let hidden = 0
    for (let slot = 0; slot < FANOUT; slot++) {
      const summary = readSlot(node, slot)
      if (summary === null || summary.until <= now) continue
      if (summary.minUntil > now && summary.maxFrom <= now) visible += summary.count
      else if (summary.minUntil > now && summary.minFrom > now) hidden += summary.count
      else {
        const below = this.#count(level - 1, index * FANOUT + slot, now)
        visible += below.visible
        hidden += below.hidden
      }
    }
    return { visible, hidden }
  }

  /** Carries changed leaves up to the root, level by level. */
  #propagate(): void {
    if (!this.#unpropagated) return
    this.#unpropagated = false
    for (let level = 0; level < this.#height - 1; level++) {
      for (const cached of [...this.#cache.values()]) {
        if (cached.level !== level || !cached.dirty) continue
        const parent = this.#load(level + 1, Math.floor(cached.index / FANOUT))
        const slot = cached.index % FANOUT
        if (isEmpty(cached.node)) clearSlot(parent.node, slot)
        else writeSlot(parent.node, slot, summarise(cached.node))
        parent.dirty = true
      }
    }
  }

  #load(level: number, index: number): Cached {
    const name = `${level}:${index}`
    const known = this.#cache.get(name)
    if (known !== undefined) return known
    const node = emptyNode()
    const stored = this.#table.get(treeKey(this.#epoch, this.#state, level, index))
    if (stored !== null) new Uint8Array(node.buffer).set(stored)
    const cached = { level, index, node, dirty: false }
    this.#cache.set(name, cached)
    return cached
  }
}
