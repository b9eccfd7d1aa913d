/** Gives back the space of what is due, a slice at a time (decisions 22). Readers never wait for it. */
import type { Instant } from '../../clock.ts'
import { GLOBAL_PROJECT, type Epoch, type Sequence } from '../../model/names.ts'
import type { Settled } from '../contract.ts'
import type { Environment, Table } from './environment.ts'
import { epochKey, parseDueKey } from './keys.ts'
import { Queue, type State } from './queue.ts'
import { isDue, isExpired, type Test } from './summary.ts'
import { Ledger } from './usage.ts'

/** How long a dropped queue is remembered, so that a late writer finds it gone: longer than any request runs. */
const REMEMBER_DROPPED_MS = 3_600_000

const FIRST_DUE = Buffer.alloc(1)
const AFTER_ALL_DUE = Buffer.alloc(10, 0xff)

/** Works off at most about `atMost` messages of the queue that has waited longest. In a write transaction. */
export function settleSlice(env: Environment, now: Instant, atMost: number): Settled {
  const head = nextDue(env)
  if (head === null || head.due > now) return { more: false, nextDue: head?.due ?? null }
  const ledger = new Ledger(env)
  const queue = new Queue(env, { epoch: head.epoch, project: GLOBAL_PROJECT }, ledger, 'keeper')
  if (queue.head.dropped > 0) sweepDropped(env, queue, now, atMost)
  else {
    settleQueue(queue, now, atMost)
    queue.remindWhenDue()
    queue.flush()
    ledger.flush()
  }
  const next = nextDue(env)
  return { more: next !== null && next.due <= now, nextDue: next?.due ?? null }
}

function nextDue(env: Environment): { readonly due: Instant; readonly epoch: Epoch } | null {
  const [key] = env.due.keys(FIRST_DUE, AFTER_ALL_DUE, 1)
  return key === undefined ? null : parseDueKey(key)
}

function settleQueue(queue: Queue, now: Instant, atMost: number): void {
  let left = atMost
  for (const state of ['claimed', 'delayed'] as const) left -= freeDue(queue, state, now, left)
  for (const state of ['free', 'claimed', 'delayed'] as const) left -= takeExpired(queue, state, now, left)
}

/** Frees messages whose claim or delay is over; says how many, a whole claim at a time. */
function freeDue(queue: Queue, state: 'claimed' | 'delayed', now: Instant, atMost: number): number {
  let done = 0
  for (const sequence of found(queue, state, isDue(now))) {
    if (done >= atMost) break
    const id = state === 'claimed' ? (queue.hold(sequence)?.claim ?? null) : null
    const claim = id === null ? null : queue.claim(id)
    if (id !== null && claim !== null) queue.endClaim(id, claim, 'keep')
    else queue.free(sequence, state)
    done += claim?.sequences.length ?? 1
  }
  return done
}

/** Removes messages whose life is over; says how many. */
function takeExpired(queue: Queue, state: State, now: Instant, atMost: number): number {
  let done = 0
  for (const sequence of found(queue, state, isExpired(now))) {
    if (done >= atMost) break
    const place = queue.place(sequence)
    if (place !== null) queue.take(place)
    done++
  }
  return done
}

/** Positions that pass a test, looked for anew after each, since the tree changes meanwhile. */
function* found(queue: Queue, state: State, test: Test): Generator<Sequence> {
  for (let sequence = queue.tree(state).next(0, test); sequence !== null; sequence = queue.tree(state).next(sequence, test)) yield sequence
}

/** Removes rows of a queue that was dropped, and at last its head. */
function sweepDropped(env: Environment, queue: Queue, now: Instant, atMost: number): void {
  let left = atMost
  for (const table of [env.messages, env.holds, env.aliases, env.claims, env.trees]) left -= removeSome(table, queue.epoch, left)
  const { head } = queue
  if (left > 0 && head.dropped + REMEMBER_DROPPED_MS <= now) {
    head.forget()
    return
  }
  head.remindExactlyAt(left > 0 ? head.dropped + REMEMBER_DROPPED_MS : now)
  head.flush()
}

function removeSome(table: Table, epoch: Epoch, limit: number): number {
  if (limit <= 0) return 0
  const end = epoch === 0xffff_ffff ? Buffer.alloc(16, 0xff) : epochKey(epoch + 1)
  const keys = table.keys(epochKey(epoch), end, limit)
  for (const key of keys) table.remove(key)
  return keys.length
}
