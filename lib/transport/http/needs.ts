/** What must be on for a path to be there. */
import type { Parts } from './state.ts'

/** `admin_mode`, or that and `pooling`. */
export type Needs = 'admin' | 'pooling'

/** What is there, of rows that may need something. */
export function offered<Row extends { readonly needs?: Needs }>(rows: readonly Row[], { adminMode, pooling }: Pick<Parts, 'adminMode' | 'pooling'>): readonly Row[] {
  return rows.filter(({ needs }) => needs === undefined || (adminMode && (needs === 'admin' || pooling)))
}
