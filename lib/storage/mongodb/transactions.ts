/** Transactions, and how races are lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoError, MongoServerError, type ClientSession, type MongoClient } from 'mongodb'

/**
 * After how many milliseconds a server is told to end a session whose connection broke: more than once, because a command may still have been on its
 * way. After a minute it does so by itself.
 */
const KILL_AFTER_MS = [0, 500, 2_000, 5_000, 10_000, 20_000] as const

/** Another process was there first, and only a new transaction will see what it did. */
export class LostRace extends Error {}

/**
 * Carries out `action` in a transaction. What it answers is kept only if `isKept` says so. Answers `undefined` if another process was there
 * first, so that a new attempt may do better: nothing is left of this one then.
 */
export async function inTransaction<Result>(
  client: MongoClient, action: (session: ClientSession) => Promise<Result>, isKept: (result: Result) => boolean,
): Promise<{ readonly result: Result } | undefined> {
  const session = client.startSession()
  try {
    session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } })
    const result = await action(session)
    if (isKept(result)) await commitFirmly(session)
    else await session.abortTransaction()
    return { result }
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined)
    if (!(error instanceof MongoServerError) && !(error instanceof LostRace)) void killFirmly(client, session)
    if (error instanceof LostRace || isTaken(error) || isLate(error) || isTransient(error)) return undefined
    throw error
  } finally {
    await session.endSession()
  }
}

/** Has the server end a session whose transaction may still be open: it would hold what it has written for a minute. */
async function killFirmly(client: MongoClient, { id }: ClientSession): Promise<void> {
  for (const pause of KILL_AFTER_MS) {
    await sleep(pause, undefined, { ref: false })
    await client.db('admin').command({ killSessions: [id] }).catch(() => undefined)
  }
}

/** A commit whose answer was lost may be asked for again: the server carries it out once. */
async function commitFirmly(session: ClientSession): Promise<void> {
  try {
    await session.commitTransaction()
  } catch (error) {
    if (!(error instanceof MongoError) || !error.hasErrorLabel('UnknownTransactionCommitResult')) throw error
    await session.commitTransaction()
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')
}

/** The options of a command that is, or is not, part of a transaction. */
export function inSession(session: ClientSession | undefined): { readonly session?: ClientSession } {
  return session === undefined ? {} : { session }
}

/** Whether what is to be unique is taken already. */
export function isTaken(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000
}

/** Whether the database refused a post because too much time had passed since its place was looked up, see `append`. */
export function isLate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 241
}
