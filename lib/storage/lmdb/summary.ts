/** The nodes of a tree: 32 slots of seven numbers, each slot a summary of the messages below it. */
import type { Instant } from '../../clock.ts'

/** Slots of a node. */
export const FANOUT = 32
/** Numbers of a slot. */
const WIDTH = 7
const COUNT = 0
const MIN_FROM = 1
const MAX_FROM = 2
const MIN_UNTIL = 3
const UNTIL = 4
const CLIENT = 5
const OTHER_UNTIL = 6

/** A node, as it is stored. */
export type Node = Float64Array

/** What is known of the messages below a slot. For a slot of a leaf: of the one message. */
export interface Summary {
  readonly count: number
  readonly minFrom: Instant
  readonly maxFrom: Instant
  readonly minUntil: Instant
  /** The latest expiry. */
  readonly until: Instant
  /** Whose message expires last. */
  readonly client: number
  /** The latest expiry of a message of anybody else, 0 if there is none. */
  readonly otherUntil: Instant
}

/** Whether a subtree may hold, or a leaf's message is, what is looked for: the slot of `node` whose numbers begin at `start`. */
export type Test = (node: Node, start: number) => boolean

/** Messages still alive at a time that are not this client's (null: anybody's). Exact, for a subtree too. */
export function isAlive(now: Instant, notFrom: number | null): Test {
  return (node, start) => at(node, start + (at(node, start + CLIENT) === notFrom ? OTHER_UNTIL : UNTIL)) > now
}

/** Messages whose claim or delay is over at a time, and who are alive. */
export function isFreed(now: Instant, notFrom: number | null): Test {
  const alive = isAlive(now, notFrom)
  return (node, start) => at(node, start + MIN_FROM) <= now && alive(node, start)
}

/** Messages whose claim or delay is over at a time, alive or not. */
export function isDue(now: Instant): Test {
  return (node, start) => at(node, start + MIN_FROM) <= now
}

/** Messages whose life is over at a time. */
export function isExpired(now: Instant): Test {
  return (node, start) => at(node, start + MIN_UNTIL) <= now
}

/** A message as its tree knows it. */
export interface Entry {
  readonly from: Instant
  readonly until: Instant
  /** A number that stands for who posted it, see `clientNumber`. */
  readonly client: number
}

/** The message in a slot of a leaf; null if there is none. */
export function readEntry(node: Node, slot: number): Entry | null {
  const start = slot * WIDTH
  if (at(node, start) === 0) return null
  return { from: at(node, start + MIN_FROM), until: at(node, start + UNTIL), client: at(node, start + CLIENT) }
}

/** The first slot from `slot` on that is in use and passes the test; FANOUT if none does. */
export function findSlot(node: Node, slot: number, test: Test): number {
  for (let at = slot; at < FANOUT; at++) if (node[at * WIDTH] !== 0 && test(node, at * WIDTH)) return at
  return FANOUT
}

/** The last slot up to `slot` that is in use and passes the test; -1 if none does. */
export function findSlotBackwards(node: Node, slot: number, test: Test): number {
  for (let at = slot; at >= 0; at--) if (node[at * WIDTH] !== 0 && test(node, at * WIDTH)) return at
  return -1
}

/** A node without messages. */
export function emptyNode(): Node {
  return new Float64Array(FANOUT * WIDTH)
}

/** Forgets what is in a slot. */
export function clearSlot(node: Node, slot: number): void {
  node.fill(0, slot * WIDTH, (slot + 1) * WIDTH)
}

function at(node: Node, position: number): number {
  return node[position] ?? 0
}

/** What a slot says; null if nothing is below it. */
export function readSlot(node: Node, slot: number): Summary | null {
  const start = slot * WIDTH
  const count = at(node, start + COUNT)
  if (count === 0) return null
  return {
    count,
    minFrom: at(node, start + MIN_FROM),
    maxFrom: at(node, start + MAX_FROM),
    minUntil: at(node, start + MIN_UNTIL),
    until: at(node, start + UNTIL),
    client: at(node, start + CLIENT),
    otherUntil: at(node, start + OTHER_UNTIL),
  }
}

/** Sets a slot. */
export function writeSlot(node: Node, slot: number, summary: Summary): void {
  const start = slot * WIDTH
  node[start + COUNT] = summary.count
  node[start + MIN_FROM] = summary.minFrom
  node[start + MAX_FROM] = summary.maxFrom
  node[start + MIN_UNTIL] = summary.minUntil
  node[start + UNTIL] = summary.until
  node[start + CLIENT] = summary.client
  node[start + OTHER_UNTIL] = summary.otherUntil
}

/** Whether no message is below a node. */
export function isEmpty(node: Node): boolean {
  for (let start = COUNT; start < FANOUT * WIDTH; start += WIDTH) if (at(node, start) !== 0) return false
  return true
}

/** Sums up a node that is not empty. */
export function summarise(node: Node): Summary {
  let count = 0
  let minFrom = Infinity
  let maxFrom = 0
  let minUntil = Infinity
  let until = 0
  let client = 0
  let otherUntil = 0
  for (let start = 0; start < FANOUT * WIDTH; start += WIDTH) {
    const below = at(node, start + COUNT)
    if (below === 0) continue
    count += below
    minFrom = Math.min(minFrom, at(node, start + MIN_FROM))
    maxFrom = Math.max(maxFrom, at(node, start + MAX_FROM))
    minUntil = Math.min(minUntil, at(node, start + MIN_UNTIL))
    const latest = at(node, start + UNTIL)
    const whose = at(node, start + CLIENT)
    if (whose === client) {
      until = Math.max(until, latest)
      otherUntil = Math.max(otherUntil, at(node, start + OTHER_UNTIL))
    } else if (latest > until) {
      // The former leader is one of the others now.
      otherUntil = Math.max(until, at(node, start + OTHER_UNTIL))
      until = latest
      client = whose
    } else {
      otherUntil = Math.max(otherUntil, latest)
    }
  }
  return { count, minFrom, maxFrom, minUntil, until, client, otherUntil }
}
