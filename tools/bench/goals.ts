/** What we want the figures to be. All ratios are for two cores that the load generator shares. */
import type { RowResult } from './compare.ts'
import type { Curve } from './curves.ts'
import type { DiskTimes } from './disk.ts'

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

/** The goal that a curve has. */
export function goalOf(curve: Curve): Goal {
  return curve.of === 'req/s' ? atLeast(curve.name, curve.ratio, 1.5) : atMost(curve.name, curve.ratio, 1.3)
}

function atLeast(what: string, value: number, bound: number): Goal {
  return { text: `${what}, at least ${bound}`, value, isMet: value >= bound }
}

function atMost(what: string, value: number, bound: number): Goal {
  return { text: `${what}, at most ${bound}`, value, isMet: value <= bound }
}
