/** What must be on for a path to be there. */

/** `admin_mode`, or that and `pooling`. */
export type Needs = 'admin' | 'pooling'

/** What is on in a service. */
export interface Offer {
  readonly adminMode: boolean
  readonly pooling: boolean
}

/** What is there, of rows that may need something. */
export function offered<Row extends { readonly needs?: Needs }>(rows: readonly Row[], { adminMode, pooling }: Offer): readonly Row[] {
  return rows.filter(({ needs }) => needs === undefined || (adminMode && (needs === 'admin' || pooling)))
}
