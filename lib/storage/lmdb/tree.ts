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
import {
  clearSlot, emptyNode, FANOUT, findSlot, findSlotBackwards, isEmpty, readEntry, readSlot, summarise, writeSlot,
  type Entry, type Node, type Summary, type Test,
} from './summary.ts'

/** Exact counts of live messages: those to be seen at the time, and those that will be. */
export interface Counts {
  readonly visible: number
  readonly hidden: number
}

/** Where the nodes are kept. */
export type NodeTable = Pick<Table, 'numbers' | 'put' | 'remove'>

interface Cached {
  readonly level: number
  readonly index: number
  /** Null while there is no such node. */
  node: Node | null
  dirty: boolean
}

/** More levels than any tree has. */
const MAX_LEVELS = 16

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
  readonly #cache = new Map<number, Cached>()
  /** The first end of a claim or a delay among the messages that were added. */
  earliest: Instant = Infinity
  #changed = false
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
      const old = this.#root()
      this.#height++
      if (old !== null && !isEmpty(old)) writeSlot(this.#own(this.#height - 1, 0), 0, summarise(old))
    }
  }

  /** Puts a message at its position, replacing what is there. */
  add(sequence: Sequence, { from, until, client }: Entry): void {
    const leaf = this.#own(0, Math.floor(sequence / FANOUT))
    writeSlot(leaf, sequence % FANOUT, { count: 1, minFrom: from, maxFrom: from, minUntil: until, until, client, otherUntil: 0 })
    this.earliest = Math.min(this.earliest, from)
    this.#unpropagated = true
  }

  /** Takes a message out; null if it is not in this state. */
  remove(sequence: Sequence): Entry | null {
    const entry = this.entry(sequence)
    if (entry === null) return null
    clearSlot(this.#own(0, Math.floor(sequence / FANOUT)), sequence % FANOUT)
    this.#unpropagated = true
    return entry
  }

  /** The message at a position; null if it is not in this state. */
  entry(sequence: Sequence): Entry | null {
    if (this.#isEmpty()) return null
    const leaf = this.#load(0, Math.floor(sequence / FANOUT)).node
    return leaf === null ? null : readEntry(leaf, sequence % FANOUT)
  }

  /** The first position after `after` that passes the test, or null. */
  next(after: number, test: Test): Sequence | null {
    if (this.#isEmpty() || after + 1 >= FANOUT ** this.#height) return null
    // Mostly it is in the leaf where the search begins, and nothing above needs to be looked at.
    const index = Math.floor((after + 1) / FANOUT)
    const leaf = this.#load(0, index).node
    const slot = leaf === null ? FANOUT : findSlot(leaf, (after + 1) % FANOUT, test)
    if (slot < FANOUT) return (index * FANOUT + slot) as Sequence
    this.#propagate()
    return this.#search(this.#height - 1, 0, (index + 1) * FANOUT, test)
  }

  /** The last position that passes the test, or null. */
  last(test: Test): Sequence | null {
    if (this.#isEmpty()) return null
    this.#propagate()
    return this.#searchLast(this.#height - 1, 0, test)
  }

  /** What is known of all messages of the tree; null if it is empty. */
  summary(): Summary | null {
    this.#propagate()
    const root = this.#root()
    return root === null || isEmpty(root) ? null : summarise(root)
  }

  /** Counts the live messages exactly. Only nodes that hold both sorts, or some that have expired, are opened. */
  count(now: Instant): Counts {
    this.#propagate()
    return this.#count(this.#height - 1, 0, now)
  }

  /** When the next of its claims or delays ends; Infinity if none will. Only nodes are opened below which some have ended and some have not. */
  nextEnd(now: Instant): Instant {
    this.#propagate()
    return this.#nextEnd(this.#height - 1, 0, now)
  }

  /** Writes every changed node, and removes those that became empty. */
  flush(): void {
    if (!this.#changed) return
    this.#propagate()
    for (const cached of this.#cache.values()) {
      if (!cached.dirty || cached.node === null) continue
      const key = treeKey(this.#epoch, this.#state, cached.level, cached.index)
      if (isEmpty(cached.node)) this.#table.remove(key)
      else this.#table.put(key, Buffer.from(cached.node.buffer))
      cached.dirty = false
    }
    this.#changed = false
  }

  #search(level: number, index: number, first: number, test: Test): Sequence | null {
    const { node } = this.#load(level, index)
    if (node === null) return null
    const base = index * FANOUT
    const start = Math.max(0, Math.floor(first / FANOUT ** level) - base)
    for (let slot = findSlot(node, start, test); slot < FANOUT; slot = findSlot(node, slot + 1, test)) {
      const found = level === 0 ? ((base + slot) as Sequence) : this.#search(level - 1, base + slot, first, test)
      if (found !== null) return found
    }
    return null
  }

  #searchLast(level: number, index: number, test: Test): Sequence | null {
    const { node } = this.#load(level, index)
    if (node === null) return null
    const base = index * FANOUT
    for (let slot = findSlotBackwards(node, FANOUT - 1, test); slot >= 0; slot = findSlotBackwards(node, slot - 1, test)) {
      const found = level === 0 ? ((base + slot) as Sequence) : this.#searchLast(level - 1, base + slot, test)
      if (found !== null) return found
    }
    return null
  }

  #count(level: number, index: number, now: Instant): Counts {
    const { node } = this.#load(level, index)
    let visible = 0
    let hidden = 0
    for (let slot = 0; node !== null && slot < FANOUT; slot++) {
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

  #nextEnd(level: number, index: number, now: Instant): Instant {
    const { node } = this.#load(level, index)
    let next = Infinity
    for (let slot = 0; node !== null && slot < FANOUT; slot++) {
      const summary = readSlot(node, slot)
      if (summary === null || summary.maxFrom <= now || summary.minFrom >= next) continue
      next = summary.minFrom > now ? summary.minFrom : Math.min(next, this.#nextEnd(level - 1, index * FANOUT + slot, now))
    }
    return next
  }

  /** Carries changed leaves up to the root, level by level. */
  #propagate(): void {
    if (!this.#unpropagated) return
    this.#unpropagated = false
    for (let level = 0; level < this.#height - 1; level++) {
      for (const cached of [...this.#cache.values()]) {
        if (cached.level !== level || !cached.dirty || cached.node === null) continue
        const parent = this.#own(level + 1, Math.floor(cached.index / FANOUT))
        const slot = cached.index % FANOUT
        if (isEmpty(cached.node)) clearSlot(parent, slot)
        else writeSlot(parent, slot, summarise(cached.node))
      }
    }
  }

  /** Whether nothing was ever in this tree, or all of it is gone. What was added since it was opened counts. */
  #isEmpty(): boolean {
    return !this.#changed && this.#root() === null
  }

  #root(): Node | null {
    return this.#load(this.#height - 1, 0).node
  }

  /** A node to change. */
  #own(level: number, index: number): Node {
    const cached = this.#load(level, index)
    cached.node ??= emptyNode()
    cached.dirty = true
    this.#changed = true
    return cached.node
  }

  #load(level: number, index: number): Cached {
    const name = index * MAX_LEVELS + level
    let cached = this.#cache.get(name)
    if (cached === undefined) {
      cached = { level, index, node: this.#table.numbers(treeKey(this.#epoch, this.#state, level, index)), dirty: false }
      this.#cache.set(name, cached)
    }
    return cached
  }
}
