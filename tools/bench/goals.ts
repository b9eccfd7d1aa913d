/** What we want the figures to be. All ratios are for two cores that the load generator shares. */
import type { RowResult } from './compare.ts'
import type { Curve } from './curves.ts'
import type { DiskTimes } from './disk.ts'
import type { MongodbRow } from './mongodb.ts'

export interface Goal {
  readonly text: string
  readonly value: number
  readonly isMet: boolean
}

const FAST_SYNC_MS = 1
const BUSY = 128

/** The goals that a row has. */
export function goalsOf(row: RowResult, disk: readonly DiskTimes[]): readonly Goal[] {
  const at = `${row.name} at ${row.connections}`
  if (row.name === 'post of 1') {
    const bare = row.connections >= BUSY && disk.every(({ p50 }) => p50 < FAST_SYNC_MS) ? [atLeast(`${at}: of bare Koa`, row.bare.ratio, 0.5)] : []
    return [atLeast(`${at}: of Koa with sync`, row.durable?.ratio ?? NaN, 0.7), ...bare, atMost(`${at}: p99 in ms`, row.server.p99, 40)]
  }
  return row.name === 'page of 10' ? [atLeast(`${at}: of bare Koa`, row.bare.ratio, 0.8)] : []
}

/** What the second value of a curve may be, by what is measured: of the first, or as it is. */
const CURVE_GOALS: readonly { readonly of: RegExp; readonly bound: number; readonly is: typeof atLeast; readonly value?: (curve: Curve) => number }[] = [
  { of: /by authentication/, bound: 0.9, is: atLeast },
  { of: /by workers/, bound: 1.5, is: atLeast },
  { of: /flooding/, bound: 1.5, is: atMost },
  { of: /by depth/, bound: 1.3, is: atMost },
  { of: /by waiting/, bound: 5, is: atMost, value: ({ values: [, waiting] }) => waiting },
]

/** The goal that a curve has. */
export function goalOf(curve: Curve): Goal {
  const goal = CURVE_GOALS.find(({ of }) => of.test(curve.name))
  if (goal === undefined) throw new Error(`${curve.name} has no goal`)
  return goal.is(curve.name, goal.value?.(curve) ?? curve.ratio, goal.bound)
}

/** The goal of a row on MongoDB. */
export function goalOnMongodb({ name, connections, raw }: MongodbRow): Goal {
  return atLeast(`${name} on MongoDB at ${connections}: of the package by itself`, raw.ratio, 0.6)
}

function atLeast(what: string, value: number, bound: number): Goal {
  return { text: `${what}, at least ${bound}`, value, isMet: value >= bound }
}

function atMost(what: string, value: number, bound: number): Goal {
  return { text: `${what}, at most ${bound}`, value, isMet: value <= bound }
}
