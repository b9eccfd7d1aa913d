/** Which outcomes undo the unit they stand in. */
import type { Outcome } from './contract.ts'

const REFUSALS: ReadonlySet<Outcome['is']> = new Set(['over_quota', 'gone', 'elsewhere', 'no_claim', 'no_dead_letter_queue'])

/** Whether an outcome undoes the unit. */
export function isRefusal({ is }: Outcome): boolean {
  return REFUSALS.has(is)
}
