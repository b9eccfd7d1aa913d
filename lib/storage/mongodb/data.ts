/** The MongoDB message store: messages and claims in the layout of doc/contributor/storage-mongodb.md. */
import type { ClientSession } from 'mongodb'
import type { DataStore, Operation, Outcome } from '../contract.ts'
import { isRefusal } from '../refusals.ts'
import type { Project } from '../../model/names.ts'
import { Claimer } from './claimer.ts'
import type { Guard } from './guard.ts'
import { claim } from './operations/claim.ts'
import { drop, seal } from './operations/end.ts'
import { release, renew } from './operations/hold.ts'
import { isLimited, post } from './operations/post.ts'
import { remove } from './operations/remove.ts'
import { restore } from './operations/restore.ts'
import { pop, purge } from './operations/take.ts'
import { Lines } from './lines.ts'
import { Poster } from './poster.ts'
import { dump, findPosition, readClaim, readMessages, readPage, readStats } from './reads.ts'
import { settleSlice } from './settle.ts'
import type { Store } from './store.ts'
import { countUsage, openAccount, Uncharged } from './usage.ts'

/** The message store of an open connection, which `close` ends. */
export function mongodbData(store: Store, guarded: Guard, close: () => Promise<void>): DataStore {
  const poster = new Poster(store, guarded)
  const claimer = new Claimer(store, guarded)
  const uncharged = new Uncharged(store)
  /** Posts under a quota wait for others of their project. */
  const lines = new Lines<Project>()

  /** Carries out an operation that is a unit of its own. */
  async function one(operation: Operation): Promise<Outcome> {
    if (operation.op === 'claim') return claimer.claim(operation)
    if (operation.op !== 'post') return carryOut(store, operation)
    await account(operation)
    if (!isLimited(operation)) return poster.post(operation)
    await store.tails.of(operation.at)
    return lines.wait(operation.at.project, () => store.transaction('posting', session => post(store, operation, session), outcome => !isRefusal(outcome)))
  }

  /** Before a post: whether it is charged, and what it is charged to. */
  async function account(operation: Operation & { readonly op: 'post' }): Promise<void> {
    const { project } = operation.at
    if (!isLimited(operation)) {
      await uncharged.note(project)
      return
    }
    uncharged.end(project)
    await openAccount(store, project)
  }

  /** Makes the documents that transactions of posts change, so that none has to make one: two could at once. */
  async function prepare(operation: Operation): Promise<void> {
    if (operation.op !== 'post') return
    await account(operation)
    await store.tails.of(operation.at)
  }

  /** Carries out several operations, all or none where the server has transactions. */
  async function all(unit: readonly Operation[]): Promise<readonly Outcome[]> {
    for (const operation of unit) await prepare(operation)
    return store.transaction('a unit', async session => {
      const outcomes: Outcome[] = []
      for (const operation of unit) {
        const outcome = await carryOut(store, operation, session)
        outcomes.push(outcome)
        if (isRefusal(outcome)) break
      }
      return outcomes
    }, outcomes => !outcomes.some(isRefusal))
  }

  return {
    commit: unit => guarded('writing', async () => {
      const [first] = unit
      if (first === undefined) return []
      const outcomes = unit.length === 1 ? [await one(first)] : await all(unit)
      if (!outcomes.some(isRefusal)) store.watches.tell(unit, outcomes)
      return outcomes
    }),
    stands: at => guarded('looking for a queue', async () => await store.tails.ending(at) !== 'dropped'),
    read: (at, range) => guarded('reading a page', () => readPage(store, at, range)),
    position: (at, id) => guarded('looking for a message', () => findPosition(store, at, id)),
    get: (at, ids) => guarded('reading messages', () => readMessages(store, at, ids)),
    claim: (at, id) => guarded('reading a claim', () => readClaim(store, at, id)),
    stats: at => guarded('counting messages', () => readStats(store, at)),
    usage: project => guarded('counting what a project keeps', () => countUsage(store, project)),
    dump: (at, after, limit) => guarded('dumping a queue', () => dump(store, at, after, limit)),
    watch: (at, wake) => store.watches.watch(at, wake),
    settle: atMost => guarded('settling', () => settleSlice(store, atMost)),
    ping: () => guarded('ping', async () => { await store.client.db('admin').command({ ping: 1 }) }),
    close,
  }
}

function carryOut(store: Store, operation: Operation, session?: ClientSession): Promise<Outcome> {
  switch (operation.op) {
    case 'post': return post(store, operation, session)
    case 'remove': return remove(store, operation, session)
    case 'claim': return claim(store, operation, session)
    case 'renew': return renew(store, operation, session)
    case 'release': return release(store, operation, session)
    case 'pop': return pop(store, operation, session)
    case 'purge': return purge(store, operation, session)
    case 'drop': return drop(store, operation, session)
    case 'seal': return seal(store, operation, session)
    case 'restore': return restore(store, operation, session)
  }
}
