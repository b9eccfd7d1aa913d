/** The time that messages and claims live by: the database's own, so that nodes whose clocks differ agree (decisions 21). */
import { performance } from 'node:perf_hooks'
import type { Db, Document, Filter } from 'mongodb'
import { alarm, type Clock, type Instant } from '../../clock.ts'

/** How often the database is asked for its time, in milliseconds. */
const ASK_EVERY_MS = 5_000

/** How much later an alarm goes off than it is set to, in milliseconds: the database's own clock, which is known only about, shall be there too. */
const MARGIN_MS = 2

/** A value that the database works out while it carries out a command. */
export type Expression = Date | string | Readonly<Record<string, unknown>>

/** The time of a store. */
export interface StoreTime {
  /** What the database's clock shows, known here to within half a round trip. */
  now(): Instant
  /** The moment at which the database carries out the command, and so many milliseconds more. */
  later(milliseconds: number): Expression
  /** `value`, or the failure of the command with code 241 if the database carries it out after `deadline`. */
  before(deadline: Instant, value: Expression): Expression
  /** Calls `action` when that moment has come by what `now` says; answers how to call that off. */
  at(moment: Instant, action: () => void): () => void
  /** A filter for documents in which the moment of this field has come, by the database's clock when it carries out the command. */
  hasCome(field: string): Filter<Document>
  close(): void
}

/** The time of a database. */
export async function databaseTime(db: Db): Promise<StoreTime> {
  let offset = await ask(db)
  const timer = setInterval(() => {
    // A database that is out of reach fails whoever needs it; until then the offset holds.
    ask(db).then(asked => { offset = asked }, () => undefined)
  }, ASK_EVERY_MS)
  timer.unref()
  const now = () => Math.round(performance.now() + offset)
  return {
    now,
    at: (moment, action) => alarm(now, moment + MARGIN_MS, action),
    later: milliseconds => milliseconds === 0 ? '$$NOW' : { $toDate: { $add: [{ $toLong: '$$NOW' }, milliseconds] } },
    // Nothing that is written has a field `late`, except the text in the filters of those who use this: it is no number.
    before: (deadline, value) => ({ $cond: [{ $lt: ['$$NOW', new Date(deadline)] }, value, { $toInt: '$late' }] }),
    hasCome: field => ({ $expr: { $lte: [`$${field}`, '$$NOW'] } }),
    close: () => { clearInterval(timer) },
  }
}

/** How far the database's clock is ahead of this process's monotonic one. */
async function ask(db: Db): Promise<number> {
  const before = performance.now()
  const { localTime } = await db.command({ hello: 1 })
  const after = performance.now()
  if (!(localTime instanceof Date)) throw new TypeError('the database does not say its time')
  return localTime.getTime() - (before + after) / 2
}

/** A clock in place of the database's, for tests that turn time by hand. */
export function fixedTime(clock: Clock): StoreTime {
  return {
    now: () => clock.now(),
    at: (moment, action) => clock.at(moment, action),
    later: milliseconds => new Date(clock.now() + milliseconds),
    before: (_deadline, value) => value,
    hasCome: field => ({ [field]: { $lte: new Date(clock.now()) } }),
    close: () => undefined,
  }
}
